"""Pairs of published instruments of which it is known what may be compared, as data with the source."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import msgspec

from instruments.definition import Document

PairRule = Literal[
    "some-apart", "same-wording", "correlated", "derived", "crosswalk", "never", "rescored"
]  # fmt: skip
PairAxis = Literal["structure", "scoring"]


class Side(Document, frozen=True):
    """One of the two: its name in words, and the ids under which it may stand."""

    name: str
    ids: tuple[str, ...]


class KnownPair(Document, frozen=True):
    """Two instruments or versions, and what may be compared between them, in either direction.

    ``rule``: ``some-apart``, all but ``scales`` and what counts them; ``same-wording``, what has identical
    items, wording included; ``correlated``, the ``scales``, though their items differ; ``derived``, answers
    but no scores; ``crosswalk`` and ``never``, nothing as it stands; ``rescored``, answers, and scores once
    they are scored anew. ``axis`` says whether the versions are those of the structure or of the scoring.
    """

    pair_id: str
    one: Side
    other: Side
    rule: PairRule
    says: str
    source: str
    axis: PairAxis = "structure"
    scales: tuple[str, ...] = ()


class KnownPairs(Document, frozen=True):
    """The table of them all, and where its rules come from."""

    source: str
    pairs: tuple[KnownPair, ...]


@lru_cache(maxsize=1)
def known_pairs() -> tuple[KnownPair, ...]:
    """Every pair that is known."""
    content = files("instruments").joinpath("comparability.json").read_bytes()
    return msgspec.json.decode(content, type=KnownPairs).pairs


def known_pair(
    instrument_id_a: str,
    version_a: str,
    instrument_id_b: str,
    version_b: str,
    axis: PairAxis | None = None,
) -> KnownPair | None:
    """What is known of this pair, in either direction; None where nothing is.

    An id may be an address, of which the last part counts; case and punctuation do not. A version counts
    where the id does not say it: ``qlq-c30`` 3.0 is ``qlq-c30-v3``. Versions of one instrument are a pair on
    the axis of scoring only (value sets), and only where they differ. ``axis`` leaves the pairs of one axis.
    """
    a, b = _names(instrument_id_a, version_a), _names(instrument_id_b, version_b)
    for pair in known_pairs():
        if axis not in (None, pair.axis):
            continue
        if pair.one.ids == pair.other.ids and version_a == version_b:
            continue
        if _is(pair.one, a, pair.other, b) or _is(pair.one, b, pair.other, a):
            return pair
    return None


def _is(one: Side, names: frozenset[str], other: Side, other_names: frozenset[str]) -> bool:
    return any(_folded(known) in names for known in one.ids) and any(
        _folded(known) in other_names for known in other.ids
    )


def _names(instrument_id: str, version: str) -> frozenset[str]:
    """What an instrument may be called: by its id, unless its version says which of several it is."""
    name = _folded(re.split("[/:]", instrument_id.rstrip("/"))[-1])
    number = re.match(r"[vV]?\.?\s*(\d+)", version.strip())
    versioned = f"{name}v{number[1]}" if number else name
    return frozenset((versioned,)) if versioned in _versioned_ids() else frozenset((name,))


@lru_cache(maxsize=1)
def _versioned_ids() -> frozenset[str]:
    return frozenset(_folded(known) for pair in known_pairs() for known in (*pair.one.ids, *pair.other.ids))


def _folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
