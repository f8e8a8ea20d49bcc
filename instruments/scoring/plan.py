"""A scoring laid out once, so that all rows are scored together."""

from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from instruments.definition import Bank, Grid
from instruments.scoring.spec import Linear, Scale, ScoringSpec, Table

Column: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float64]
Rows: TypeAlias = NDArray[np.intp]

EMPTY = -1
"""The last row, which no part stands in."""
SUMMED = ("mean", "sum", "prorated-sum")
UNCHANGED = Linear(raw_low=0, raw_high=1, low=0, high=1)


class Lookup(NamedTuple):
    """A table from one number to another: the numbers, rising, and what each becomes."""

    numbers: Column
    becomes: Column


class Recoded(NamedTuple):
    """A part that counts by a table in some scales: the row that it is laid in, and from which."""

    row: int
    source: int
    lookup: Lookup


class Grades(NamedTuple):
    """A table over several parts: the numbers of each, rising, and the grade at their places, or NaN."""

    axes: tuple[Column, ...]
    grades: Matrix
    assumed: float | None


class Summed(NamedTuple):
    """Scales summed or averaged together, since they have about equally many parts.

    ``parts`` has a row a position and a column a scale: where the part stands, or the empty row. ``turned``
    is None where no part counts backwards, else what makes base + sign * value of it (shape of ``parts``,
    and 1). ``sizes`` and ``needed`` have a row a scale.
    """

    scales: Rows
    combine: str
    parts: Rows
    turned: tuple[Matrix, Matrix] | None
    sizes: Column
    needed: Column


class Alone(NamedTuple):
    """A scale that is no sum: its place in the level, its parts' rows, and how they are put together."""

    scale: int
    combine: str
    parts: Rows
    needed: int
    grades: Grades | None
    bank: Bank | None
    grid: Grid


class Finish(NamedTuple):
    """What is done to one scale of a level after its line: further items answered, a table, rounding."""

    scale: int
    answered: tuple[tuple[Rows, int], ...]
    lookup: Lookup | None
    decimals: int | None


class Level(NamedTuple):
    """Scales computed together; their parts are items and scales of earlier levels, some of them recoded.

    ``rows`` says where they go. A raw score is brought on its line by (raw + ``shift``) * ``slope`` +
    ``low``, a row a scale each.
    """

    rows: Rows
    recoded: tuple[Recoded, ...]
    summed: tuple[Summed, ...]
    alone: tuple[Alone, ...]
    shift: Column
    slope: Column
    low: Column
    finish: tuple[Finish, ...]


class Plan(NamedTuple):
    """A spec laid out: bounds of the items (columns), their recodes by row, and the levels of scales.

    ``rows`` says in which row each item and scale stands, ``size`` how many rows there are in all; the last
    is empty. ``needed`` are the ``items`` that something is computed from.
    """

    spec: ScoringSpec
    items: tuple[str, ...]
    needed: frozenset[str]
    lowest: Column
    highest: Column
    unanswered: tuple[tuple[int, Column], ...]
    recodes: tuple[tuple[int, Lookup], ...]
    levels: tuple[Level, ...]
    rows: dict[str, int]
    size: int


@lru_cache(maxsize=256)
def make_plan(spec: ScoringSpec) -> Plan:
    """The plan of a sound spec (see ``check_spec``); kept for the specs in use."""
    layout = _Layout(spec)
    levels = tuple(layout.level(scales) for scales in _levels(spec))
    rows = layout.rows
    return Plan(
        spec=spec,
        items=tuple(item.item_id for item in spec.items),
        needed=_needed(spec),
        lowest=_column([item.lowest for item in spec.items]),
        highest=_column([item.highest for item in spec.items]),
        unanswered=tuple(
            (rows[item.item_id], np.array((*item.absent, *item.inapplicable)))
            for item in spec.items
            if item.absent or item.inapplicable
        ),
        recodes=tuple(
            (rows[i.item_id], layout.lookups[i.recode]) for i in spec.items if i.recode is not None
        ),
        levels=levels,
        rows=rows,
        size=layout.size,
    )


def _needed(spec: ScoringSpec) -> frozenset[str]:
    scales = [scale for scale in spec.scales if not scale.off]
    counted = {name for scale in scales for name in scale.items}
    counted |= {name for scale in scales for need in scale.answered for name in need.items}
    counted |= {one.part for flag in spec.flags for one in flag.tests}
    return frozenset(counted)


def _levels(spec: ScoringSpec) -> list[list[Scale]]:
    """The scales that are on, by how many scales stand between them and the items."""
    depth: dict[str, int] = {}
    levels: list[list[Scale]] = []
    for scale in spec.scales:
        if scale.off:
            continue
        level = max((depth[name] + 1 for name in scale.scales), default=0)
        depth[scale.scale_id] = level
        levels.extend([] for _ in range(level + 1 - len(levels)))
        levels[level].append(scale)
    return levels


class _Layout:
    """Gives each item, scale and recoded part its row."""

    def __init__(self, spec: ScoringSpec) -> None:
        self.lookups = {recode.name: _lookup(recode.pairs) for recode in spec.recodes}
        self.tables = {table.name: table for table in spec.tables}
        self.banks = {named.name: named.bank for named in spec.banks}
        self.rows = {item.item_id: row for row, item in enumerate(spec.items)}
        self.ends = {item.item_id: item.lowest + item.highest for item in spec.items}
        self.ends |= {scale.scale_id: scale.lowest + scale.highest for scale in spec.scales}
        self.size = len(spec.items)
        self._recoded: dict[tuple[str, str], int] = {}

    def level(self, scales: list[Scale]) -> Level:
        recoded = tuple(one for scale in scales for one in self._recode(scale))
        for row, scale in enumerate(scales, start=self.size):
            self.rows[scale.scale_id] = row
        self.size += len(scales)
        lines = [scale.transform or UNCHANGED for scale in scales]
        return Level(
            rows=np.array([self.rows[scale.scale_id] for scale in scales], dtype=np.intp),
            recoded=recoded,
            summed=self._summed(scales),
            alone=tuple(
                self._alone(index, scale) for index, scale in enumerate(scales) if scale.combine not in SUMMED
            ),
            shift=_column([s.constant - line.raw_low for s, line in zip(scales, lines, strict=True)]),
            slope=_column([(line.high - line.low) / (line.raw_high - line.raw_low) for line in lines]),
            low=_column([line.low for line in lines]),
            finish=tuple(
                self._finish(index, scale)
                for index, scale in enumerate(scales)
                if scale.answered or scale.recode is not None or scale.decimals is not None
            ),
        )

    def _recode(self, scale: Scale) -> list[Recoded]:
        new = []
        for part, recode in scale.recodes:
            if (part, recode) not in self._recoded:
                self._recoded[part, recode] = self.size
                new.append(Recoded(self.size, self.rows[part], self.lookups[recode]))
                self.size += 1
        return new

    def _parts(self, scale: Scale) -> list[int]:
        recodes = dict(scale.recodes)
        return [
            self._recoded[part, recodes[part]] if part in recodes else self.rows[part]
            for part in (*scale.items, *scale.scales)
        ]

    def _summed(self, scales: list[Scale]) -> tuple[Summed, ...]:
        groups: list[Summed] = []
        for combine in SUMMED:
            found = [(self._size(one), index) for index, one in enumerate(scales) if one.combine == combine]
            groups += [self._group([scales[i] for i in together], together) for together in _together(found)]
        return tuple(groups)

    def _group(self, group: list[Scale], indices: list[int]) -> Summed:
        longest = max(self._size(scale) for scale in group)
        parts = np.full((longest, len(group)), EMPTY, dtype=np.intp)
        turned = np.full((longest, len(group)), np.nan)
        for column, scale in enumerate(group):
            parts[: self._size(scale), column] = self._parts(scale)
            turned[: self._size(scale), column] = self._turned(scale)
        is_turned = ~np.isnan(turned)
        base, sign = np.where(is_turned, turned, 0.0), np.where(is_turned, -1.0, 1.0)
        sizes = [self._size(scale) for scale in group]
        return Summed(
            scales=np.array(indices, dtype=np.intp),
            combine=group[0].combine,
            parts=parts,
            turned=(base[:, :, np.newaxis], sign[:, :, np.newaxis]) if is_turned.any() else None,
            sizes=_column([float(size) for size in sizes]),
            needed=_column([scale.missing.needed(n) for scale, n in zip(group, sizes, strict=True)]),
        )

    def _size(self, scale: Scale) -> int:
        return len(scale.items) + len(scale.scales)

    def _turned(self, scale: Scale) -> list[float]:
        """Lowest + highest of the parts that count backwards, NaN for the others."""
        return [
            self.ends[name] if name in scale.reverse else np.nan for name in (*scale.items, *scale.scales)
        ]

    def _alone(self, index: int, scale: Scale) -> Alone:
        parts = self._parts(scale)
        grades = None if scale.table is None else _grades(self.tables[scale.table], scale.assumed)
        needed = scale.missing.needed(len(parts))
        bank = None if scale.bank is None else bank_of(self.banks[scale.bank], scale.items)
        return Alone(index, scale.combine, np.array(parts, dtype=np.intp), needed, grades, bank, scale.grid)

    def _finish(self, index: int, scale: Scale) -> Finish:
        answered = tuple(
            (np.array([self.rows[name] for name in need.items], dtype=np.intp), need.least)
            for need in scale.answered
        )
        lookup = None if scale.recode is None else self.lookups[scale.recode]
        return Finish(index, answered, lookup, scale.decimals)


def _together(found: list[tuple[int, int]]) -> list[list[int]]:
    """Scales, as (parts, index), in groups of about equally many: less than half of a group is empty."""
    groups: list[list[int]] = []
    parts = 0
    for size, index in sorted(found):
        parts += size
        if groups and size * (len(groups[-1]) + 1) <= 1.75 * parts:
            groups[-1].append(index)
        else:
            groups.append([index])
            parts = size
    return groups


def _lookup(pairs: tuple[tuple[float, float], ...]) -> Lookup:
    rising = sorted(pairs)
    return Lookup(np.array([pair[0] for pair in rising]), np.array([pair[1] for pair in rising]))


def bank_of(bank: Bank, items: tuple[str, ...]) -> Bank:
    """The bank's items in the order of the scale's."""
    known = {item.item_id: item for item in bank.items}
    return Bank(tuple(known[name] for name in items))


def _grades(table: Table, assumed: float | None) -> Grades:
    rows = np.array(table.rows, dtype=np.float64)
    axes = tuple(np.unique(column) for column in rows[:, :-1].T)
    grades = np.full([len(axis) for axis in axes], np.nan)
    places = tuple(np.searchsorted(axis, column) for axis, column in zip(axes, rows[:, :-1].T, strict=True))
    grades[places] = rows[:, -1]
    return Grades(axes, grades, assumed)


def _column(numbers: list[float]) -> Column:
    return np.array(numbers, dtype=np.float64).reshape(-1, 1)
