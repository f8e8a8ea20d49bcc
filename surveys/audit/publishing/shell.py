"""Each checkpoint to each destination, in order; one that fails is caught up later and holds up no other."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.audit.batches import batch_of
from surveys.audit.errors import AuditError, DamagedLogError
from surveys.audit.growing import chained, last_mark
from surveys.audit.publishing.destination import Destination, Publication
from surveys.audit.tables import checkpoint, publication
from surveys.database import transaction

PATIENCE_SECONDS = 60
AT_ONCE = 1000
"""Checkpoints that one destination is given at most before the clock rings again."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


class Standing(NamedTuple):
    """How far a destination is: the size it has, how many checkpoints it lacks, and why if it fails."""

    destination: str
    size: int
    behind: int
    failed_because: str | None


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failures in a row: a minute, doubled each time, an hour at most."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)


async def publish(engine: AsyncEngine, destinations: Sequence[Destination], now: datetime) -> list[Standing]:
    """Gives every destination what it lacks and says how each stands after it.

    ``engine`` is the worker's. Each checkpoint that a destination takes is noted in a transaction of its own;
    two workers at once do not give one destination the same.
    """
    await asyncio.gather(*(_catch_up(engine, one, now) for one in destinations))
    async with transaction(engine) as connection:
        return await standings(connection, [one.name for one in destinations])


async def standings(connection: AsyncConnection, names: Sequence[str]) -> list[Standing]:
    """How each destination stands, in the order of ``names``."""
    rows = await connection.execute(select(publication).where(publication.c.destination.in_(names)))
    known = {row.destination: row for row in rows}
    found = []
    for name in names:
        size, why = (known[name].size, known[name].failed_because) if name in known else (0, None)
        later = select(func.count()).select_from(checkpoint).where(checkpoint.c.size > size)
        found.append(Standing(name, size, await connection.scalar(later) or 0, why))
    return found


async def _catch_up(engine: AsyncEngine, destination: Destination, now: datetime) -> None:
    for _ in range(AT_ONCE):
        if not await _publish_next(engine, destination, now):
            return


async def _publish_next(engine: AsyncEngine, destination: Destination, now: datetime) -> bool:
    async with transaction(engine) as connection:
        row = await _claim(connection, destination.name)
        if row is None or (row.retry_at is not None and row.retry_at > now):
            return False
        following = await _following(connection, row.size)
        if following is None:
            return False
        failed_because = await _failure(connection, destination, following)
        if failed_because is None:
            values = {"size": following.size, "published_at": now, "attempts": 0, "retry_at": None}
        else:
            values = {"attempts": row.attempts + 1, "retry_at": now + pause_after(row.attempts + 1)}
        place = update(publication).where(publication.c.destination == destination.name)
        await connection.execute(place.values(**values, failed_because=failed_because))
        return failed_because is None


async def _claim(connection: AsyncConnection, name: str) -> Row[tuple[object, ...]] | None:
    await connection.execute(insert(publication).values(destination=name).on_conflict_do_nothing())
    held = select(publication).where(publication.c.destination == name).with_for_update(skip_locked=True)
    return (await connection.execute(held)).one_or_none()


async def _following(connection: AsyncConnection, size: int) -> Row[tuple[object, ...]] | None:
    later = select(checkpoint).where(checkpoint.c.size > size).order_by(checkpoint.c.size).limit(1)
    return (await connection.execute(later)).one_or_none()


async def _failure(
    connection: AsyncConnection, destination: Destination, row: Row[tuple[object, ...]]
) -> str | None:
    """Why it was not taken, without a word of what was sent, or nothing when it was."""
    try:
        taken = await _publication(connection, row)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await destination.put(taken)
    except AuditError as error:
        return str(error)
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    return None


async def _publication(connection: AsyncConnection, row: Row[tuple[object, ...]]) -> Publication:
    before = await last_mark(connection, row.size)
    links = await chained(connection, before, row.lanes, row.size - before.size)
    batch, mark = batch_of(before, links)
    if mark.tree().root() != row.root:
        lane, sequence = (links[0].lane, links[0].sequence) if links else (0, 1)
        raise DamagedLogError(lane, sequence)
    return Publication(row.size, row.root, row.note, batch)
