"""Computer-adaptive testing on a graded-response bank: what to ask next, when to stop, and what was asked."""

from instruments.adaptive.replaying import Course, courses, replay
from instruments.adaptive.stepping import (
    RULES,
    AnswerMissingError,
    Ask,
    Done,
    Step,
    next_step,
    trace,
)

__all__ = [
    "RULES",
    "AnswerMissingError",
    "Ask",
    "Course",
    "Done",
    "Step",
    "courses",
    "next_step",
    "replay",
    "trace",
]
