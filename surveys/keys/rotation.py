"""Rotation: a new epoch, every key wrapped anew in it, old epochs destroyed once no backup needs them.

What is sealed stays as it is: no sealed value says in which epoch its key is wrapped.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import transaction
from surveys.keys.hierarchy import Hierarchy, inbox_context
from surveys.keys.peppers import pepper_context
from surveys.keys.rewrapping import rewrap_persons
from surveys.keys.sealing import unwrap, wrap
from surveys.keys.tables import epoch_key, inbox_key, pepper

BACKUPS_ARE_KEPT = timedelta(days=35)

MARK_EMPTY = text(
    """
    UPDATE keys.epoch_key e SET emptied_at = :now
    WHERE e.closed_at IS NOT NULL AND e.emptied_at IS NULL
      AND NOT EXISTS (SELECT FROM keys.person_key k WHERE k.epoch = e.epoch AND k.erased_at IS NULL)
      AND NOT EXISTS (SELECT FROM keys.inbox_key i WHERE i.epoch = e.epoch)
      AND NOT EXISTS (SELECT FROM keys.pepper p WHERE p.epoch = e.epoch AND p.destroyed_at IS NULL)
    """
)


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
    rewrapped = await rewrap_persons(hierarchy, engine, epoch)
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
