"""The interpreter of scoring rules: one response or a million, by the same arithmetic on NumPy arrays."""

from collections.abc import Mapping

import numpy as np

from instruments.answers import Answers
from instruments.definition import Document, Item, Structure, Value, every_item
from instruments.scoring.plan import Column, Level, Matrix, Plan, make_plan
from instruments.scoring.spec import Scale, ScoredItem, ScoringSpec

ENGINE_VERSION = "1"
"""Changes when the same spec and answers would give another score; stored beside each score."""
ROWS_AT_ONCE = 16_384
"""So many rows of some forty items and scales fit in a core's cache."""


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
    """The scores of every row: scale id to an array as long as the columns, NaN where the missing rule says.

    ``columns`` maps each scored item to its answered numbers, one a row, NaN where missing; others are left
    alone.

    Raises:
        MissingColumnError: a scored item has no column.
        OutOfRangeError: a number is not in the item's range or table (infinities never are).
        ValueError: the columns differ in length.
    """
    plan = make_plan(spec)
    given = [_column(item.item_id, columns) for item in spec.items]
    lengths = {len(column) for column in given}
    if len(lengths) > 1:
        raise ValueError(f"the columns have different lengths: {sorted(lengths)}")
    rows = lengths.pop() if lengths else 0
    scores = np.empty((len(spec.scales), rows))
    for start in range(0, rows, ROWS_AT_ONCE):
        end = min(start + ROWS_AT_ONCE, rows)
        scores[:, start:end] = _score_block(plan, [column[start:end] for column in given], start)
    return {scale.scale_id: scores[index] for index, scale in enumerate(spec.scales)}


def _column(item_id: str, columns: Mapping[str, Column]) -> Column:
    if item_id not in columns:
        raise MissingColumnError(item_id)
    return np.asarray(columns[item_id], dtype=np.float64)


def _score_block(plan: Plan, given: list[Column], first_row: int) -> Matrix:
    """Scores, a row a scale and a column a response, from the items' numbers."""
    items = len(given)
    parts = np.empty((items + len(plan.spec.scales), len(given[0]) if given else 0))
    for index, column in enumerate(given):
        parts[index] = column
    _count(plan, parts[:items], first_row)
    for level in plan.levels:
        parts[level.rows] = _combine(level, parts[: level.rows[0]])
    return parts[items:][plan.order]


def _count(plan: Plan, numbers: Matrix, first_row: int) -> None:
    """Turns answered numbers into those that count, in place: absent to NaN, recoded, held to the range."""
    for row, absent in plan.absent:
        numbers[row][np.isin(numbers[row], absent)] = np.nan
    for row, pairs in plan.recodes:
        before = numbers[row].copy()
        numbers[row] = np.where(np.isnan(before), np.nan, np.inf)
        for number, counted in pairs:
            numbers[row][before == number] = counted
    wrong = (numbers < plan.lowest) | (numbers > plan.highest)
    if wrong.any():
        row = int(wrong.any(axis=1).argmax())
        raise OutOfRangeError(plan.spec.items[row].item_id, first_row + int(wrong[row].argmax()))


def _combine(level: Level, parts: Matrix) -> Matrix:
    there = parts == parts  # noqa: PLR0124 - false for NaN only, and half the price of isnan
    filled = np.where(there, parts, 0.0)
    present = np.zeros((len(level.parts), parts.shape[1]), dtype=np.int16)
    total = np.zeros(present.shape)
    for scale, its_parts in enumerate(level.parts):
        for row, turned_at in its_parts:
            present[scale] += there[row]
            total[scale] += filled[row] if turned_at is None else turned_at * there[row] - filled[row]
    total *= np.where(level.averages, level.sizes / np.maximum(present, 1.0), 1.0)
    total -= level.raw_low
    total *= level.slope
    total += level.low
    total[present < level.needed] = np.nan
    return total


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
    number = next((number for code, number in scored.codes if code == value), None)
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
