"""Cut-offs and bands: on which side of a published figure a score lies, and why that is said."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.interpretation.differences import TOLERANCE
from instruments.interpretation.document import Band, Banding, Evidence, Interpretation, Side, Threshold
from instruments.interpretation.shelf import check_scale

WORDS: dict[Side, str] = {
    "below": "below",
    "at-or-below": "at or below",
    "above": "above",
    "at-or-above": "at or above",
}


class Reason(NamedTuple):
    """One thing that a source says of a score: by which figure, whether it is a problem, and how sure.

    ``figure_id`` is a threshold's or banding's; ``says`` what is met or the name of the band. ``problem`` is
    none for a band, which is only a name.
    """

    kind: Literal["threshold", "band"]
    figure_id: str
    scale: str
    value: float
    problem: bool | None
    says: str
    evidence: Evidence


def judge(scale: str, value: float, interpretation: Interpretation) -> tuple[Reason, ...]:
    """What the sources say of one score: a reason for each cut-off and banding of the scale, none if NaN.

    Raises ``UnknownNameError`` if the instrument has no such scale.
    """
    check_scale(interpretation, scale)
    if np.isnan(value):
        return ()
    cut_offs = [_reason(one, scale, value) for one in interpretation.thresholds if scale in one.scales]
    names = [_named(one, scale, value) for one in interpretation.bandings if scale in one.scales]
    return (*cut_offs, *(reason for reason in names if reason is not None))


def past(threshold: Threshold, values: ArrayLike) -> NDArray[np.float64]:
    """1 where a score is on the problem side of ``threshold``, 0 where it is not, NaN where it is missing."""
    scores = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(scores), np.nan, _is_past(threshold, scores))


def bands(banding: Banding, values: ArrayLike) -> NDArray[np.int64]:
    """The place (from 0) in ``banding.bands`` of each of a column of scores; -1 where missing or outside."""
    scores = np.asarray(values, dtype=np.float64)
    starts = np.array([band.lowest for band in banding.bands])
    if banding.edge == "upper-band":
        places = np.searchsorted(starts - TOLERANCE, scores, side="right") - 1
    else:
        places = np.searchsorted(starts + TOLERANCE, scores, side="left") - 1
        places = np.where(np.abs(scores - starts[0]) <= TOLERANCE, 0, places)
    inside = scores <= banding.bands[-1].highest + TOLERANCE
    return np.where(inside, places, -1).astype(np.int64)


def band(banding: Banding, value: float) -> Band | None:
    """The band that one score is in; none where it is missing (NaN) or outside."""
    place = int(bands(banding, value))
    return None if place < 0 else banding.bands[place]


def _is_past(threshold: Threshold, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    cut = threshold.value
    if threshold.problem in {"below", "at-or-below"}:
        slack = TOLERANCE if threshold.problem == "at-or-below" else -TOLERANCE
        return np.asarray(scores <= cut + slack)
    slack = TOLERANCE if threshold.problem == "at-or-above" else -TOLERANCE
    return np.asarray(scores >= cut - slack)


def _reason(threshold: Threshold, scale: str, value: float) -> Reason:
    problem = bool(past(threshold, value))
    where = WORDS[threshold.problem] if problem else f"not {WORDS[threshold.problem]}"
    says = f"{value:g} is {where} {threshold.value:g}, the cut-off for {threshold.meaning}"
    return Reason("threshold", threshold.threshold_id, scale, value, problem, says, threshold.evidence)


def _named(banding: Banding, scale: str, value: float) -> Reason | None:
    found = band(banding, value)
    if found is None:
        return None
    return Reason("band", banding.banding_id, scale, value, None, found.band_id, banding.evidence)
