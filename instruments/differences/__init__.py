"""Differences: what changed from one version of an instrument to another, and what may still be compared."""

from instruments.differences.change import Act, Axis, Change, Effect, Trigger, worst
from instruments.differences.compare import diff
from instruments.differences.patch import ChangesDoNotFitError, apply

__all__ = ["Act", "Axis", "Change", "ChangesDoNotFitError", "Effect", "Trigger", "apply", "diff", "worst"]
