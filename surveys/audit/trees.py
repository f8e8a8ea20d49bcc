"""The tree over recomputed leaves, held against recorded checkpoints and against batches that were kept."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from surveys.audit.batches import LANES, START, Batch, Ends, Mark, Stretch, stretches_between
from surveys.audit.checkpoints import Checkpoint, VerifierKey, read_body, read_note
from surveys.audit.errors import CheckpointError
from surveys.audit.findings import Broken, BrokenCheckpoint, Finding
from surveys.audit.growing import cut
from surveys.audit.merkle import HASH_BYTES


class Recorded(NamedTuple):
    """A checkpoint as it stands in its row."""

    size: int
    ends: Ends
    frontier: tuple[bytes, ...]
    root: bytes
    note: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Recorded":
        """From a row of audit.checkpoint."""
        size, ends, frontier, root, note = row
        return cls(size, tuple(ends), cut(frontier), root, note)


def first_difference(batches: Iterable[Batch], lanes: Sequence[bytearray]) -> Broken | None:
    """The first entry that is not the one whose leaf was kept, in the order of the tree."""
    for batch in batches:
        offset = 0
        for one in batch.stretches:
            size = one.count * HASH_BYTES
            here, kept = _leaves(one, lanes), batch.leaves[offset : offset + size]
            if here != kept:
                return _first_bad(one, here, kept)
            offset += size
    return None


def follow_records(
    records: Iterable[Recorded],
    lanes: Sequence[bytearray],
    key: VerifierKey | None,
    outside: Checkpoint | None,
) -> Finding | None:
    """Grows the tree from one recorded checkpoint to the next; gives the first that entries do not bear out.

    With a key, each checkpoint's signature is checked; without one, only that its text says what its row
    does.
    ``outside`` must be among them.
    """
    mark, met = START, outside is None
    for record in records:
        found, mark = _follow(mark, record, lanes, key)
        if found is not None:
            return found
        if outside is not None and record.size == outside.size:
            if record.root != outside.root:
                return BrokenCheckpoint(record.size, "its root is another than that of the checkpoint given")
            met = True
    if outside is not None and not met:
        why = "the log has none of this size: it was cut off, set back or written anew"
        return BrokenCheckpoint(outside.size, why)
    return None


def _follow(
    mark: Mark, record: Recorded, lanes: Sequence[bytearray], key: VerifierKey | None
) -> tuple[Finding | None, Mark]:
    why = _misrecorded(mark, record, key)
    if why is not None:
        return BrokenCheckpoint(record.size, why), mark
    stretches = stretches_between(mark.ends, record.ends)
    tree = mark.tree()
    for one in stretches:
        leaves = _leaves(one, lanes)
        if len(leaves) < one.count * HASH_BYTES:
            missing = one.first + len(leaves) // HASH_BYTES
            return Broken(one.lane, missing, f"it is missing; the checkpoint {record.size} covers it"), mark
        tree.extend_packed(leaves)
    if (tree.size, tree.root(), tree.roots()) != (record.size, record.root, record.frontier):
        first = stretches[0]
        why = f"from here to the end of the checkpoint {record.size}, an entry or a hash was written anew"
        return Broken(first.lane, first.first, why), mark
    return None, Mark(tree.size, record.ends, tree.roots())


def _misrecorded(mark: Mark, record: Recorded, key: VerifierKey | None) -> str | None:
    if len(record.ends) != LANES or any(new < old for old, new in zip(mark.ends, record.ends, strict=True)):
        return "its ends were changed"
    if sum(record.ends) != record.size or record.size <= mark.size:
        return "its ends do not make its size"
    try:
        signed = read_body(record.note.rpartition("\n\n")[0] + "\n")
        if key is not None:
            signed = read_note(record.note.encode(), key)
    except CheckpointError as error:
        return str(error)
    return None if (signed.size, signed.root) == (record.size, record.root) else "its note says another root"


def _leaves(stretch: Stretch, lanes: Sequence[bytearray]) -> bytes:
    start = (stretch.first - 1) * HASH_BYTES
    return bytes(lanes[stretch.lane][start : start + stretch.count * HASH_BYTES])


def _first_bad(stretch: Stretch, here: bytes, kept: bytes) -> Broken:
    for number in range(stretch.count):
        at = slice(number * HASH_BYTES, (number + 1) * HASH_BYTES)
        if here[at] != kept[at]:
            why = "it was written anew" if here[at] else "it is missing"
            return Broken(stretch.lane, stretch.first + number, f"{why}; its leaf was kept outside")
    raise AssertionError("two stretches differ nowhere")
