"""The key hierarchy: root, monthly epoch key, person-and-study key. Wrapped keys are rows; open ones stay."""

import os
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import transaction
from surveys.keys.bulk import computed
from surveys.keys.errors import NotAllowedError, NotOpenedError
from surveys.keys.kms import Kms
from surveys.keys.messages import InboxKey
from surveys.keys.sealing import InboxPrivateKey, make_inbox_key, unwrap, wrap
from surveys.keys.tables import epoch_key, inbox_key

KEY_BYTES = 32
CACHED_KEYS = 20_000

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
    sealed something. No key's wrapping says what sealed values say, so keys are wrapped anew and values stay.
    """

    def __init__(self, kms: Kms, engine: AsyncEngine) -> None:
        self._kms = kms
        self._engine = engine
        self._epochs: dict[int, bytes] = {}
        self._owners: OrderedDict[Owner, bytes] = OrderedDict()
        self._inbox: dict[int, InboxPrivateKey] = {}

    async def inbox_public(self, now: datetime) -> InboxKey:
        """The newest inbox key; the first is made on the way.

        Its public half is computed from the private one: a public key in the database could be another's.
        """
        newest = (
            select(inbox_key).where(inbox_key.c.retired_at.is_(None)).order_by(inbox_key.c.key_id.desc())
        ).limit(1)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(newest)).one_or_none()
            if row is None:
                (wrapped,) = self._kms.wrap_many([make_inbox_key()], _inbox_context(1))
                first = insert(inbox_key).values(key_id=1, wrapped=wrapped, created_at=now)
                await connection.execute(first.on_conflict_do_nothing())
                row = (await connection.execute(newest)).one()
        return InboxKey(row.key_id, self._opened_inbox(row.key_id, row.wrapped).public_key())

    async def inbox_private(self, key_ids: Collection[int]) -> Mapping[int, InboxPrivateKey]:
        """The private half of each inbox key, a retired one's too.

        Raises:
            NotOpenedError: there is no such key.
        """
        missing = [key_id for key_id in key_ids if key_id not in self._inbox]
        if missing:
            wanted = select(inbox_key).where(inbox_key.c.key_id.in_(missing))
            async with transaction(self._engine) as connection:
                rows = (await connection.execute(wanted)).all()
            for row in rows:
                self._opened_inbox(row.key_id, row.wrapped)
        try:
            return {key_id: self._inbox[key_id] for key_id in key_ids}
        except KeyError as error:
            raise NotOpenedError from error

    async def make_owner_keys(self, owners: Collection[Owner], now: datetime) -> Mapping[Owner, bytes]:
        """The key of each owner, made where there was none; safe beside another service.

        Raises:
            NotAllowedError: an owner's key was erased.
        """
        known = self._cached(owners)
        known |= await self._read_owners(set(owners) - known.keys())
        new = sorted(set(owners) - known.keys())
        if new:
            await self._store_owners(new, now)
            known |= await self._read_owners(new)
        if len(known) != len(set(owners)):
            raise NotAllowedError("sealing for a person whose key was erased")
        return known

    async def owner_keys(self, owners: Collection[Owner]) -> Mapping[Owner, bytes]:
        """The key of each owner.

        Raises:
            NotOpenedError: one has none, or it was erased.
        """
        known = self._cached(owners)
        known |= await self._read_owners(set(owners) - known.keys())
        if len(known) != len(set(owners)):
            raise NotOpenedError
        return known

    def _cached(self, owners: Collection[Owner]) -> dict[Owner, bytes]:
        known = {owner: self._owners[owner] for owner in owners if owner in self._owners}
        for owner in known:
            self._owners.move_to_end(owner)
        return known

    async def _store_owners(self, owners: Sequence[Owner], now: datetime) -> None:
        epoch = epoch_of(now)
        outer = await self._epoch(epoch, now)

        def wrap_all() -> list[bytes]:
            return [wrap(outer, os.urandom(KEY_BYTES), _owner_context(owner)) for owner in owners]

        wrapped = await computed(len(owners), wrap_all)
        async with transaction(self._engine) as connection:
            await connection.execute(
                STORE_OWNERS, _columns(owners) | {"wrapped": wrapped, "epoch": epoch, "now": now}
            )

    async def _read_owners(self, owners: Collection[Owner]) -> dict[Owner, bytes]:
        if not owners:
            return {}
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(READ_OWNERS, _columns(owners))).all()
        found = await computed(len(rows), lambda: self._opened_owners(rows))
        self._owners.update(found)
        while len(self._owners) > CACHED_KEYS:
            self._owners.popitem(last=False)
        return found

    async def _epoch(self, epoch: int, now: datetime) -> bytes:
        if epoch not in self._epochs:
            (wrapped,) = self._kms.wrap_many([os.urandom(KEY_BYTES)], _epoch_context(epoch))
            made = insert(epoch_key).values(epoch=epoch, wrapped=wrapped, created_at=now)
            wanted = select(epoch_key.c.wrapped).where(epoch_key.c.epoch == epoch)
            async with transaction(self._engine) as connection:
                await connection.execute(made.on_conflict_do_nothing())
                stored: bytes = (await connection.execute(wanted)).scalar_one()
            self._opened_epoch(epoch, stored)
        return self._epochs[epoch]

    def _opened_owners(self, rows: Sequence[Row[Any]]) -> dict[Owner, bytes]:
        found: dict[Owner, bytes] = {}
        for row in rows:
            owner = (row.person_id, row.study_id)
            outer = self._opened_epoch(row.epoch, row.outer_key)
            found[owner] = unwrap(outer, row.wrapped, _owner_context(owner))
        return found

    def _opened_epoch(self, epoch: int, wrapped: bytes) -> bytes:
        if epoch not in self._epochs:
            (self._epochs[epoch],) = self._kms.unwrap_many([wrapped], _epoch_context(epoch))
        return self._epochs[epoch]

    def _opened_inbox(self, key_id: int, wrapped: bytes) -> InboxPrivateKey:
        if key_id not in self._inbox:
            (raw,) = self._kms.unwrap_many([wrapped], _inbox_context(key_id))
            self._inbox[key_id] = InboxPrivateKey(raw)
        return self._inbox[key_id]


def _columns(owners: Collection[Owner]) -> dict[str, object]:
    return {
        "persons": [person_id for person_id, _ in owners],
        "studies": [study_id for _, study_id in owners],
    }


def _epoch_context(epoch: int) -> bytes:
    return b"etterklang epoch key " + str(epoch).encode()


def _inbox_context(key_id: int) -> bytes:
    return b"etterklang inbox key " + str(key_id).encode()


def _owner_context(owner: Owner) -> bytes:
    return b"etterklang person key" + owner[0].bytes + owner[1].bytes
