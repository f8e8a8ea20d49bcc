"""Change between two scores: whether it reaches the least difference that matters."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.interpretation.document import Amount, Mid
from instruments.interpretation.errors import NoFigureError
from instruments.scoring.spec import Direction

ChangeKind = Literal["improved", "stable", "deteriorated", "unknown"]
End = Literal["lowest", "highest"]

IMPROVED, STABLE, DETERIORATED = 1.0, 0.0, -1.0

# Scores are sums of decimals: a change of exactly the size asked for must not be lost to binary rounding.
TOLERANCE = 1e-9


def worsening(before: ArrayLike, after: ArrayLike, direction: Direction) -> NDArray[np.float64]:
    """By how many points ``after`` is worse than ``before`` (negative: better); arrays that broadcast.

    Missing (NaN) where either score is.
    """
    difference = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    return -difference if direction == "higher-better" else difference


def reaches(points: ArrayLike, amount: float) -> NDArray[np.bool_]:
    """Where ``points`` are at least ``amount``; NaN never does."""
    return np.asarray(np.asarray(points, dtype=np.float64) >= amount - TOLERANCE)


def exceeds(points: ArrayLike, amount: float) -> NDArray[np.bool_]:
    """Where ``points`` are more than ``amount``; NaN never is."""
    return np.asarray(np.asarray(points, dtype=np.float64) > amount + TOLERANCE)


def change(before: float, after: float, mid: Mid, direction: Direction, end: End = "lowest") -> ChangeKind:
    """What became of one score: as ``changes``; ``unknown`` where either score is missing (NaN)."""
    kind = float(changes(before, after, mid, direction, end))
    if np.isnan(kind):
        return "unknown"
    return "improved" if kind > 0 else "deteriorated" if kind < 0 else "stable"


def changes(
    before: ArrayLike, after: ArrayLike, mid: Mid, direction: Direction, end: End = "lowest"
) -> NDArray[np.float64]:
    """1 where a score improved by at least the important difference, -1 where it deteriorated, else 0.

    ``before`` and ``after`` are columns that broadcast, in the points of the scale; NaN where either is
    missing. ``end`` says which end of the published range counts. Improvement and deterioration may have
    different amounts. Raises ``NoFigureError`` where the source gives an amount for one way only.
    """
    better = _points(mid, mid.improvement, "improvement", end)
    worse = _points(mid, mid.deterioration, "deterioration", end)
    points = worsening(before, after, direction)
    kinds = np.where(
        reaches(points, worse), DETERIORATED, np.where(reaches(-points, better), IMPROVED, STABLE)
    )
    return np.where(np.isnan(points), np.nan, kinds)


def _points(mid: Mid, amount: Amount | None, way: str, end: End) -> float:
    if amount is None:
        raise NoFigureError(f"the important difference {mid.mid_id!r}", f"amount of {way}")
    points = amount.lowest if end == "lowest" else amount.highest
    if points is None:
        raise NoFigureError(f"the important difference {mid.mid_id!r}", f"upper end of {way}")
    return points
