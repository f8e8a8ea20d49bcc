"""Scoring: what the answers to an instrument add up to, as declarative rules that one interpreter reads."""

from instruments.scoring.engine import (
    MissingColumnError,
    OutOfRangeError,
    ScaleScore,
    score,
    score_answers,
)
from instruments.scoring.spec import (
    Linear,
    MissingRule,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    SpecFault,
    check_spec,
)

__all__ = [
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
    "check_spec",
    "score",
    "score_answers",
]
