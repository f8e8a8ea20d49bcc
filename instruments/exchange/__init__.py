"""Exchange: other people's formats; what is not understood is named, never dropped."""

from instruments.exchange.fhir import Imported, read_questionnaire
from instruments.exchange.losses import InvalidQuestionnaireError, Loss, Note
from instruments.exchange.writing import UnwritableInstrumentError, write_questionnaire

__all__ = [
    "Imported",
    "InvalidQuestionnaireError",
    "Loss",
    "Note",
    "UnwritableInstrumentError",
    "read_questionnaire",
    "write_questionnaire",
]
