"""The rules by which an instrument is scored, as data; nothing here computes a score."""

from math import ceil
from typing import Literal

from instruments.definition import Bank, Document, Grid

Direction = Literal["higher-better", "higher-worse"]
Combine = Literal["mean", "sum", "prorated-sum", "highest", "table", "missing", "eap"]


class Recode(Document, frozen=True):
    """A table from one number to the number that counts, named so that items and scales can share it.

    ``pairs`` are (answered, counted); an answered number that is not in the table is out of range.
    """

    name: str
    pairs: tuple[tuple[float, float], ...]


class Table(Document, frozen=True):
    """A table from several numbers to one grade, named so that scales can share it.

    Each row has the numbers of the parts, in their order, and the grade last.
    """

    name: str
    rows: tuple[tuple[float, ...], ...]


class NamedBank(Document, frozen=True):
    """The calibration of some items, named so that scales can share it. A registry imports it."""

    name: str
    bank: Bank


class ScoredItem(Document, frozen=True):
    """How one item's answers become numbers.

    ``lowest`` and ``highest`` bound the number that counts, after ``recode`` (a table's name). ``codes``
    gives the number of an option where it is not the option's own ``score``. ``absent`` are answered numbers
    that count as missing, ``inapplicable`` those that say that the item does not apply to the person.
    """

    item_id: str
    lowest: float
    highest: float
    recode: str | None = None
    codes: tuple[tuple[str, float], ...] = ()
    absent: tuple[float, ...] = ()
    inapplicable: tuple[float, ...] = ()


class MissingRule(Document, frozen=True):
    """How many parts must be there: any (one), half, all, ``n-of`` or ``percent`` (both rounded up).

    ``least`` is the n of ``n-of`` or the percentage of ``percent``.
    """

    kind: Literal["any", "half", "all", "n-of", "percent"] = "half"
    least: float = 0

    def needed(self, parts: int) -> int:
        """The number of parts out of ``parts`` that must be there, from 1 to ``parts``."""
        counts = {
            "any": 1,
            "half": ceil(parts / 2),
            "all": parts,
            "n-of": int(self.least),
            "percent": ceil(round(parts * self.least / 100, 9)),
        }
        return min(max(counts[self.kind], 1), parts)


class Answered(Document, frozen=True):
    """A scale's further condition: so many of these ``items`` must be there, parts of it or not."""

    items: tuple[str, ...]
    least: int


class Linear(Document, frozen=True):
    """A straight line from the raw score: ``raw_low`` becomes ``low`` and ``raw_high`` becomes ``high``."""

    raw_low: float
    raw_high: float
    low: float = 0
    high: float = 100


class Comparison(Document, frozen=True):
    """A comparison of an item, scale or flag with a number."""

    part: str
    operator: Literal["=", ">", "<", ">=", "<="]
    number: float


class Scale(Document, frozen=True):
    """One scale: its parts (items, and earlier scales), how they are put together, and what the score means.

    ``combine``: the mean; the sum; the sum times parts / parts there (``prorated-sum``); the highest number;
    the grade that ``table`` (a ``Table``) gives for the parts, all of which must be there; how many parts are
    ``missing``; or the estimate (``eap``) of theta on the items' ``bank``, on ``grid``. ``reverse`` names the
    parts that count backwards (lowest + highest - value), ``recodes`` those that count by a table in this
    scale only, as (part, ``Recode``). ``assumed`` is the number of all missing parts of a ``table`` where the
    first part has that number, since they are then not asked.

    The raw score plus ``constant`` is laid on ``transform``, looked up in ``recode``, and rounded to
    ``decimals``. ``lowest`` and ``highest`` bound the score. ``inapplicable_if`` says when a missing score
    means that the scale does not apply. ``step`` is computed for other scales and flags only. ``off`` says
    why the scale is not computed: what a registry must confirm from the licensed manual first.
    """

    scale_id: str
    items: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    combine: Combine = "mean"
    missing: MissingRule = MissingRule()
    transform: Linear | None = None
    direction: Direction = "higher-better"
    lowest: float = 0
    highest: float = 100
    recodes: tuple[tuple[str, str], ...] = ()
    table: str | None = None
    assumed: float | None = None
    answered: tuple[Answered, ...] = ()
    constant: float = 0
    recode: str | None = None
    decimals: int | None = None
    inapplicable_if: tuple[Comparison, ...] = ()
    step: bool = False
    off: str = ""
    bank: str | None = None
    grid: Grid = Grid()


class Flag(Document, frozen=True):
    """A yes or no: 1 where all ``tests`` hold, 0 where one does not, missing where one cannot be made.

    ``safety`` marks what a person's safety may hang on: it is shown help at once, whoever reads later.
    """

    flag_id: str
    tests: tuple[Comparison, ...]
    safety: bool = False


class Band(Document, frozen=True):
    """A named part of a scale's range, from ``lowest`` (included) to the next band."""

    label: str
    lowest: float


class Banding(Document, frozen=True):
    """The bands of one scale, from the lowest up."""

    banding_id: str
    scale: str
    bands: tuple[Band, ...]


class Case(Document, frozen=True):
    """A reference case: numbers answered, by item, and each scale's score, None where it is missing."""

    answers: tuple[tuple[str, float], ...]
    scores: tuple[tuple[str, float | None], ...]


class ScoringSpec(Document, frozen=True, cache_hash=True):
    """How an instrument is scored: its items as numbers, its scales in an order to compute them in.

    ``separable``: its scales can be asked without each other, as those of an item library can. ``cases``
    are its own reference figures: it is not published unless it agrees with them.
    """

    instrument_id: str
    version: str
    items: tuple[ScoredItem, ...] = ()
    scales: tuple[Scale, ...] = ()
    recodes: tuple[Recode, ...] = ()
    tables: tuple[Table, ...] = ()
    banks: tuple[NamedBank, ...] = ()
    flags: tuple[Flag, ...] = ()
    bandings: tuple[Banding, ...] = ()
    separable: bool = False
    cases: tuple[Case, ...] = ()
    source: str = ""


def shown_scales(spec: ScoringSpec) -> tuple[Scale, ...]:
    """The scales whose scores are stored and shown: neither steps on the way nor off."""
    return tuple(scale for scale in spec.scales if not (scale.step or scale.off))
