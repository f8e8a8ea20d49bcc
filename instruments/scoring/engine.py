"""The interpreter of scoring rules: one response or a million, by the same arithmetic on NumPy arrays."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from instruments.scoring.irt import estimate
from instruments.scoring.plan import (
    EMPTY,
    Alone,
    Column,
    Finish,
    Grades,
    Level,
    Lookup,
    Matrix,
    Plan,
    Summed,
    make_plan,
)
from instruments.scoring.spec import Comparison, ScoringSpec, shown_scales

ENGINE_VERSION = "2"
"""Changes when the same spec and answers would give another score; stored beside each score."""
ROWS_AT_ONCE = 8192
"""So many rows of some forty items and scales fit in a core's cache."""

OPERATORS: Mapping[str, np.ufunc] = {
    "=": np.equal, ">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal,
}  # fmt: skip


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


def score(spec: ScoringSpec, columns: Mapping[str, Column]) -> dict[str, Column]:
    """The scores and flags of every row: id to an array as long as the columns, NaN where one is missing.

    ``columns`` maps each scored item to its answered numbers, one a row, NaN where missing; others are left
    alone. A data frame is such a mapping. Steps on the way and scales that are off are left out; flags are
    0 or 1.

    Raises:
        MissingColumnError: a scored item has no column.
        OutOfRangeError: a number is not in the item's range or table (infinities never are).
        ValueError: the columns differ in length.
    """
    plan = make_plan(spec)
    given = _given(plan, columns)
    rows = len(given[0]) if given else 0
    names = [scale.scale_id for scale in shown_scales(spec)]
    wanted = np.array([plan.rows[name] for name in names], dtype=np.intp)
    scores = np.empty((len(names) + len(spec.flags), rows))
    for start in range(0, rows, ROWS_AT_ONCE):
        end = min(start + ROWS_AT_ONCE, rows)
        parts = score_parts(plan, _block(given, start, end), start)
        scores[: len(names), start:end] = parts[wanted]
        scores[len(names) :, start:end] = raise_flags(plan, parts)
    return dict(zip([*names, *(flag.flag_id for flag in spec.flags)], scores, strict=True))


def _given(plan: Plan, columns: Mapping[str, Column]) -> list[Column]:
    """The columns in the order of the items; NaN for an item that only scales that are off would count."""
    found = {name: np.asarray(columns[name]) for name in plan.items if name in columns}
    lacking = next((name for name in plan.items if name in plan.needed and name not in found), None)
    if lacking is not None:
        raise MissingColumnError(lacking)
    lengths = {len(column) for column in found.values()}
    if len(lengths) > 1:
        raise ValueError(f"the columns have different lengths: {sorted(lengths)}")
    unasked = np.full(next(iter(lengths), 0), np.nan)
    return [found.get(name, unasked) for name in plan.items]


def _block(given: list[Column], start: int, end: int) -> Matrix:
    return np.array([column[start:end] for column in given], dtype=np.float64).reshape(
        len(given), end - start
    )


def score_parts(plan: Plan, numbers: Matrix, first_row: int) -> Matrix:
    """Everything that is computed for some responses, a row an item or scale (``plan.rows``).

    ``numbers`` are those answered, a row an item and a column a response, which is number ``first_row``
    and on.

    Raises:
        OutOfRangeError: a number is not in the item's range or table.
    """
    parts = np.empty((plan.size + 1, numbers.shape[1]))
    parts[: len(numbers)] = numbers
    parts[EMPTY] = np.nan
    _count(plan, parts[: len(numbers)], first_row)
    for level in plan.levels:
        parts[level.rows] = _combine(level, parts)
    return parts


def _count(plan: Plan, numbers: Matrix, first_row: int) -> None:
    """Turns answered numbers into those that count, in place: absent to NaN, recoded, held to the range."""
    for row, unanswered in plan.unanswered:
        numbers[row][np.isin(numbers[row], unanswered)] = np.nan
    for row, lookup in plan.recodes:
        numbers[row] = look_up(lookup, numbers[row], np.inf)
    wrong = (numbers < plan.lowest) | (numbers > plan.highest)
    if wrong.any():
        row = int(wrong.any(axis=1).argmax())
        raise OutOfRangeError(plan.spec.items[row].item_id, first_row + int(wrong[row].argmax()))


def look_up(lookup: Lookup, numbers: Column, unknown: float) -> Column:
    """What each number becomes; NaN stays, and a number that is not in the table becomes ``unknown``."""
    places = np.minimum(np.searchsorted(lookup.numbers, numbers), len(lookup.numbers) - 1)
    found = np.where(lookup.numbers[places] == numbers, lookup.becomes[places], unknown)
    return np.where(np.isnan(numbers), np.nan, found)


def _combine(level: Level, parts: Matrix) -> Matrix:
    for row, source, lookup in level.recoded:
        parts[row] = look_up(lookup, parts[source], np.nan)
    scores = np.empty((len(level.rows), parts.shape[1]))
    for group in level.summed:
        scores[group.scales] = _sum(group, parts)
    for one in level.alone:
        scores[one.scale] = _put_together(one, parts[one.parts])
    scores += level.shift
    scores *= level.slope
    scores += level.low
    for finish in level.finish:
        scores[finish.scale] = _finish(finish, scores[finish.scale], parts)
    return scores


def _sum(group: Summed, parts: Matrix) -> Matrix:
    values = parts[group.parts]
    there = values == values  # noqa: PLR0124 - false for NaN only, and half the price of isnan
    if group.turned is not None:
        base, sign = group.turned
        values = base + sign * values
    counted = np.where(there, values, 0.0)
    # Accumulating adds in the order of the parts whatever the shape; a sum over one response would not,
    # and a score must be the same to the last bit in an extract of one and of a million.
    total: Matrix = counted[0] if len(counted) == 1 else np.add.accumulate(counted, axis=0)[-1]
    present = np.add.reduce(there, axis=0, dtype=np.intp)
    if group.combine != "sum":
        total = total / np.maximum(present, 1)
    if group.combine == "prorated-sum":
        total = total * group.sizes
    scores: Matrix = np.where(present < group.needed, np.nan, total)
    return scores


def _put_together(one: Alone, values: Matrix) -> Column:
    if one.grades is not None:
        return _grade(one.grades, values)
    there = values == values  # noqa: PLR0124 - false for NaN only
    if one.bank is not None:
        theta = estimate(one.bank, values.T, one.grid).theta
        return np.where(there.sum(axis=0) < one.needed, np.nan, theta)
    if one.combine == "missing":
        missing: Column = (~there).sum(axis=0).astype(np.float64)
        return missing
    highest: Column = np.where(there, values, -np.inf).max(axis=0)
    highest[there.sum(axis=0) < one.needed] = np.nan
    return highest


def _grade(table: Grades, values: Matrix) -> Column:
    if table.assumed is not None:
        leads = values[0] == table.assumed
        values = np.where(leads & np.isnan(values), table.assumed, values)
    places = []
    known = np.ones(values.shape[1], dtype=np.bool_)
    for axis, column in zip(table.axes, values, strict=True):
        place = np.minimum(np.searchsorted(axis, column), len(axis) - 1)
        known &= axis[place] == column
        places.append(place)
    grades: Column = np.where(known, table.grades[tuple(places)], np.nan)
    return grades


def _finish(finish: Finish, scores: Column, parts: Matrix) -> Column:
    for rows, least in finish.answered:
        scores = np.where((~np.isnan(parts[rows])).sum(axis=0) < least, np.nan, scores)
    if finish.lookup is not None:
        scores = look_up(finish.lookup, scores, np.nan)
    return scores if finish.decimals is None else _round(scores, finish.decimals)


def _round(scores: Column, decimals: int) -> Column:
    """The nearer of the two decimal numbers around each score; the even one where they are equally near.

    So R rounds since version 4.0.0, whose packages gave the published scores; NumPy scales, rounds and scales
    back, which turns some halves the other way.
    """
    power = 10.0**decimals
    floor = np.floor(scores * power)
    below, above = floor / power, np.ceil(scores * power) / power
    down, up = scores - below, above - scores
    return np.where((down < up) | ((down == up) & (floor % 2 == 0)), below, above)


def raise_flags(plan: Plan, parts: Matrix) -> Matrix:
    """The flags of some responses, a row a flag: 1, 0, or NaN where a part that it tests is missing."""
    raised = np.empty((len(plan.spec.flags), parts.shape[1]))
    rows = {flag.flag_id: row for row, flag in enumerate(plan.spec.flags)}
    for row, flag in enumerate(plan.spec.flags):
        known = np.ones(parts.shape[1], dtype=np.bool_)
        holds = known.copy()
        for one in flag.tests:
            values = parts[plan.rows[one.part]] if one.part in plan.rows else raised[rows[one.part]]
            known &= ~np.isnan(values)
            holds &= compare(one, values)
        raised[row] = np.where(known, holds, np.nan)
    return raised


def compare(one: Comparison, values: Column) -> NDArray[np.bool_]:
    """Where the comparison holds; never where the value is NaN."""
    holds: NDArray[np.bool_] = OPERATORS[one.operator](values, one.number)
    return holds


def label(spec: ScoringSpec, scores: Mapping[str, Column]) -> dict[str, NDArray[np.str_]]:
    """The bands of every row: banding id to labels, empty where the score is missing or below the first.

    ``scores`` are those that ``score`` gave. A score between two bands' ends belongs to the lower band.
    """
    labelled = {}
    for banding in spec.bandings:
        values = scores[banding.scale]
        lows = np.array([band.lowest for band in banding.bands])
        labels = np.array(["", *(band.label for band in banding.bands)])
        places = np.where(np.isnan(values), 0, np.searchsorted(lows, values, side="right"))
        labelled[banding.banding_id] = labels[places]
    return labelled
