"""What counts as a late effect: documents that name a scale, a drop and the wave it is measured against."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from instruments.definition import Document
from surveys.lateeffects.trajectories import Point, ScoredWave, trajectory

LANGUAGES = ("nb", "nn", "en")

# Scores are sums of decimals: a drop of exactly the rule's size must not be lost to binary rounding.
TOLERANCE = 1e-9


class LateEffectRule(Document, frozen=True):
    """A drop of at least ``drop`` points on one scale against the person's own score in ``baseline_wave``.

    ``worse`` says which way is a drop: ``lower`` scores, or ``higher`` ones (symptom scales). ``names`` and
    ``scale_names`` are by language. ``source`` says where the figure comes from. Of several versions with one
    ``rule_id`` the highest counts.
    """

    rule_id: UUID
    version: int
    instrument_id: str
    scale_id: str
    drop: float
    worse: Literal["lower", "higher"]
    names: dict[str, str]
    scale_names: dict[str, str]
    source: str
    baseline_wave: int = 1


class Change(NamedTuple):
    """A drop that a rule saw: the baseline, the new score and by how many points it is worse."""

    rule: LateEffectRule
    wave: int
    baseline: float
    score: float
    drop: float


def changes(rule: LateEffectRule, earlier: Sequence[ScoredWave], now: ScoredWave) -> Change | None:
    """The drop in ``now`` that ``rule`` asks about, or nothing.

    Nothing either where a score is missing, where ``now`` is not later than the baseline wave, or where the
    two come from different versions of the instrument.
    """
    if now.instrument_id != rule.instrument_id or now.wave <= rule.baseline_wave:
        return None
    points = trajectory([*earlier, now], rule.instrument_id, rule.scale_id, rule.baseline_wave)
    latest = next((point for point in points if point.wave == now.wave), None)
    if latest is None or latest.change is None:
        return None
    drop = -latest.change if rule.worse == "lower" else latest.change
    if drop < rule.drop - TOLERANCE:
        return None
    return Change(rule, now.wave, _baseline(points, rule.baseline_wave), latest.score, drop)


def check_rule(rule: LateEffectRule) -> Mapping[str, str]:
    """What is wrong with ``rule``: place to rule; empty when it can be stored."""
    faults = {}
    if not rule.drop > 0:
        faults["$.drop"] = "must be more than 0 points"
    if rule.baseline_wave < 1:
        faults["$.baseline_wave"] = "must be the number of a wave, from 1"
    for place, names in (("$.names", rule.names), ("$.scale_names", rule.scale_names)):
        if set(names) != set(LANGUAGES) or not all(names.values()):
            faults[place] = f"must hold a text in {', '.join(LANGUAGES)}"
    if not rule.source:
        faults["$.source"] = "must say where the figure comes from"
    return faults


def _baseline(points: Sequence[Point], wave: int) -> float:
    return next(point.score for point in points if point.wave == wave)
