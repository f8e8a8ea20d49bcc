"""Exchange: other people's formats; what is not understood is named, never dropped."""

from instruments.exchange.fhir import Imported, read_questionnaire
from instruments.exchange.losses import InvalidQuestionnaireError, Loss

__all__ = ["Imported", "InvalidQuestionnaireError", "Loss", "read_questionnaire"]
