"""The entries of all lanes are the leaves of one tree, in an order that anybody can work out again."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.audit import DamagedLogError, merkle
from surveys.audit.batches import LANES, START, Batch, Link, batch_of, entry_at, offset_of

Written = list[list[int]]
"""Between one checkpoint and the next: the lanes in which an entry was appended, one after another."""

histories = st.lists(st.lists(st.integers(0, 4) | st.just(LANES - 1), min_size=1, max_size=12), max_size=6)


def chained(lane: int, sequence: int) -> bytes:
    return hashlib.sha256(f"{lane} {sequence}".encode()).digest()


def grown(history: Written) -> list[tuple[Batch, merkle.Frontier]]:
    """Each checkpoint's batch and tree."""
    mark, last = START, [0] * LANES
    found = []
    for lanes in history:
        links = []
        for lane in sorted(lanes):
            last[lane] += 1
            links.append(Link(lane, last[lane], chained(lane, last[lane])))
        batch, mark = batch_of(mark, links)
        found.append((batch, mark.tree()))
    return found


@given(histories)
def test_every_checkpoint_begins_with_the_one_before_however_writing_and_signing_take_turns(
    history: Written,
) -> None:
    leaves: list[bytes] = []
    before = merkle.Frontier()
    for batch, tree in grown(history):
        leaves += batch.hashes()
        assert (tree.size, tree.root()) == (len(leaves), merkle.root(leaves)) == (batch.size(), tree.root())
        if before.size:
            proof = merkle.consistency_proof(before.size, leaves)
            assert merkle.is_consistent(before.root(), before.size, tree.root(), tree.size, proof)
        before = tree


@given(histories)
def test_every_entry_is_one_leaf_and_every_leaf_one_entry(history: Written) -> None:
    seen = []
    for batch, _ in grown(history):
        for offset, leaf in enumerate(batch.hashes()):
            lane, sequence = entry_at(offset, batch.stretches)
            assert offset_of(lane, sequence, batch.stretches) == offset
            assert leaf == chained(lane, sequence)
            seen.append((lane, sequence))
    assert len(set(seen)) == len(seen) == sum(map(len, history))


@pytest.mark.parametrize(
    "links",
    [
        [Link(3, 2, b"x" * 32)],
        [Link(3, 1, b"x" * 32), Link(3, 3, b"x" * 32)],
        [Link(3, 1, b"x" * 32), Link(3, 1, b"x" * 32)],
        [Link(LANES, 1, b"x" * 32)],
        [Link(-1, 1, b"x" * 32)],
    ],
    ids=["first missing", "hole", "twice", "no such lane", "below the first lane"],
)
def test_nothing_is_signed_over_a_hole(links: list[Link]) -> None:
    with pytest.raises(DamagedLogError):
        batch_of(START, links)


def test_what_a_batch_does_not_hold_has_no_place_in_it() -> None:
    batch, _ = batch_of(START, [Link(3, 1, b"x" * 32)])
    with pytest.raises(ValueError, match="no such entry"):
        offset_of(3, 2, batch.stretches)
    with pytest.raises(ValueError, match="no such leaf"):
        entry_at(1, batch.stretches)
