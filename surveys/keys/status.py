"""What is wrapped in which epoch: figures for an operator, no key among them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

EPOCHS = text(
    """
    SELECT e.epoch, e.closed_at, e.emptied_at, e.destroyed_at,
           (SELECT count(*) FROM keys.person_key k
            WHERE k.epoch = e.epoch AND k.erased_at IS NULL) AS persons,
           (SELECT count(*) FROM keys.inbox_key i WHERE i.epoch = e.epoch) AS inboxes
    FROM keys.epoch_key e ORDER BY e.epoch
    """
)
INBOX = text("SELECT key_id, retired_at FROM keys.inbox_key ORDER BY key_id")
PEPPERS = text(
    """
    SELECT p.version, p.destroyed_at,
           (SELECT count(*) FROM identity.national_identifier n WHERE n.index_version = p.version) AS entries
    FROM keys.pepper p ORDER BY p.version
    """
)
WAITING = text(
    "SELECT person_id, asked_at, asked_by FROM keys.erasure WHERE approved_at IS NULL ORDER BY asked_at"
)
ERASURES = text("SELECT count(*) FROM keys.erasure WHERE approved_at IS NOT NULL")


class EpochStatus(msgspec.Struct, frozen=True):
    """One epoch: ``state`` is open, closed, empty or destroyed."""

    epoch: int
    state: str
    person_keys: int
    inbox_keys: int


class PepperStatus(msgspec.Struct, frozen=True):
    """One version of the blind index: ``state`` is in use or destroyed."""

    version: int
    state: str
    entries: int


class WaitingErasure(msgspec.Struct, frozen=True):
    """Whose erasure waits for a second person; ``asked_by`` is ``patient`` where it was they themselves."""

    person_id: UUID
    asked_at: datetime
    asked_by: str


class KeyStatus(msgspec.Struct, frozen=True):
    """All epochs, the inbox keys with their state (in use, retired), the peppers, and the erasures."""

    epochs: tuple[EpochStatus, ...]
    inbox_keys: tuple[tuple[int, str], ...]
    peppers: tuple[PepperStatus, ...]
    erased: int
    waiting: tuple[WaitingErasure, ...]


async def read_status(connection: AsyncConnection) -> KeyStatus:
    """The state of every key in the database."""
    epochs = (await connection.execute(EPOCHS)).all()
    inbox = (await connection.execute(INBOX)).all()
    peppers = (await connection.execute(PEPPERS)).all()
    waiting = (await connection.execute(WAITING)).all()
    return KeyStatus(
        epochs=tuple(
            EpochStatus(
                row.epoch,
                _state(row.closed_at, row.emptied_at, row.destroyed_at),
                row.persons,
                row.inboxes,
            )
            for row in epochs
        ),
        inbox_keys=tuple((row.key_id, "retired" if row.retired_at else "in use") for row in inbox),
        peppers=tuple(
            PepperStatus(row.version, "destroyed" if row.destroyed_at else "in use", row.entries)
            for row in peppers
        ),
        erased=(await connection.execute(ERASURES)).scalar_one(),
        waiting=tuple(WaitingErasure(*row) for row in waiting),
    )


def _state(closed: object, emptied: object, destroyed: object) -> str:
    if destroyed:
        return "destroyed"
    if emptied:
        return "empty"
    return "closed" if closed else "open"
