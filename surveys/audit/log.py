"""Appending to the log, and finding the first entry that is not as it was written."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.audit.entries import AuditEntry, encode
from surveys.audit.tables import audit_entry, head

APPEND = text("SELECT audit.append(:entry)")


@dataclass(frozen=True)
class Broken:
    """The first bad entry of a lane."""

    lane: int
    sequence: int
    why: str

    def __str__(self) -> str:
        return f"lane {self.lane}, entry {self.sequence}: {self.why}"


@dataclass
class _Chain:
    sequence: int
    hash: bytes


async def append(connection: AsyncConnection, entry: AuditEntry) -> bytes:
    """Appends in the caller's transaction and gives the new head of the chain (32 bytes)."""
    chained: bytes = (await connection.execute(APPEND, {"entry": encode(entry)})).scalar_one()
    return chained


async def verify(connection: AsyncConnection) -> Broken | None:
    """Recomputes every chain as it streams past; gives the first entry that was changed, moved or removed."""
    heads = {row.lane: row for row in await connection.execute(select(head))}
    chains = {lane: _Chain(0, _beginning(lane)) for lane in heads}
    entries = await connection.stream(
        select(audit_entry).order_by(audit_entry.c.lane, audit_entry.c.sequence)
    )
    async for row in entries:
        chain = chains.get(row.lane)
        if chain is None:
            return Broken(row.lane, row.sequence, "there is no such lane")
        if row.sequence != chain.sequence + 1:
            return Broken(row.lane, chain.sequence + 1, "it is missing or out of its place")
        chain.sequence = row.sequence
        chain.hash = hashlib.sha256(chain.hash + row.entry.encode()).digest()
        if chain.hash != row.hash:
            return Broken(row.lane, row.sequence, "its content or an earlier one was changed")
    for lane, chain in sorted(chains.items()):
        if chain.sequence != heads[lane].sequence:
            return Broken(lane, chain.sequence + 1, "the end of the chain is missing")
        if chain.hash != heads[lane].hash:
            return Broken(lane, chain.sequence, "the head of the chain was changed")
    return None


def _beginning(lane: int) -> bytes:
    return hashlib.sha256(f"etterklang audit lane {lane}".encode()).digest()
