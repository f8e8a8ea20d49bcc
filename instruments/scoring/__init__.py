"""Scoring: what the answers to an instrument add up to, as declarative rules that one interpreter reads."""

from importlib import import_module
from typing import TYPE_CHECKING

from instruments.scoring.soundness import SpecFault, check_spec
from instruments.scoring.spec import (
    Answered,
    Band,
    Banding,
    Case,
    Comparison,
    Flag,
    Linear,
    MissingRule,
    NamedBank,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    Table,
)

if TYPE_CHECKING:
    from instruments.scoring.cases import failing_cases
    from instruments.scoring.choosing import NotDisputedError, confirmed, narrowed
    from instruments.scoring.engine import MissingColumnError, OutOfRangeError, label, score
    from instruments.scoring.verdict import (
        Raised,
        ScaleScore,
        Verdict,
        judge_answers,
        judge_numbers,
        score_answers,
    )

__all__ = [
    "Answered",
    "Band",
    "Banding",
    "Case",
    "Comparison",
    "Flag",
    "Linear",
    "MissingColumnError",
    "MissingRule",
    "NamedBank",
    "NotDisputedError",
    "OutOfRangeError",
    "Raised",
    "Recode",
    "Scale",
    "ScaleScore",
    "ScoredItem",
    "ScoringSpec",
    "SpecFault",
    "Table",
    "Verdict",
    "check_spec",
    "confirmed",
    "failing_cases",
    "judge_answers",
    "judge_numbers",
    "label",
    "narrowed",
    "score",
    "score_answers",
]

# NumPy takes longer to import than a questionnaire to read; who reads one scores nothing.
_COMPUTING = {
    "cases": ("failing_cases",),
    "choosing": ("NotDisputedError", "confirmed", "narrowed"),
    "engine": ("MissingColumnError", "OutOfRangeError", "label", "score"),
    "verdict": ("Raised", "ScaleScore", "Verdict", "judge_answers", "judge_numbers", "score_answers"),
}
_LATER = {name: module for module, names in _COMPUTING.items() for name in names}


def __getattr__(name: str) -> object:
    """What computes, imported when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = found
    return found
