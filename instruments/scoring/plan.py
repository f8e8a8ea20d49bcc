"""A scoring laid out once, so that all rows are scored together."""

from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from instruments.scoring.spec import Linear, Scale, ScoringSpec

Column: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float64]


UNCHANGED = Linear(raw_low=0, raw_high=1, low=0, high=1)


class Part(NamedTuple):
    """A part of a scale: the row where it stands, and lowest + highest of it where it counts backwards."""

    row: int
    turned_at: float | None


class Level(NamedTuple):
    """Scales computed together, a row each; their parts are items and scales of earlier levels.

    The rest are columns, one number a scale: the raw score is multiplied by ``sizes`` / parts there where
    ``averages``, then laid on the line through ``raw_low`` and ``low``.
    """

    rows: NDArray[np.intp]
    parts: tuple[tuple[Part, ...], ...]
    needed: Column
    averages: NDArray[np.bool_]
    sizes: Column
    raw_low: Column
    low: Column
    slope: Column


class Plan(NamedTuple):
    """A spec laid out: bounds of the items (columns), their recodes by row, and the levels of scales.

    ``order`` gives the scales' rows in the order of the spec.
    """

    spec: ScoringSpec
    lowest: Column
    highest: Column
    recodes: tuple[tuple[int, tuple[tuple[float, float], ...]], ...]
    absent: tuple[tuple[int, tuple[float, ...]], ...]
    levels: tuple[Level, ...]
    order: NDArray[np.intp]


@lru_cache(maxsize=256)
def make_plan(spec: ScoringSpec) -> Plan:
    """The plan of a sound spec (see ``check_spec``); kept for the specs in use."""
    tables = {recode.name: recode.pairs for recode in spec.recodes}
    rows = {item.item_id: row for row, item in enumerate(spec.items)}
    ends = {item.item_id: item.lowest + item.highest for item in spec.items}
    ends |= {scale.scale_id: scale.lowest + scale.highest for scale in spec.scales}
    levels = []
    for scales in _levels(spec):
        rows |= {scale.scale_id: row for row, scale in enumerate(scales, start=len(rows))}
        levels.append(_lay_out(scales, rows, ends))
    return Plan(
        spec=spec,
        lowest=_column([item.lowest for item in spec.items]),
        highest=_column([item.highest for item in spec.items]),
        recodes=tuple((rows[i.item_id], tables[i.recode]) for i in spec.items if i.recode is not None),
        absent=tuple((rows[item.item_id], item.absent) for item in spec.items if item.absent),
        levels=tuple(levels),
        order=np.array([rows[scale.scale_id] - len(spec.items) for scale in spec.scales], dtype=np.intp),
    )


def _levels(spec: ScoringSpec) -> list[list[Scale]]:
    """The scales by how many scales stand between them and the items."""
    depth: dict[str, int] = {}
    levels: list[list[Scale]] = []
    for scale in spec.scales:
        level = max((depth[name] + 1 for name in scale.scales), default=0)
        depth[scale.scale_id] = level
        levels.extend([] for _ in range(level + 1 - len(levels)))
        levels[level].append(scale)
    return levels


def _lay_out(scales: list[Scale], rows: dict[str, int], ends: dict[str, float]) -> Level:
    sizes = [len(scale.items) + len(scale.scales) for scale in scales]
    scored = list(zip(scales, sizes, strict=True))
    lines = [scale.transform or UNCHANGED for scale in scales]
    return Level(
        rows=np.array([rows[scale.scale_id] for scale in scales], dtype=np.intp),
        parts=tuple(
            tuple(
                Part(rows[name], ends[name] if name in scale.reverse else None)
                for name in (*scale.items, *scale.scales)
            )
            for scale in scales
        ),
        needed=_column([scale.missing.needed(size) for scale, size in scored]),
        averages=np.array([[scale.combine != "sum"] for scale in scales]),
        sizes=_column([size if scale.combine == "prorated-sum" else 1 for scale, size in scored]),
        raw_low=_column([line.raw_low for line in lines]),
        low=_column([line.low for line in lines]),
        slope=_column([(line.high - line.low) / (line.raw_high - line.raw_low) for line in lines]),
    )


def _column(numbers: list[float]) -> Column:
    return np.array(numbers, dtype=np.float64).reshape(-1, 1)
