"""The interpreter of scoring rules: one response or a million, by the same arithmetic on NumPy arrays."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from instruments.answers import Answers
from instruments.definition import Document, Item, Structure, Value, every_item
from instruments.scoring.spec import Scale, ScoredItem, ScoringSpec

Column: TypeAlias = NDArray[np.float64]

ENGINE_VERSION = "1"
"""Changes when the same spec and answers would give another score; stored beside each score."""
ROWS_AT_ONCE = 32_768
"""So many rows fit in a core's cache with the columns of one scale beside them."""


class MissingColumnError(Exception):
    """The scoring needs an item for which no column was given."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"item {item_id!r} has no column; give one, with NaN where it was not answered")
        self.item_id = item_id


class OutOfRangeError(Exception):
    """A column holds a number that its item cannot have. ``row`` is the first such row, counted from 0."""

    def __init__(self, item_id: str, row: int) -> None:
        super().__init__(f"item {item_id!r}, row {row}: the number is none of those that the scoring allows")
        self.item_id = item_id
        self.row = row


class ScaleScore(Document, frozen=True):
    """A scale's score and why it is what it is: the parts used, the parts missing, and the rule in words.

    ``value`` is None where too many parts are missing.
    """

    scale_id: str
    value: float | None
    used: tuple[str, ...]
    missing: tuple[str, ...]
    rule: str


def score(spec: ScoringSpec, columns: Mapping[str, Column]) -> dict[str, Column]:
    """The scores of every row: scale id to an array as long as the columns, NaN where the missing rule says
    so.

    ``columns`` maps each scored item to its answered numbers, one a row, NaN where missing; others are left
    alone.

    Raises:
        MissingColumnError: a scored item has no column.
        OutOfRangeError: a number is not in the item's range or table (infinities never are).
        ValueError: the columns differ in length.
    """
    given = {item.item_id: _column(item.item_id, columns) for item in spec.items}
    lengths = {len(column) for column in given.values()}
    if len(lengths) > 1:
        raise ValueError(f"the columns have different lengths: {sorted(lengths)}")
    rows = lengths.pop() if lengths else 0
    scores = {scale.scale_id: np.empty(rows) for scale in spec.scales}
    for start in range(0, rows, ROWS_AT_ONCE):
        block = slice(start, min(start + ROWS_AT_ONCE, rows))
        for scale_id, values in _score_block(spec, given, block):
            scores[scale_id][block] = values
    return scores


def _column(item_id: str, columns: Mapping[str, Column]) -> Column:
    if item_id not in columns:
        raise MissingColumnError(item_id)
    return np.asarray(columns[item_id], dtype=np.float64)


def _score_block(
    spec: ScoringSpec, given: Mapping[str, Column], block: slice
) -> Iterator[tuple[str, Column]]:
    tables = {recode.name: recode.pairs for recode in spec.recodes}
    ends = {item.item_id: item.lowest + item.highest for item in spec.items}
    parts: dict[str, Column] = {}
    for item in spec.items:
        pairs = tables[item.recode] if item.recode is not None else ()
        parts[item.item_id] = _numbers(item, given[item.item_id][block], pairs, block.start)
    for scale in spec.scales:
        parts[scale.scale_id] = _combine(scale, parts, ends)
        ends[scale.scale_id] = scale.lowest + scale.highest
        yield scale.scale_id, parts[scale.scale_id]


def _numbers(
    item: ScoredItem, answered: Column, pairs: tuple[tuple[float, float], ...], first_row: int
) -> Column:
    """The numbers that count: absent ones to NaN, then recoded, then held to the item's range."""
    numbers = answered
    for absent in item.absent:
        numbers = np.where(numbers == absent, np.nan, numbers)
    if pairs:
        before, numbers = numbers, np.full(len(numbers), np.nan)
        for number, counted in pairs:
            numbers[before == number] = counted
        wrong = np.isnan(numbers) & ~np.isnan(before)
    else:
        wrong = (numbers < item.lowest) | (numbers > item.highest)
    if wrong.any():
        raise OutOfRangeError(item.item_id, first_row + int(np.argmax(wrong)))
    return numbers


def _combine(scale: Scale, parts: Mapping[str, Column], ends: Mapping[str, float]) -> Column:
    names = (*scale.items, *scale.scales)
    total = np.zeros(len(parts[names[0]]))
    present = np.zeros(len(total))
    for name in names:
        values = ends[name] - parts[name] if name in scale.reverse else parts[name]
        there = values == values  # noqa: PLR0124 - false for NaN only, and half the price of isnan
        present += there
        total += np.where(there, values, 0.0)
    enough = present >= scale.missing.needed(len(names))
    if scale.combine != "sum":
        total /= np.where(enough, present, 1.0)
    if scale.combine == "prorated-sum":
        total *= len(names)
    if scale.transform is not None:
        line = scale.transform
        total = line.low + (total - line.raw_low) * ((line.high - line.low) / (line.raw_high - line.raw_low))
    return np.where(enough, total, np.nan)


def score_answers(spec: ScoringSpec, structure: Structure, answers: Answers) -> tuple[ScaleScore, ...]:
    """The scores of one person's answers, each with its reasons, in the order of the scales.

    Items that were skipped or never shown are missing; an option counts by the spec's ``codes``, else by its
    own score.

    Raises:
        OutOfRangeError: an answer is a number that the scoring does not allow; ``check`` finds those first.
    """
    asked = {item.item_id: item for item in every_item(structure)}
    numbers = {
        item.item_id: number_answered(item, asked.get(item.item_id), answers.values.get(item.item_id, ()))
        for item in spec.items
    }
    scores = score(spec, {name: np.array([number]) for name, number in numbers.items()})
    there = {item.item_id for item in spec.items if _counts(item, numbers[item.item_id])}
    reasons = []
    for scale in spec.scales:
        value = float(scores[scale.scale_id][0])
        reasons.append(_reason(scale, value, there))
        if value == value:  # noqa: PLR0124 - false for NaN only
            there.add(scale.scale_id)
    return tuple(reasons)


def number_answered(scored: ScoredItem, item: Item | None, values: tuple[Value, ...]) -> float:
    """The number that one answer stands for, before recoding; NaN if there is none, or more than one.

    An option without a number, and the free text of an open choice, count as missing.
    """
    if item is None or len(values) != 1:
        return float("nan")
    value = values[0]
    if not isinstance(value, str):
        return float(value)
    number = scored.codes.get(value)
    if number is None:
        number = next((option.score for option in item.options if option.code == value), None)
    return float("nan") if number is None else number


def _counts(item: ScoredItem, number: float) -> bool:
    return number == number and number not in item.absent  # noqa: PLR0124 - false for NaN only


def _reason(scale: Scale, value: float, there: set[str]) -> ScaleScore:
    names = (*scale.items, *scale.scales)
    used = tuple(name for name in names if name in there)
    needed = scale.missing.needed(len(names))
    return ScaleScore(
        scale_id=scale.scale_id,
        value=value if len(used) >= needed else None,
        used=used,
        missing=tuple(name for name in names if name not in there),
        rule=f"{scale.combine}; {scale.missing.kind}: {len(used)} of {len(names)} parts, {needed} needed",
    )
