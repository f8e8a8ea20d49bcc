"""Exchange: other people's formats; what is not understood is named, never dropped."""

from typing import TYPE_CHECKING

from instruments.exchange.fhir import Imported, read_questionnaire
from instruments.exchange.losses import InvalidQuestionnaireError, Loss, Note

if TYPE_CHECKING:
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


def __getattr__(name: str) -> object:
    """The writer, imported when it is first asked for: who reads a file writes none."""
    if name not in ("UnwritableInstrumentError", "write_questionnaire"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from instruments.exchange import writing  # noqa: PLC0415 - see above

    found: object = getattr(writing, name)
    return found
