"""A person's course on one scale: the score in each wave and its change against the baseline. Pure."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class ScoredWave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One part (instrument) of one wave, scored; a scale with too much missing has no value.

    ``comparable_as`` is the same for scores that may be set against each other, such as the content hash of
    the scoring that gave them.
    """

    wave: int
    part: int
    instrument_id: str
    scores: dict[str, float | None]
    comparable_as: str = ""


class Point(NamedTuple):
    """The score in one wave, and its change against the baseline where there is one to compare with."""

    wave: int
    score: float
    change: float | None


class _Known(NamedTuple):
    score: float
    comparable_as: str


def trajectory(
    waves: Sequence[ScoredWave], instrument_id: str, scale_id: str, baseline_wave: int
) -> tuple[Point, ...]:
    """The known scores on a scale in the order of the waves; of two scorings of one wave, the later one.

    A change is the score less the baseline's, in points of the scale.
    """
    known = {
        wave.wave: _Known(score, wave.comparable_as)
        for wave in waves
        if wave.instrument_id == instrument_id and (score := _score(wave, scale_id)) is not None
    }
    baseline = known.get(baseline_wave)
    return tuple(Point(wave, known[wave].score, _change(baseline, known[wave])) for wave in sorted(known))


def _score(wave: ScoredWave, scale_id: str) -> float | None:
    value = wave.scores.get(scale_id)
    return None if value is None or math.isnan(value) else value


def _change(baseline: _Known | None, now: _Known) -> float | None:
    if baseline is None or baseline.comparable_as != now.comparable_as:
        return None
    return now.score - baseline.score
