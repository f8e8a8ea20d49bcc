"""What an extract must not give away: unapproved free text, days, and combinations that point at somebody."""

from collections import Counter
from collections.abc import Collection, Mapping

import msgspec

from instruments.definition import CHOICES, TEXTS, Item, Value
from surveys.research.projects import Variable

IDENTIFYING: tuple[Variable, ...] = (
    "site", "stage", "treatment_kind", "is_control", "sex", "age_at_diagnosis", "region",
)  # fmt: skip
"""What somebody may know of a patient from elsewhere."""

AGE_BAND_YEARS = 10

SMALL = 5
"""A cell with fewer persons than this may point at somebody."""

MONTH_LENGTH = len("2026-11")


class SmallCells(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many persons share their combination of these variables with fewer than four others.

    Their combination may point at them: a table that is published must not show it.
    """

    variables: tuple[str, ...]
    persons: int


class Profiles:
    """Counts persons by the combination of their identifying variables, to warn of small cells."""

    def __init__(self, approved: Collection[Variable]) -> None:
        self._variables = tuple(name for name in IDENTIFYING if name in approved)
        self._counts: Counter[tuple[object, ...]] = Counter()
        self._last: str | None = None
        self.persons = 0

    def add(self, pseudonym: str, values: Mapping[str, object]) -> None:
        """Counts a person once, by the first of their rows; rows come in the order of their pseudonyms."""
        if pseudonym == self._last:
            return
        self._last = pseudonym
        self.persons += 1
        self._counts[tuple(_coarse(name, values[name]) for name in self._variables)] += 1

    def small_cells(self) -> SmallCells:
        """The persons in cells of fewer than five."""
        return SmallCells(self._variables, sum(n for n in self._counts.values() if n < SMALL))


def _coarse(name: Variable, value: object) -> object:
    return value // AGE_BAND_YEARS if name == "age_at_diagnosis" and isinstance(value, int) else value


def may_show(item: Item, value: Value, variables: Collection[Variable]) -> bool:
    """Whether the project may have this answer: free text may hold a name, and needs its own approval."""
    if "free_text" in variables:
        return True
    if item.kind in CHOICES:
        return any(option.code == value for option in item.options)
    return item.kind not in TEXTS


def coarsen(item: Item, value: Value) -> Value:
    """The answer as it is shown: of a date or a moment, the month."""
    if item.kind in {"date", "date-time"}:
        return str(value)[:MONTH_LENGTH]
    return value
