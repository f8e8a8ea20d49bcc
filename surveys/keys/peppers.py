"""Peppers: the secret under each version of the blind index, a row while wrapped, as the inbox keys are.

There is one version, or two while the index is made anew. Whoever looks up or stores holds the versions
as they are until the end of the transaction, so that nobody goes by an older list than the rows.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.database import transaction
from surveys.keys.hierarchy import KEY_BYTES, Hierarchy
from surveys.keys.kms import Kms
from surveys.keys.sealing import unwrap, wrap
from surveys.keys.tables import national_identifier, pepper

FIRST = 1

HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtext('keys.pepper'))")
TAKE = text("SELECT pg_advisory_xact_lock(hashtext('keys.pepper'))")
LIVE = select(pepper.c.version).where(pepper.c.destroyed_at.is_(None))

Found = TypeVar("Found")


class BlindIndex:
    """The keyed hash (32 bytes) under which a national identifier is found again, in each live version."""

    def __init__(self, secrets: Mapping[int, bytes]) -> None:
        self._secrets = dict(sorted(secrets.items(), reverse=True))
        self.newest = max(secrets)

    def of(self, number: str) -> dict[int, bytes]:
        """This number's entry in each version, the newest first."""
        return {version: _entry(secret, number) for version, secret in self._secrets.items()}

    def newest_of(self, number: str) -> bytes:
        """This number's entry in the newest version."""
        return _entry(self._secrets[self.newest], number)


class Peppers:
    """The peppers that this service has unwrapped."""

    def __init__(self, kms: Kms, hierarchy: Hierarchy, engine: AsyncEngine) -> None:
        self._kms = kms
        self._hierarchy = hierarchy
        self._engine = engine
        self._secrets: dict[int, bytes] = {}

    async def within(
        self, now: datetime, act: Callable[[AsyncConnection, BlindIndex], Awaitable[Found]]
    ) -> Found:
        """What ``act`` gives, in one transaction in which the versions stay as they are.

        Raises:
            NotOpenedError: a pepper does not open, since somebody put it there.
        """
        while True:
            async with transaction(self._engine) as connection:
                await connection.execute(HOLD)
                live: set[int] = set(await connection.scalars(LIVE))
                if live and live <= self._secrets.keys():
                    # A destroyed one is forgotten here too.
                    self._secrets = {version: self._secrets[version] for version in live}
                    return await act(connection, BlindIndex(self._secrets))
            # Outside, since it takes another connection: many that hold one and wait would wait for ever.
            await (self._fetch() if live else self._make_first(now))

    async def begin(self, now: datetime) -> int:
        """Makes the next version, unless the last rotation was interrupted, and gives the newest one.

        It waits for those that hold the versions, and whoever comes later finds both.
        """
        await self.within(now, _nothing)
        epoch = await self._hierarchy.epochs.current(now)
        outer = await self._hierarchy.epochs.secret(epoch)
        async with transaction(self._engine) as connection:
            await connection.execute(TAKE)
            live: set[int] = set(await connection.scalars(LIVE))
            if len(live) > 1:
                return max(live)
            version = max(live) + 1
            wrapped = wrap(outer, os.urandom(KEY_BYTES), pepper_context(version))
            made = insert(pepper).values(version=version, epoch=epoch, wrapped=wrapped, created_at=now)
            await connection.execute(made)
        return version

    async def destroy_before(self, newest: int, now: datetime) -> tuple[int, ...]:
        """Destroys the older versions under which nothing stands any more, and says which these were."""
        standing = select(national_identifier.c.index_version).where(
            national_identifier.c.index_version == pepper.c.version
        )
        async with transaction(self._engine) as connection:
            await connection.execute(TAKE)
            empty = (
                update(pepper)
                .where(pepper.c.version < newest, pepper.c.destroyed_at.is_(None), ~standing.exists())
                .values(wrapped=b"", destroyed_at=now)
            )
            return tuple(sorted(await connection.scalars(empty.returning(pepper.c.version))))

    async def _fetch(self) -> None:
        wanted = select(pepper).where(pepper.c.destroyed_at.is_(None))
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(wanted)).all()
        for row in rows:
            outer = await self._hierarchy.epochs.secret(row.epoch)
            self._secrets[row.version] = unwrap(outer, row.wrapped, pepper_context(row.version))

    async def _make_first(self, now: datetime) -> None:
        # Of the root key, so that identifiers from before peppers were rows are found, and services that
        # begin at once make the same one. Every later one is random.
        secret = await asyncio.to_thread(self._kms.mac, b"", f"blind index {FIRST}")
        epoch = await self._hierarchy.epochs.current(now)
        wrapped = wrap(await self._hierarchy.epochs.secret(epoch), secret, pepper_context(FIRST))
        made = insert(pepper).values(version=FIRST, epoch=epoch, wrapped=wrapped, created_at=now)
        async with transaction(self._engine) as connection:
            await connection.execute(made.on_conflict_do_nothing())


def pepper_context(version: int) -> bytes:
    """What a wrapped pepper is bound to."""
    return b"etterklang pepper " + str(version).encode()


async def _nothing(_: AsyncConnection, __: BlindIndex) -> None:
    """Opens what is there, for its own sake."""


def _entry(secret: bytes, number: str) -> bytes:
    return hmac.digest(secret, number.encode(), hashlib.sha256)
