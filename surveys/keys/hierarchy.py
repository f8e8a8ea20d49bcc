"""The key hierarchy: root, monthly epoch key, person-and-study key. Wrapped keys are rows; open ones stay."""

import os
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.database import transaction
from surveys.keys.errors import NotOpenedError
from surveys.keys.kms import Kms
from surveys.keys.messages import InboxKey
from surveys.keys.sealing import make_inbox_key, unwrap, wrap
from surveys.keys.tables import epoch_key, inbox_key

KEY_BYTES = 32
CACHED_KEYS = 20_000
EPOCH_CONTEXT = b"etterklang epoch key"
INBOX_CONTEXT = b"etterklang inbox key"

Owner = tuple[UUID, UUID]
"""A person and a study."""

STORE_OWNERS = text(
    """
    INSERT INTO keys.person_key (person_id, study_id, epoch, wrapped, created_at)
    SELECT person_id, study_id, :epoch, wrapped, :now
    FROM unnest(CAST(:persons AS uuid[]), CAST(:studies AS uuid[]), CAST(:wrapped AS bytea[]))
      AS new (person_id, study_id, wrapped)
    ON CONFLICT DO NOTHING
    """
)
READ_OWNERS = text(
    """
    SELECT k.person_id, k.study_id, k.epoch, k.wrapped, e.wrapped AS outer_key
    FROM unnest(CAST(:persons AS uuid[]), CAST(:studies AS uuid[])) AS wanted (person_id, study_id)
    JOIN keys.person_key k USING (person_id, study_id)
    JOIN keys.epoch_key e USING (epoch)
    WHERE k.erased_at IS NULL AND e.destroyed_at IS NULL
    """
)


def epoch_of(moment: datetime) -> int:
    """The epoch that new keys are wrapped in: the month as YYYYMM."""
    return moment.year * 100 + moment.month


class Hierarchy:
    """The keys below the root, read and made as they are needed.

    Every key is made in a transaction of its own: one that the caller's rollback took away could already have
    sealed something.
    """

    def __init__(self, kms: Kms, engine: AsyncEngine) -> None:
        self._kms = kms
        self._engine = engine
        self._epochs: dict[int, bytes] = {}
        self._owners: OrderedDict[Owner, tuple[int, bytes]] = OrderedDict()
        self._inbox: dict[int, bytes] = {}

    async def inbox_public(self, now: datetime) -> InboxKey:
        """The newest inbox key; the first is made on the way."""
        newest = select(inbox_key).where(inbox_key.c.retired_at.is_(None)).order_by(inbox_key.c.key_id.desc())
        async with transaction(self._engine) as connection:
            row = (await connection.execute(newest.limit(1))).one_or_none()
            if row is None:
                private, public = make_inbox_key()
                (wrapped,) = self._kms.wrap_many([private], INBOX_CONTEXT)
                first = insert(inbox_key).values(key_id=1, public_key=public, wrapped=wrapped, created_at=now)
                await connection.execute(first.on_conflict_do_nothing())
                row = (await connection.execute(newest.limit(1))).one()
        return InboxKey(row.key_id, row.public_key)

    async def inbox_private(self, key_ids: Collection[int]) -> Mapping[int, bytes]:
        """The private half of each inbox key.

        Raises:
            NotOpenedError: there is no such key.
        """
        missing = [key_id for key_id in key_ids if key_id not in self._inbox]
        if missing:
            wanted = select(inbox_key.c.key_id, inbox_key.c.wrapped).where(inbox_key.c.key_id.in_(missing))
            async with transaction(self._engine) as connection:
                rows = (await connection.execute(wanted)).all()
            opened = self._kms.unwrap_many([row.wrapped for row in rows], INBOX_CONTEXT)
            self._inbox |= {row.key_id: key for row, key in zip(rows, opened, strict=True)}
        try:
            return {key_id: self._inbox[key_id] for key_id in key_ids}
        except KeyError as error:
            raise NotOpenedError from error

    async def make_owner_keys(
        self, owners: Collection[Owner], now: datetime
    ) -> Mapping[Owner, tuple[int, bytes]]:
        """The epoch and key of each owner, made where there was none; safe beside another service."""
        known = {owner: self._owners[owner] for owner in owners if owner in self._owners}
        async with transaction(self._engine) as connection:
            known |= await self._read_owners(connection, [owner for owner in owners if owner not in known])
        new = sorted(owner for owner in owners if owner not in known)
        if new:
            await self._store_owner_keys(new, now)
            async with transaction(self._engine) as connection:
                known |= await self._read_owners(connection, new)
        return known

    async def owner_keys(self, owners: Collection[Owner]) -> Mapping[Owner, tuple[int, bytes]]:
        """The epoch and key of each owner.

        Raises:
            NotOpenedError: one has none, or it was erased.
        """
        known = {owner: self._owners[owner] for owner in owners if owner in self._owners}
        missing = [owner for owner in owners if owner not in known]
        if missing:
            async with transaction(self._engine) as connection:
                known |= await self._read_owners(connection, missing)
        if len(known) != len(set(owners)):
            raise NotOpenedError
        return known

    async def _store_owner_keys(self, owners: Sequence[Owner], now: datetime) -> None:
        epoch = epoch_of(now)
        outer = await self._epoch(epoch, now)
        wrapped = [wrap(outer, os.urandom(KEY_BYTES), _owner_context(owner)) for owner in owners]
        async with transaction(self._engine) as connection:
            await connection.execute(
                STORE_OWNERS,
                {
                    "persons": [person_id for person_id, _ in owners],
                    "studies": [study_id for _, study_id in owners],
                    "wrapped": wrapped,
                    "epoch": epoch,
                    "now": now,
                },
            )

    async def _read_owners(
        self, connection: AsyncConnection, owners: Sequence[Owner]
    ) -> Mapping[Owner, tuple[int, bytes]]:
        if not owners:
            return {}
        wanted = {
            "persons": [person_id for person_id, _ in owners],
            "studies": [study_id for _, study_id in owners],
        }
        found: dict[Owner, tuple[int, bytes]] = {}
        for row in (await connection.execute(READ_OWNERS, wanted)).all():
            if row.epoch not in self._epochs:
                (self._epochs[row.epoch],) = self._kms.unwrap_many([row.outer_key], EPOCH_CONTEXT)
            owner = (row.person_id, row.study_id)
            found[owner] = (row.epoch, unwrap(self._epochs[row.epoch], row.wrapped, _owner_context(owner)))
        self._owners.update(found)
        while len(self._owners) > CACHED_KEYS:
            self._owners.popitem(last=False)
        return found

    async def _epoch(self, epoch: int, now: datetime) -> bytes:
        if epoch not in self._epochs:
            (wrapped,) = self._kms.wrap_many([os.urandom(KEY_BYTES)], EPOCH_CONTEXT)
            made = insert(epoch_key).values(epoch=epoch, wrapped=wrapped, created_at=now)
            wanted = select(epoch_key.c.wrapped).where(epoch_key.c.epoch == epoch)
            async with transaction(self._engine) as connection:
                await connection.execute(made.on_conflict_do_nothing())
                stored: bytes = (await connection.execute(wanted)).scalar_one()
            (self._epochs[epoch],) = self._kms.unwrap_many([stored], EPOCH_CONTEXT)
        return self._epochs[epoch]


def _owner_context(owner: Owner) -> bytes:
    return b"etterklang person key" + owner[0].bytes + owner[1].bytes
