"""What a difference between two versions of an instrument is: one change, its axis, and what it does."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from instruments.definition import Document

Axis = Literal["structure", "translation", "presentation", "scoring"]
Trigger = Literal["major", "translation", "presentation", "minor"]
Act = Literal["set", "add", "remove", "move", "order"]


class Effect(StrEnum):
    """What may still be compared, from all to nothing.

    ``SCORES``: scores may be pooled. ``ITEMS``: answers may be, and scores once they are scored anew by one
    scoring. ``NONE``: neither answers nor scores.
    """

    IDENTICAL = "identical"
    SCORES = "scores comparable"
    ITEMS = "items comparable"
    NONE = "not comparable"


SEVERITY = tuple(Effect)


def worst(effects: Iterable[Effect]) -> Effect:
    """The effect that leaves least to compare; ``IDENTICAL`` of none."""
    return max(effects, key=SEVERITY.index, default=Effect.IDENTICAL)


class Change(Document, frozen=True):
    """One change from one version to another, in words and as what ``apply`` needs to make it.

    ``path`` leads to what changed from the instrument's root, through field names and the ids of what stands
    in lists; items stand directly under ``structure``/``items`` whatever group holds them. ``before`` and
    ``after`` are JSON values; what is added has no ``before``, what is removed no ``after``; a changed
    ``order`` gives the ids in a list. ``position`` (from 0) is where something added or moved comes to stand,
    ``parent`` the group, empty at the top.

    ``trigger`` is the kind of new version that the change calls for. ``scales`` are the ids of the scales,
    flags and bandings whose scores it touches, ``items`` those of the items that it says something about.
    """

    path: tuple[str, ...]
    act: Act
    words: str
    axis: Axis
    trigger: Trigger
    effect: Effect
    scales: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    before: object = None
    after: object = None
    parent: str = ""
    position: int | None = None
