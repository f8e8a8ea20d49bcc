"""The errors that a command turns into one sentence; anything else is a fault of ours and shows as one."""

import msgspec
from sqlalchemy.exc import OperationalError

from api.commands.answer_tables import AnswerTableError
from api.commands.cat import UnknownRuleError
from api.commands.differences import NoInstrumentError
from api.commands.score import UnscorableError
from api.security.machines import InvalidMachineError, MachineNotFoundError, MachineTakenError
from instruments.catalogue import UnknownInstrumentError
from instruments.exchange import InvalidQuestionnaireError, UnwritableInstrumentError
from instruments.licence import InvalidLicenceError
from instruments.scoring import NotDisputedError
from instruments.translation_record import InvalidRecordError
from surveys.answering import AnsweringError
from surveys.audit import AuditError
from surveys.catalogue import CatalogueError
from surveys.database import WrongRoleError
from surveys.followup import FollowupError
from surveys.keys import KeysError
from surveys.lateeffects import LateEffectsError
from surveys.persons import PersonsError
from surveys.registry import FeedError
from surveys.research import ResearchError
from surveys.settings import SettingsError

EXPECTED_ERRORS = (
    AnswerTableError,
    AnsweringError,
    AuditError,
    CatalogueError,
    FeedError,
    FollowupError,
    InvalidLicenceError,
    InvalidMachineError,
    InvalidQuestionnaireError,
    InvalidRecordError,
    KeysError,
    LateEffectsError,
    MachineNotFoundError,
    MachineTakenError,
    NoInstrumentError,
    NotDisputedError,
    PersonsError,
    ResearchError,
    SettingsError,
    UnknownInstrumentError,
    UnknownRuleError,
    UnscorableError,
    UnwritableInstrumentError,
    WrongRoleError,
    msgspec.DecodeError,
)


def sentence_for(error: Exception) -> str | None:
    """What to say of an expected error, or nothing for one that is not expected."""
    if isinstance(error, OperationalError):
        return "the database does not answer; check DATABASE_URL, or start `make demo`"
    return str(error) if isinstance(error, EXPECTED_ERRORS) else None
