"""The tree grows: new entries become leaves, and a checkpoint over them is signed, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.audit.batches import START, Link, Mark, batch_of
from surveys.audit.merkle import HASH_BYTES
from surveys.audit.tables import checkpoint
from surveys.database import transaction

MOST = 100_000
"""Leaves that one checkpoint adds at most; what is left comes under the next, at once."""

LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('audit.checkpoint'))")
CHAINED = text(
    "SELECT lane, sequence, hash FROM audit.chained("
    "CAST(:after AS bigint[]), CAST(:up_to AS bigint[]), CAST(:most AS integer))"
)


class Signer(Protocol):
    """Who signs checkpoints: the key service."""

    async def checkpoint(self, size: int, root: bytes) -> str:
        """The signed note over a tree's size and root (32 bytes)."""
        ...


async def make_checkpoint(engine: AsyncEngine, signer: Signer, now: datetime, most: int = MOST) -> int:
    """Puts the entries that no checkpoint covers under a new one, and says how many; 0 where there are none.

    ``engine`` is the worker's. Killed at any moment, there is a whole checkpoint or none; of two workers at
    once, one makes it.

    Raises:
        DamagedLogError: an entry is missing.
        KeysError: nobody signs; the entries wait.
    """
    async with transaction(engine) as connection:
        if not await connection.scalar(LOCK):
            return 0
        before = await last_mark(connection)
        links = await chained(connection, before, None, most)
        if not links:
            return 0
        _, mark = batch_of(before, links)
        root = mark.tree().root()
        await connection.execute(
            insert(checkpoint).values(
                size=mark.size,
                lanes=list(mark.ends),
                frontier=b"".join(mark.frontier),
                root=root,
                note=await signer.checkpoint(mark.size, root),
                made_at=now,
            )
        )
        return len(links)


async def last_mark(connection: AsyncConnection, before: int | None = None) -> Mark:
    """The tree at the last checkpoint, or at the last one of less than ``before`` leaves."""
    query = select(checkpoint.c.size, checkpoint.c.lanes, checkpoint.c.frontier)
    if before is not None:
        query = query.where(checkpoint.c.size < before)
    row = (await connection.execute(query.order_by(checkpoint.c.size.desc()).limit(1))).one_or_none()
    return START if row is None else Mark(row.size, tuple(row.lanes), cut(row.frontier))


async def chained(
    connection: AsyncConnection, after: Mark, up_to: Sequence[int] | None, most: int
) -> list[Link]:
    """The entries between two checkpoints, ``most`` at most, ordered by lane and sequence."""
    wanted = {"after": list(after.ends), "up_to": None if up_to is None else list(up_to), "most": most}
    return [Link(*row) for row in await connection.execute(CHAINED, wanted)]


def cut(hashes: bytes) -> tuple[bytes, ...]:
    """Hashes that were stored one behind the other."""
    return tuple(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
