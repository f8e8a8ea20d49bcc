"""Which entries are which leaves of the one tree over all lanes.

A checkpoint says where it ends in each lane. What lies between the ends of the one before and its own, by
lane and then by sequence, are the leaves that it adds: a batch. The hash that an entry
has in its lane's chain is its leaf's hash: the chain hashes as RFC 6962 hashes leaves (``leaf_content``).
So anybody can build the tree anew from the entries and the ends of the checkpoints.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from surveys.audit.errors import DamagedLogError
from surveys.audit.merkle import HASH_BYTES, Frontier

LANES = 32

Ends = tuple[int, ...]
"""The last sequence in each lane; 0 where a lane has none."""

NOWHERE: Ends = (0,) * LANES


class Link(NamedTuple):
    """One entry's place, and its hash (32 bytes) in the chain of its lane."""

    lane: int
    sequence: int
    hash: bytes


class Stretch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """``count`` entries of a lane that follow one another."""

    lane: int
    first: int
    count: int


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The leaves that one checkpoint adds to the ``before`` first: of which entries, and their hashes."""

    before: int
    stretches: tuple[Stretch, ...]
    leaves: bytes

    def hashes(self) -> Iterator[bytes]:
        """The leaves' hashes (32 bytes each), in order."""
        return (self.leaves[at : at + HASH_BYTES] for at in range(0, len(self.leaves), HASH_BYTES))

    def size(self) -> int:
        """How many leaves the tree has after it."""
        return self.before + len(self.leaves) // HASH_BYTES


class Mark(NamedTuple):
    """A tree at a checkpoint: where it ends in each lane, and the roots that it goes on from."""

    size: int
    ends: Ends
    frontier: tuple[bytes, ...]

    def tree(self) -> Frontier:
        """The tree, ready to grow."""
        return Frontier(self.size, self.frontier)


START = Mark(0, NOWHERE, ())


def batch_of(mark: Mark, links: Sequence[Link]) -> tuple[Batch, Mark]:
    """The batch that ``links`` (ordered by lane and sequence) are after ``mark``, and the mark after it.

    Raises:
        DamagedLogError: an entry is missing, or there is no such lane; nothing is signed over a hole.
    """
    ends = list(mark.ends)
    for link in links:
        if not 0 <= link.lane < LANES or link.sequence != ends[link.lane] + 1:
            raise DamagedLogError(link.lane, ends[link.lane] + 1 if link.lane < LANES else link.sequence)
        ends[link.lane] = link.sequence
    leaves = [link.hash for link in links]
    tree = mark.tree()
    tree.extend(leaves)
    batch = Batch(mark.size, stretches_between(mark.ends, tuple(ends)), b"".join(leaves))
    return batch, Mark(tree.size, tuple(ends), tree.roots())


def leaf_content(before: bytes, recorded_at: int, recorded_by: str, entry: str) -> bytes:
    """What an entry's leaf is over: the hash before it in its lane (32 bytes), time in microseconds since
    1970, database role, and the entry in its canonical form.
    """
    return before + f"{recorded_at} {recorded_by} {entry}".encode()


def stretches_between(before: Ends, after: Ends) -> tuple[Stretch, ...]:
    """What was added in each lane, in the tree's order."""
    return tuple(
        Stretch(lane, old + 1, new - old)
        for lane, (old, new) in enumerate(zip(before, after, strict=True))
        if new > old
    )


def entry_at(offset: int, stretches: Sequence[Stretch]) -> tuple[int, int]:
    """Lane and sequence of the leaf at ``offset`` (from 0) in a batch.

    Raises:
        ValueError: the batch has no such leaf.
    """
    for one in stretches:
        if offset < one.count:
            return one.lane, one.first + offset
        offset -= one.count
    raise ValueError("the batch has no such leaf")


def offset_of(lane: int, sequence: int, stretches: Sequence[Stretch]) -> int:
    """Where an entry stands in a batch, from 0.

    Raises:
        ValueError: it is not in it.
    """
    offset = 0
    for one in stretches:
        if one.lane == lane and one.first <= sequence < one.first + one.count:
            return offset + sequence - one.first
        offset += one.count
    raise ValueError("the batch has no such entry")
