"""The key hierarchy: epoch key, then person-and-study keys and inbox keys, which are rows while wrapped."""

import os
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import transaction
from surveys.keys.bulk import computed
from surveys.keys.epochs import Epochs
from surveys.keys.errors import NotAllowedError, NotOpenedError
from surveys.keys.kms import Kms
from surveys.keys.messages import InboxKey
from surveys.keys.sealing import InboxPrivateKey, make_inbox_key, unwrap, wrap
from surveys.keys.tables import inbox_key

KEY_BYTES = 32
CACHED_KEYS = 20_000

Owner = tuple[UUID, UUID]
"""A person and a study."""

STORE_OWNERS = text(
    """
    INSERT INTO keys.person_key (person_id, study_id, epoch, wrapped, created_at)
    SELECT new.person_id, new.study_id, e.epoch, new.wrapped, :now
    FROM unnest(CAST(:persons AS uuid[]), CAST(:studies AS uuid[]), CAST(:wrapped AS bytea[]))
      AS new (person_id, study_id, wrapped),
      (SELECT epoch FROM keys.epoch_key WHERE epoch = :epoch AND closed_at IS NULL FOR SHARE) AS e
    ON CONFLICT DO NOTHING
    """
)
READ_OWNERS = text(
    """
    SELECT k.person_id, k.study_id, k.epoch, k.wrapped
    FROM unnest(CAST(:persons AS uuid[]), CAST(:studies AS uuid[])) AS wanted (person_id, study_id)
    JOIN keys.person_key k USING (person_id, study_id)
    WHERE k.erased_at IS NULL
    """
)
ERASED_SINCE = text(
    # An erasure is seen when it commits, up to a minute after the time that stands in it.
    "SELECT person_id, study_id, erased_at FROM keys.person_key "
    "WHERE erased_at >= :since - INTERVAL '1 minute'"
)
TRIES = 3
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Hierarchy:
    """The keys below the root, read and made as they are needed.

    Every key is made in a transaction of its own: one that the caller's rollback took away could already have
    sealed something. No key's wrapping says what sealed values say, so keys are wrapped anew and values stay.
    """

    def __init__(self, kms: Kms, engine: AsyncEngine) -> None:
        self.epochs = Epochs(kms, engine)
        self._engine = engine
        self._erased_until = LONG_AGO
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
            await self.make_inbox(now)
            async with transaction(self._engine) as connection:
                row = (await connection.execute(newest)).one()
        return InboxKey(row.key_id, (await self._opened_inbox(row)).public_key())

    async def make_inbox(self, now: datetime, key_id: int = 1) -> None:
        """Makes an inbox key of this number, unless there is one."""
        epoch = await self.epochs.current(now)
        wrapped = wrap(await self.epochs.secret(epoch), make_inbox_key(), inbox_context(key_id))
        made = insert(inbox_key).values(key_id=key_id, epoch=epoch, wrapped=wrapped, created_at=now)
        async with transaction(self._engine) as connection:
            await connection.execute(made.on_conflict_do_nothing())

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
                await self._opened_inbox(row)
        try:
            return {key_id: self._inbox[key_id] for key_id in key_ids}
        except KeyError as error:
            raise NotOpenedError from error

    async def make_owner_keys(self, owners: Collection[Owner], now: datetime) -> Mapping[Owner, bytes]:
        """The key of each owner, made where there was none; safe beside another service.

        Raises:
            NotAllowedError: an owner's key was erased.
        """
        known = await self._cached(owners)
        known |= await self._read_owners(set(owners) - known.keys())
        for _ in range(TRIES):
            new = sorted(set(owners) - known.keys())
            if not new:
                break
            # Nothing is stored where the epoch was closed meanwhile; the next try has another.
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
        known = await self._cached(owners)
        known |= await self._read_owners(set(owners) - known.keys())
        if len(known) != len(set(owners)):
            raise NotOpenedError
        return known

    async def _cached(self, owners: Collection[Owner]) -> dict[Owner, bytes]:
        await self._forget_erased()
        known = {owner: self._owners[owner] for owner in owners if owner in self._owners}
        for owner in known:
            self._owners.move_to_end(owner)
        return known

    async def _forget_erased(self) -> None:
        """Forgets the keys that anybody has erased since the last call: a round trip of less than a ms."""
        if not self._owners:
            return
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(ERASED_SINCE, {"since": self._erased_until})).all()
        for person_id, study_id, erased_at in rows:
            self._owners.pop((person_id, study_id), None)
            self._erased_until = max(self._erased_until, erased_at)

    async def _store_owners(self, owners: Sequence[Owner], now: datetime) -> None:
        epoch = await self.epochs.current(now)
        outer = await self.epochs.secret(epoch)

        def wrap_all() -> list[bytes]:
            return [wrap(outer, os.urandom(KEY_BYTES), owner_context(owner)) for owner in owners]

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
        secrets = {epoch: await self.epochs.secret(epoch) for epoch in {row.epoch for row in rows}}
        found = await computed(len(rows), lambda: _opened_owners(rows, secrets))
        self._owners.update(found)
        while len(self._owners) > CACHED_KEYS:
            self._owners.popitem(last=False)
        return found

    async def _opened_inbox(self, row: Row[Any]) -> InboxPrivateKey:
        if row.key_id not in self._inbox:
            outer = await self.epochs.secret(row.epoch)
            self._inbox[row.key_id] = InboxPrivateKey(unwrap(outer, row.wrapped, inbox_context(row.key_id)))
        return self._inbox[row.key_id]


def _opened_owners(rows: Sequence[Row[Any]], secrets: Mapping[int, bytes]) -> dict[Owner, bytes]:
    found: dict[Owner, bytes] = {}
    for row in rows:
        owner = (row.person_id, row.study_id)
        found[owner] = unwrap(secrets[row.epoch], row.wrapped, owner_context(owner))
    return found


def _columns(owners: Collection[Owner]) -> dict[str, object]:
    return {
        "persons": [person_id for person_id, _ in owners],
        "studies": [study_id for _, study_id in owners],
    }


def inbox_context(key_id: int) -> bytes:
    """What a wrapped inbox key is bound to."""
    return b"etterklang inbox key " + str(key_id).encode()


def owner_context(owner: Owner) -> bytes:
    """What a wrapped person key is bound to."""
    return owner_context_of(owner[0].bytes + owner[1].bytes)


def owner_context_of(owner: bytes) -> bytes:
    """The same, of the person's and the study's 16 bytes each."""
    return b"etterklang person key" + owner
