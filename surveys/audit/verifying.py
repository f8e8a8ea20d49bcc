"""Holding the log against itself, and against a checkpoint that was kept outside."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from multiprocessing import get_context
from typing import Any, NamedTuple, Protocol

import psycopg

from surveys.audit.batches import LANES, Batch
from surveys.audit.chains import Recomputed, Segment, beginning, recompute
from surveys.audit.checkpoints import Checkpoint, VerifierKey
from surveys.audit.findings import Broken, BrokenCheckpoint, Finding
from surveys.audit.merkle import HASH_BYTES
from surveys.audit.trees import Recorded, first_difference, follow, ranges_of

SEGMENT = 100_000
"""Entries that one process recomputes at a time; a log of fewer is recomputed in this process."""

HEADS = "SELECT lane, sequence, hash FROM audit.head ORDER BY lane"
NO_LANE = "there is no such lane"
# Each part looks at one end of the index, however long the log is.
ASTRAY = """
    (SELECT lane, sequence, 'there is no such lane' FROM audit.audit_entry ORDER BY lane, sequence LIMIT 1)
    UNION ALL
    (SELECT lane, sequence, 'there is no such lane' FROM audit.audit_entry
     ORDER BY lane DESC, sequence DESC LIMIT 1)
    UNION ALL
    SELECT h.lane, e.sequence, 'it stands before the first' FROM audit.head h CROSS JOIN LATERAL
      (SELECT sequence FROM audit.audit_entry WHERE lane = h.lane ORDER BY sequence LIMIT 1) e
    WHERE e.sequence < 1
    UNION ALL
    SELECT h.lane, e.sequence, 'it stands behind the head of its chain' FROM audit.head h CROSS JOIN LATERAL
      (SELECT sequence FROM audit.audit_entry WHERE lane = h.lane ORDER BY sequence DESC LIMIT 1) e
    WHERE e.sequence > h.sequence
    ORDER BY 1, 2
"""
RECORDS = "SELECT size, lanes, frontier, root, note FROM audit.checkpoint ORDER BY size"


class Outside(NamedTuple):
    """What was kept where the database's owner does not reach: a checkpoint whose signature has been checked,
    the key that checks the others, and the batches of leaves up to it, if they were kept too.
    """

    key: VerifierKey | None = None
    checkpoint: Checkpoint | None = None
    batches: Sequence[Batch] = ()


class Verified(NamedTuple):
    """So many entries are as they were written, and so many of them are under the last checkpoint.

    ``vouched`` is what they say was stored: identifier (16 bytes) and digest (32 bytes) of each response.
    """

    entries: int
    covered: int
    vouched: bytes


class _Head(NamedTuple):
    lane: int
    sequence: int
    hash: bytes


GONE = "the log has none of this size: it was cut off, set back or written anew"


class Map(Protocol):
    """``map``, in this process or over several."""

    def __call__(self, act: Any, parts: Iterable[Any], /) -> Iterator[Any]:
        """What ``act`` makes of each part, in order."""
        ...


NOTHING = Outside()


def verify(
    connection: psycopg.Connection, address: str, outside: Outside = NOTHING, segment: int = SEGMENT
) -> Verified | Finding:
    """Recomputes every chain and the tree over them, in as many processes as there are cores.

    ``connection`` is the owner's, at the beginning of a transaction that is REPEATABLE READ; ``address`` is
    its PostgreSQL URL. Appending may go on meanwhile. Keeps 32 bytes an entry in memory.
    """
    heads = [_Head(*row) for row in connection.execute(HEADS).fetchall()]
    astray = {head.lane for head in heads} ^ set(range(LANES))
    if astray:
        return Broken(min(astray), 1, "the head of the chain is missing, or there is no such lane")
    entries = sum(head.sequence for head in heads)
    lanes, vouched = [bytearray() for _ in range(LANES)], bytearray()
    with _hands(entries) as hands:
        recomputing = partial(recompute, address, _snapshot(connection))
        one: Recomputed
        for one in chain.from_iterable(hands(recomputing, _slabs(heads, segment))):
            if one.broken is not None:
                return one.broken
            lanes[one.segment.lane] += one.leaves
            vouched += one.vouched
        found: Finding | None = _ends(connection, heads, lanes) or _against(
            connection, outside, lanes, hands, segment
        )
    return Verified(entries, _covered(connection), bytes(vouched)) if found is None else found


@contextmanager
def _hands(entries: int) -> Iterator[Map]:
    """What maps over parts in order: as many processes as there are cores, or this one for little.

    The processes are spawned: a fork would take along this one's threads and connections.
    """
    if entries <= SEGMENT:
        yield map
        return
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as workers:
        try:
            yield workers.map
        finally:
            workers.shutdown(cancel_futures=True)


def _snapshot(connection: psycopg.Connection) -> str:
    [(name,)] = connection.execute("SELECT pg_export_snapshot()").fetchall()
    return str(name)


def _slabs(heads: Sequence[_Head], most: int) -> list[list[Segment]]:
    """The log cut across all lanes into parts of about ``most`` entries, a segment of each lane in each.

    Lanes grow side by side, so what is cut out together lies together on the disk: the database reads each
    page once, and not once a lane.
    """
    parts = max(1, -(-sum(head.sequence for head in heads) // most))
    cuts = [[head.sequence * part // parts for part in range(parts + 1)] for head in heads]
    return [
        [
            Segment(head.lane, at[part], at[part + 1])
            for head, at in zip(heads, cuts, strict=True)
            if at[part] < at[part + 1]
        ]
        for part in range(parts)
    ]


def _ends(
    connection: psycopg.Connection, heads: Iterable[_Head], lanes: Sequence[bytearray]
) -> Broken | None:
    for lane, sequence, why in connection.execute(ASTRAY):
        if why != NO_LANE or not 0 <= lane < LANES:
            return Broken(lane, sequence, why)
    for head in heads:
        end = bytes(lanes[head.lane][-HASH_BYTES:]) or beginning(head.lane)
        if end != head.hash:
            return Broken(head.lane, head.sequence, "the head of the chain was changed")
    return None


def _against(
    connection: psycopg.Connection, outside: Outside, lanes: Sequence[bytearray], hands: Map, segment: int
) -> Finding | None:
    kept = first_difference(outside.batches, lanes)
    if kept is not None:
        return kept
    with connection.cursor("records") as cursor:
        cursor.execute(RECORDS)
        following = partial(follow, outside.key, outside.checkpoint)
        parts = ranges_of(map(Recorded.of, cursor), lanes, segment)
        found: Finding | None = next(filter(None, hands(following, parts)), None)
    if found is not None or outside.checkpoint is None:
        return found
    size = outside.checkpoint.size
    if connection.execute("SELECT FROM audit.checkpoint WHERE size = %s", (size,)).fetchone() is None:
        return BrokenCheckpoint(size, GONE)
    return None


def _covered(connection: psycopg.Connection) -> int:
    [(size,)] = connection.execute("SELECT coalesce(max(size), 0) FROM audit.checkpoint").fetchall()
    return int(size)
