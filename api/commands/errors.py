"""The errors that a command turns into one sentence; anything else is a fault of ours and shows as one."""

import msgspec

from instruments.exchange.fhir import InvalidQuestionnaireError
from surveys.answering import AnsweringError
from surveys.catalogue import CatalogueError
from surveys.database import WrongRoleError
from surveys.followup import FollowupError
from surveys.keys import KeysError
from surveys.lateeffects import LateEffectsError
from surveys.registry import FeedError
from surveys.research import ResearchError
from surveys.settings import SettingsError

EXPECTED_ERRORS = (
    AnsweringError,
    CatalogueError,
    FeedError,
    FollowupError,
    InvalidQuestionnaireError,
    KeysError,
    LateEffectsError,
    ResearchError,
    SettingsError,
    WrongRoleError,
    msgspec.DecodeError,
)
