"""Sees late effects in a person's own course, and keeps the signals for staff to look at."""

from surveys.lateeffects.errors import InvalidRuleError, LateEffectsError, SignalNotFoundError
from surveys.lateeffects.rules import Change, LateEffectRule, changes, check_rule
from surveys.lateeffects.signals import (
    Occasion,
    Signal,
    SignalContent,
    SignalDraft,
    insert_signals,
    list_signals,
    mark_seen,
    signal_place,
    signals_for,
)
from surveys.lateeffects.trajectories import Point, ScoredWave, trajectory
from surveys.lateeffects.versions import load_rules, store_rule

__all__ = [
    "Change",
    "InvalidRuleError",
    "LateEffectRule",
    "LateEffectsError",
    "Occasion",
    "Point",
    "ScoredWave",
    "Signal",
    "SignalContent",
    "SignalDraft",
    "SignalNotFoundError",
    "changes",
    "check_rule",
    "insert_signals",
    "list_signals",
    "load_rules",
    "mark_seen",
    "signal_place",
    "signals_for",
    "store_rule",
    "trajectory",
]
