"""Epochs: one key a month, held by the key store, under which every key in the database is wrapped.

An epoch is open, then closed (nothing new is wrapped in it), empty (all was wrapped anew), destroyed.
"""

import asyncio
import hashlib
import hmac
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.database import transaction
from surveys.keys.errors import KeystoreError
from surveys.keys.kms import Kms
from surveys.keys.tables import epoch_key

CHECK_BYTES = 16
MOST_A_MONTH = 99

OPEN = (
    select(epoch_key.c.epoch)
    .where(epoch_key.c.closed_at.is_(None), epoch_key.c.destroyed_at.is_(None))
    .order_by(epoch_key.c.epoch.desc())
    .limit(1)
)
NEWEST = select(epoch_key.c.epoch).order_by(epoch_key.c.epoch.desc()).limit(1)
ALONE = text("SELECT pg_advisory_xact_lock(hashtext('keys.epoch'))")


def epoch_of(moment: datetime) -> int:
    """The first epoch of a month: YYYYMM00. Opening another one in the same month counts on."""
    return (moment.year * 100 + moment.month) * 100


class Epochs:
    """The epoch keys that this service has fetched from the key store."""

    def __init__(self, kms: Kms, engine: AsyncEngine) -> None:
        self._kms = kms
        self._engine = engine
        self._secrets: dict[int, bytes] = {}

    async def current(self, now: datetime) -> int:
        """The epoch in which new keys are wrapped: the newest that is open, made in a new month."""
        async with transaction(self._engine) as connection:
            found: int | None = await connection.scalar(OPEN)
        if found is not None and found >= epoch_of(now):
            return found
        # By the month alone: services that come to it at once open the same one.
        return await self._open(epoch_of(now), now)

    async def begin(self, now: datetime) -> int:
        """Opens an epoch for the month of ``now``, or the next one in it, and closes the earlier ones."""
        async with transaction(self._engine) as connection:
            newest: int = await connection.scalar(NEWEST) or 0
        return await self._open(max(epoch_of(now), newest + 1), now)

    async def _open(self, epoch: int, now: datetime) -> int:
        async with transaction(self._engine) as connection:
            # Not every key store makes a key once where two machines ask for it at once.
            await connection.execute(ALONE)
            await asyncio.to_thread(self._kms.make_epoch, epoch)
            check = _check_value(await self._fetch(epoch))
            made = insert(epoch_key).values(epoch=epoch, check_value=check, created_at=now)
            await connection.execute(made.on_conflict_do_nothing())
            earlier = update(epoch_key).where(epoch_key.c.epoch < epoch, epoch_key.c.closed_at.is_(None))
            await connection.execute(earlier.values(closed_at=now))
        return epoch

    async def secret(self, epoch: int) -> bytes:
        """The key (32 bytes) of an epoch.

        Raises:
            NotOpenedError: it was destroyed.
            KeystoreError: the key store holds another key than the one that the database was written with.
        """
        if epoch not in self._secrets:
            secret = await self._fetch(epoch)
            async with transaction(self._engine) as connection:
                wanted = select(epoch_key.c.check_value).where(epoch_key.c.epoch == epoch)
                check: bytes | None = await connection.scalar(wanted)
            if check is not None and not hmac.compare_digest(check, _check_value(secret)):
                raise KeystoreError(
                    f"the key store's key of epoch {epoch} is not the database's: another key store?"
                )
            self._secrets[epoch] = secret
        return self._secrets[epoch]

    async def destroy(self, connection: AsyncConnection, epoch: int, now: datetime) -> None:
        """Destroys the key of an empty epoch; ``connection`` holds the row."""
        await asyncio.to_thread(self._kms.destroy_epoch, epoch)
        self._secrets.pop(epoch, None)
        await connection.execute(update(epoch_key).where(epoch_key.c.epoch == epoch).values(destroyed_at=now))

    async def _fetch(self, epoch: int) -> bytes:
        return await asyncio.to_thread(self._kms.epoch_key, epoch)


def _check_value(secret: bytes) -> bytes:
    return hmac.digest(secret, b"etterklang epoch check", hashlib.sha256)[:CHECK_BYTES]
