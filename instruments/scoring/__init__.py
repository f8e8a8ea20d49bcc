"""Scoring: what the answers to an instrument add up to, as declarative rules that one interpreter reads."""

from instruments.scoring.cases import failing_cases
from instruments.scoring.choosing import NotDisputedError, confirmed, narrowed
from instruments.scoring.engine import (
    MissingColumnError,
    OutOfRangeError,
    label,
    score,
)
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
