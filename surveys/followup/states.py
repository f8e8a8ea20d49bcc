"""The states of an assessment and the moves between them; a trigger in the database holds the same table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class AssessmentState(StrEnum):
    """Where an assessment stands. ``submitted`` and ``lapsed`` are final."""

    PLANNED = "planned"
    OPEN = "open"
    SUBMITTED = "submitted"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


MOVES: Mapping[AssessmentState, frozenset[AssessmentState]] = MappingProxyType(
    {
        AssessmentState.PLANNED: frozenset(
            {AssessmentState.OPEN, AssessmentState.CANCELLED, AssessmentState.LAPSED}
        ),
        AssessmentState.OPEN: frozenset(
            {AssessmentState.SUBMITTED, AssessmentState.LAPSED, AssessmentState.CANCELLED}
        ),
        AssessmentState.CANCELLED: frozenset({AssessmentState.PLANNED}),
        AssessmentState.SUBMITTED: frozenset(),
        AssessmentState.LAPSED: frozenset(),
    }
)
"""From each state to the states that may follow it; staying is always allowed."""
