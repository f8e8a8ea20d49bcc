"""Rotation: a new epoch, every key wrapped anew in it, old epochs destroyed once no backup needs them.

What is sealed stays as it is: no sealed value says in which epoch its key is wrapped.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import transaction
from surveys.keys.hierarchy import Hierarchy, inbox_context, owner_context
from surveys.keys.peppers import pepper_context
from surveys.keys.sealing import unwrap, wrap
from surveys.keys.tables import epoch_key, inbox_key, pepper

BACKUPS_ARE_KEPT = timedelta(days=35)
ROWS_AT_ONCE = 20_000
IN_FLIGHT = 4

NEXT_ROWS = text(
    """
    SELECT person_id, study_id, epoch, wrapped FROM keys.person_key
    WHERE epoch < :epoch AND erased_at IS NULL AND (person_id, study_id) > (:person, :study)
    ORDER BY person_id, study_id LIMIT :limit
    """
)
STORE_ROWS = text(
    """
    UPDATE keys.person_key k SET epoch = :epoch, wrapped = new.wrapped
    FROM unnest(
      CAST(:persons AS uuid[]), CAST(:studies AS uuid[]), CAST(:old AS integer[]), CAST(:wrapped AS bytea[])
    ) AS new (person_id, study_id, epoch, wrapped)
    WHERE k.person_id = new.person_id AND k.study_id = new.study_id AND k.epoch = new.epoch
      AND k.erased_at IS NULL
    """
)
MARK_EMPTY = text(
    """
    UPDATE keys.epoch_key e SET emptied_at = :now
    WHERE e.closed_at IS NOT NULL AND e.emptied_at IS NULL
      AND NOT EXISTS (SELECT FROM keys.person_key k WHERE k.epoch = e.epoch AND k.erased_at IS NULL)
      AND NOT EXISTS (SELECT FROM keys.inbox_key i WHERE i.epoch = e.epoch)
      AND NOT EXISTS (SELECT FROM keys.pepper p WHERE p.epoch = e.epoch AND p.destroyed_at IS NULL)
    """
)
NOBODY = UUID(int=0)


class WrappedKey(NamedTuple):
    """A person key as it lies in the database."""

    person_id: UUID
    study_id: UUID
    epoch: int
    wrapped: bytes


class Rotated(msgspec.Struct, frozen=True):
    """What a rotation did: the new epoch, the keys wrapped anew, the epochs destroyed."""

    epoch: int
    rewrapped: int
    destroyed: tuple[int, ...]


async def rotate_epoch(
    hierarchy: Hierarchy, engine: AsyncEngine, now: datetime, kept: timedelta = BACKUPS_ARE_KEPT
) -> Rotated:
    """Opens an epoch, wraps every key in it anew, and destroys the epochs that have been empty for ``kept``.

    Others may seal and open meanwhile. Run again after an interruption, it goes on where it was.

    Raises:
        NotOpenedError: a key does not open, so nothing was destroyed.
        KeystoreError: the key store holds other keys than the database was written with.
    """
    epoch = await hierarchy.epochs.begin(now)
    await _rewrap_inbox(hierarchy, engine, epoch)
    await _rewrap_peppers(hierarchy, engine, epoch)
    rewrapped = await _rewrap_persons(hierarchy, engine, epoch)
    async with transaction(engine) as connection:
        await connection.execute(MARK_EMPTY, {"now": now})
    return Rotated(epoch, rewrapped, await _destroy_old(hierarchy, engine, now, kept))


async def rotate_inbox(hierarchy: Hierarchy, engine: AsyncEngine, now: datetime) -> int:
    """Makes a new inbox key and retires the others, which still open what they sealed. Gives its number."""
    async with transaction(engine) as connection:
        newest = await connection.scalar(
            select(inbox_key.c.key_id).order_by(inbox_key.c.key_id.desc()).limit(1)
        )
    key_id = (newest or 0) + 1
    await hierarchy.make_inbox(now, key_id)
    async with transaction(engine) as connection:
        older = update(inbox_key).where(inbox_key.c.key_id < key_id, inbox_key.c.retired_at.is_(None))
        await connection.execute(older.values(retired_at=now))
    return key_id


async def _rewrap_inbox(hierarchy: Hierarchy, engine: AsyncEngine, epoch: int) -> None:
    async with transaction(engine) as connection:
        rows = (await connection.execute(select(inbox_key).where(inbox_key.c.epoch < epoch))).all()
        for row in rows:
            context = inbox_context(row.key_id)
            raw = unwrap(await hierarchy.epochs.secret(row.epoch), row.wrapped, context)
            wrapped = wrap(await hierarchy.epochs.secret(epoch), raw, context)
            place = update(inbox_key).where(inbox_key.c.key_id == row.key_id)
            await connection.execute(place.values(epoch=epoch, wrapped=wrapped))


async def _rewrap_peppers(hierarchy: Hierarchy, engine: AsyncEngine, epoch: int) -> None:
    wanted = select(pepper).where(pepper.c.epoch < epoch, pepper.c.destroyed_at.is_(None)).with_for_update()
    async with transaction(engine) as connection:
        for row in (await connection.execute(wanted)).all():
            context = pepper_context(row.version)
            raw = unwrap(await hierarchy.epochs.secret(row.epoch), row.wrapped, context)
            wrapped = wrap(await hierarchy.epochs.secret(epoch), raw, context)
            place = update(pepper).where(pepper.c.version == row.version)
            await connection.execute(place.values(epoch=epoch, wrapped=wrapped))


async def _rewrap_persons(hierarchy: Hierarchy, engine: AsyncEngine, epoch: int) -> int:
    """Reads, wraps and stores in turns: while one lot is stored, others are wrapped on every core."""
    count = 0
    loop = asyncio.get_running_loop()
    new = await hierarchy.epochs.secret(epoch)
    with _workers() as workers:
        waiting: list[asyncio.Future[list[bytes]]] = []
        lots: list[Sequence[WrappedKey]] = []
        async for lot in _lots(engine, epoch):
            old = {one: await hierarchy.epochs.secret(one) for one in {row.epoch for row in lot}}
            waiting.append(loop.run_in_executor(workers, rewrap, old, new, lot))
            lots.append(lot)
            if len(waiting) == IN_FLIGHT:
                count += await _store(engine, epoch, lots.pop(0), await waiting.pop(0))
        while waiting:
            count += await _store(engine, epoch, lots.pop(0), await waiting.pop(0))
    return count


def rewrap(old: Mapping[int, bytes], new: bytes, rows: Sequence[WrappedKey]) -> list[bytes]:
    """Each key as it is wrapped under ``new``; ``old`` are the keys of the epochs it may be wrapped under.

    Raises:
        NotOpenedError: one does not open.
    """
    rewrapped = []
    for row in rows:
        context = owner_context((row.person_id, row.study_id))
        rewrapped.append(wrap(new, unwrap(old[row.epoch], row.wrapped, context), context))
    return rewrapped


async def _lots(engine: AsyncEngine, epoch: int) -> AsyncIterator[Sequence[WrappedKey]]:
    person, study = NOBODY, NOBODY
    while True:
        async with transaction(engine) as connection:
            found = await connection.execute(
                NEXT_ROWS, {"epoch": epoch, "person": person, "study": study, "limit": ROWS_AT_ONCE}
            )
            rows = [WrappedKey(*row) for row in found]
        if not rows:
            return
        yield rows
        person, study = rows[-1].person_id, rows[-1].study_id


async def _store(
    engine: AsyncEngine, epoch: int, rows: Sequence[WrappedKey], wrapped: Sequence[bytes]
) -> int:
    async with transaction(engine) as connection:
        done = await connection.execute(
            STORE_ROWS,
            {
                "epoch": epoch,
                "persons": [row.person_id for row in rows],
                "studies": [row.study_id for row in rows],
                "old": [row.epoch for row in rows],
                "wrapped": list(wrapped),
            },
        )
    return done.rowcount


async def _destroy_old(
    hierarchy: Hierarchy, engine: AsyncEngine, now: datetime, kept: timedelta
) -> tuple[int, ...]:
    wanted = select(epoch_key.c.epoch).where(
        epoch_key.c.emptied_at <= now - kept, epoch_key.c.destroyed_at.is_(None)
    )
    async with transaction(engine) as connection:
        found = (await connection.scalars(wanted.order_by(epoch_key.c.epoch).with_for_update())).all()
        for epoch in found:
            await hierarchy.epochs.destroy(connection, epoch, now)
    return tuple(found)


@contextmanager
def _workers() -> Iterator[ProcessPoolExecutor]:
    """A process a core: the keys cross a pipe to a child of this process, and go nowhere else."""
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as workers:
        yield workers
