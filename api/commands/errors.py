"""The errors that a command turns into one sentence; anything else is a fault of ours and shows as one."""

from instruments.exchange.fhir import InvalidQuestionnaireError

from surveys.database import WrongRoleError
from surveys.keys import KeysError
from surveys.settings import SettingsError

EXPECTED_ERRORS = (SettingsError, WrongRoleError, KeysError, InvalidQuestionnaireError)
