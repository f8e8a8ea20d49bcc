"""Scoring: what the answers to an instrument add up to, as declarative rules that one interpreter reads."""

from instruments.scoring.engine import (
    MissingColumnError,
    OutOfRangeError,
    ScaleScore,
    score,
    score_answers,
)
from instruments.scoring.soundness import SpecFault, check_spec
from instruments.scoring.spec import (
    Answered,
    Band,
    Banding,
    Comparison,
    Flag,
    Linear,
    MissingRule,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    Table,
)

__all__ = [
    "Answered",
    "Band",
    "Banding",
    "Comparison",
    "Flag",
    "Linear",
    "MissingColumnError",
    "MissingRule",
    "OutOfRangeError",
    "Recode",
    "Scale",
    "ScaleScore",
    "ScoredItem",
    "ScoringSpec",
    "SpecFault",
    "Table",
    "check_spec",
    "score",
    "score_answers",
]
