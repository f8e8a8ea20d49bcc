"""Holding the log against itself, and against a checkpoint that was kept outside."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

import psycopg

from surveys.audit.batches import LANES, Batch
from surveys.audit.chains import Recomputed, Segment, beginning, recompute
from surveys.audit.checkpoints import Checkpoint, VerifierKey
from surveys.audit.findings import Broken, Finding
from surveys.audit.merkle import HASH_BYTES
from surveys.audit.trees import Recorded, first_difference, follow_records

SEGMENT = 100_000
"""Entries that one process recomputes at a time; a log of fewer is recomputed in this process."""

HEADS = "SELECT lane, sequence, hash FROM audit.head ORDER BY lane"
ASTRAY = """
    SELECT lane, sequence, 'there is no such lane' FROM audit.audit_entry WHERE lane < 0
    UNION ALL
    SELECT lane, sequence, 'there is no such lane' FROM audit.audit_entry WHERE lane > 31
    UNION ALL
    SELECT e.lane, e.sequence, 'it stands before the first' FROM audit.head h
    JOIN audit.audit_entry e ON e.lane = h.lane AND e.sequence < 1
    UNION ALL
    SELECT e.lane, e.sequence, 'it stands behind the head of its chain' FROM audit.head h
    JOIN audit.audit_entry e ON e.lane = h.lane AND e.sequence > h.sequence
    ORDER BY 1, 2 LIMIT 1
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
    lanes, vouched = [bytearray() for _ in range(LANES)], bytearray()
    for done in _recomputed(address, _snapshot(connection), heads, segment):
        if done.broken is not None:
            return done.broken
        lanes[done.segment.lane] += done.leaves
        vouched += done.vouched
    found = _ends(connection, heads, lanes) or _against(connection, outside, lanes)
    if found is not None:
        return found
    [(covered,)] = connection.execute("SELECT coalesce(max(size), 0) FROM audit.checkpoint").fetchall()
    return Verified(sum(head.sequence for head in heads), covered, bytes(vouched))


def _snapshot(connection: psycopg.Connection) -> str:
    [(name,)] = connection.execute("SELECT pg_export_snapshot()").fetchall()
    return str(name)


def _recomputed(address: str, snapshot: str, heads: Iterable[_Head], most: int) -> Iterator[Recomputed]:
    """Every segment, by lane and sequence; the rest is not begun once the caller has seen enough."""
    segments = [
        Segment(head.lane, after, min(after + most, head.sequence))
        for head in heads
        for after in range(0, head.sequence, most)
    ]
    work: Callable[[Segment], Recomputed] = partial(recompute, address, snapshot)
    if sum(one.last - one.after for one in segments) <= SEGMENT:
        yield from map(work, segments)
        return
    # Spawned: a fork would take along the threads and connections of this process.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as workers:
        try:
            yield from workers.map(work, segments)
        finally:
            workers.shutdown(cancel_futures=True)


def _ends(
    connection: psycopg.Connection, heads: Iterable[_Head], lanes: Sequence[bytearray]
) -> Broken | None:
    row = connection.execute(ASTRAY).fetchone()
    if row is not None:
        return Broken(*row)
    for head in heads:
        end = bytes(lanes[head.lane][-HASH_BYTES:]) or beginning(head.lane)
        if end != head.hash:
            return Broken(head.lane, head.sequence, "the head of the chain was changed")
    return None


def _against(connection: psycopg.Connection, outside: Outside, lanes: Sequence[bytearray]) -> Finding | None:
    kept = first_difference(outside.batches, lanes)
    if kept is not None:
        return kept
    with connection.cursor("records") as cursor:
        cursor.execute(RECORDS)
        return follow_records(map(Recorded.of, cursor), lanes, outside.key, outside.checkpoint)
