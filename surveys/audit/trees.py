"""The tree over recomputed leaves, held against recorded checkpoints and against batches that were kept."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from surveys.audit.batches import LANES, START, Batch, Ends, Mark, Stretch, stretches_between
from surveys.audit.checkpoints import Checkpoint, VerifierKey, read_body, read_note
from surveys.audit.errors import CheckpointError
from surveys.audit.findings import Broken, BrokenCheckpoint, Finding
from surveys.audit.growing import cut
from surveys.audit.merkle import HASH_BYTES

LEAVES_AT_ONCE = 100_000
RECORDS_AT_ONCE = 1_000


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


class Range(NamedTuple):
    """Recorded checkpoints that follow one another, where they go on from, and the leaves that they add.

    It trusts the frontier that it goes on from, which the range before it has recomputed. ``then`` is what
    is wrong behind it, if anything is.
    """

    mark: Mark
    records: tuple[Recorded, ...]
    leaves: bytes
    then: Finding | None


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


def ranges_of(
    records: Iterable[Recorded],
    lanes: Sequence[bytearray],
    leaves_at_once: int = LEAVES_AT_ONCE,
    records_at_once: int = RECORDS_AT_ONCE,
) -> Iterator[Range]:
    """Parts for several processes; the last ends before the first record that leaves are not there for."""
    mark = end = START
    held, leaves = list[Recorded](), list[bytes]()
    for record in records:
        stretches = stretches_between(end.ends, record.ends) if len(record.ends) == LANES else ()
        added = [_leaves(one, lanes) for one in stretches]
        wrong = _misplaced(end, record) or _first_missing(record, stretches, added)
        if wrong is not None:
            yield Range(mark, tuple(held), b"".join(leaves), wrong)
            return
        held.append(record)
        leaves += added
        end = Mark(record.size, record.ends, record.frontier)
        if end.size - mark.size >= leaves_at_once or len(held) >= records_at_once:
            yield Range(mark, tuple(held), b"".join(leaves), None)
            mark, held, leaves = end, [], []
    if held:
        yield Range(mark, tuple(held), b"".join(leaves), None)


def follow(key: VerifierKey | None, outside: Checkpoint | None, part: Range) -> Finding | None:
    """Grows the tree over a range; gives the first checkpoint that the entries do not bear out.

    With a key, each checkpoint's signature is checked; without one, only that its text says what its row
    does. The one that has the size of ``outside`` must have its root.
    """
    mark, at = part.mark, 0
    for record in part.records:
        why = _misrecorded(record, key, outside)
        if why is not None:
            return BrokenCheckpoint(record.size, why)
        try:
            tree = mark.tree()
        except ValueError:
            return BrokenCheckpoint(mark.size, "its frontier was changed")
        end = at + (record.size - mark.size) * HASH_BYTES
        tree.extend_packed(part.leaves[at:end])
        if (tree.root(), tree.roots()) != (record.root, record.frontier):
            first = stretches_between(mark.ends, record.ends)[0]
            why = f"from here to the end of the checkpoint {record.size}, an entry or a hash was written anew"
            return Broken(first.lane, first.first, why)
        mark, at = Mark(tree.size, record.ends, tree.roots()), end
    return part.then


def _misplaced(mark: Mark, record: Recorded) -> BrokenCheckpoint | None:
    """A row whose ends and size cannot come after those before it."""
    if len(record.ends) != LANES or any(new < old for old, new in zip(mark.ends, record.ends, strict=True)):
        return BrokenCheckpoint(record.size, "its ends were changed")
    if sum(record.ends) != record.size or record.size <= mark.size:
        return BrokenCheckpoint(record.size, "its ends do not make its size")
    return None


def _first_missing(record: Recorded, stretches: Sequence[Stretch], leaves: Sequence[bytes]) -> Broken | None:
    for one, found in zip(stretches, leaves, strict=True):
        there = len(found) // HASH_BYTES
        if there < one.count:
            why = f"it is missing; the checkpoint {record.size} covers it"
            return Broken(one.lane, one.first + there, why)
    return None


def _misrecorded(record: Recorded, key: VerifierKey | None, outside: Checkpoint | None) -> str | None:
    try:
        if key is None:
            signed = read_body(record.note.rpartition("\n\n")[0] + "\n")
        else:
            signed = read_note(record.note.encode(), key)
    except CheckpointError as error:
        return str(error)
    if (signed.size, signed.root) != (record.size, record.root):
        return "its note says another root"
    if outside is not None and outside.size == record.size and outside.root != record.root:
        return "its root is another than that of the checkpoint given"
    return None


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
