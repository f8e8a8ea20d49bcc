"""Appending to the log, and finding the first entry that is not as it was written."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.audit.batches import LANES
from surveys.audit.entries import AuditEntry, encode

ROWS_AT_ONCE = 5000

APPEND = text("SELECT audit.append(:entry)")
APPEND_ALL = text("SELECT audit.append_all(CAST(:entries AS text[]))")
# The head and its entries in one statement, so that what is appended meanwhile is in both or in neither.
LANE = text(
    """
    SELECT e.sequence, (extract(epoch FROM e.recorded_at) * 1000000)::bigint AS recorded_at, e.recorded_by,
           e.entry, e.hash, h.sequence AS last, h.hash AS head
    FROM audit.head h LEFT JOIN audit.audit_entry e USING (lane)
    WHERE h.lane = :lane
    ORDER BY e.sequence
    """
)
ELSEWHERE = text(
    "SELECT lane, sequence FROM audit.audit_entry WHERE lane NOT BETWEEN 0 AND :last ORDER BY 1, 2 LIMIT 1"
)


@dataclass(frozen=True)
class Broken:
    """The first bad entry of a lane."""

    lane: int
    sequence: int
    why: str

    def __str__(self) -> str:
        return f"lane {self.lane}, entry {self.sequence}: {self.why}"


class _Row(NamedTuple):
    sequence: int | None
    recorded_at: int
    recorded_by: str
    entry: str
    hash: bytes
    last: int
    head: bytes


async def append(connection: AsyncConnection, entry: AuditEntry) -> bytes:
    """Appends in the caller's transaction and gives the new head of the chain (32 bytes)."""
    chained: bytes = (await connection.execute(APPEND, {"entry": encode(entry)})).scalar_one()
    return chained


async def append_all(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Appends the entries of one act in their order, in one statement and in the caller's transaction."""
    if entries:
        await connection.execute(APPEND_ALL, {"entries": [encode(entry) for entry in entries]})


async def verify(connection: AsyncConnection) -> Broken | None:
    """Recomputes every chain as it streams past; gives the first entry that was changed, moved or removed.

    Appending may go on meanwhile. Whoever rewrites a whole lane and its head is not found here.
    """
    for lane in range(LANES):
        broken = await _verify_lane(lane, _rows(connection, lane))
        if broken is not None:
            return broken
    row = (await connection.execute(ELSEWHERE, {"last": LANES - 1})).one_or_none()
    return None if row is None else Broken(row.lane, row.sequence, "there is no such lane")


async def _verify_lane(lane: int, rows: AsyncIterator[_Row]) -> Broken | None:
    sequence, chained, row = 0, _beginning(lane), None
    async for row in rows:
        if row.sequence is None:
            break
        if row.sequence != sequence + 1:
            return Broken(lane, sequence + 1, "it is missing or out of its place")
        content = f"{row.recorded_at} {row.recorded_by} {row.entry}"
        sequence, chained = row.sequence, hashlib.sha256(chained + content.encode()).digest()
        if chained != row.hash:
            return Broken(lane, sequence, "its content or an earlier one was changed")
    if row is None:
        return Broken(lane, 1, "the head of the chain is missing")
    if row.last > sequence:
        return Broken(lane, sequence + 1, "the end of the chain is missing")
    if (row.last, row.head) != (sequence, chained):
        return Broken(lane, sequence, "the head of the chain was changed")
    return None


async def _rows(connection: AsyncConnection, lane: int) -> AsyncIterator[_Row]:
    statement = LANE.execution_options(yield_per=ROWS_AT_ONCE)
    async with connection.stream(statement, {"lane": lane}) as result:
        async for rows in result.partitions():
            for row in rows:
                yield _Row(*row)


def _beginning(lane: int) -> bytes:
    return hashlib.sha256(f"etterklang audit lane {lane}".encode()).digest()
