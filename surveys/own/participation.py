"""Whether a person still takes part: when they stopped, and what became of their erasure."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PARTICIPATION = text("SELECT stopped_at, erasure_asked_at, erasure_done_at FROM own.participation()")


class Erasure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An erasure that was asked for; ``done_at`` is empty until a second person has carried it out."""

    asked_at: datetime
    done_at: datetime | None


class Participation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the person stopped, if they have, and the erasure, if it was asked for."""

    stopped_at: datetime | None
    erasure: Erasure | None


async def own_participation(connection: AsyncConnection) -> Participation:
    """Of the person whose session this transaction belongs to, under all their identifiers."""
    row = (await connection.execute(PARTICIPATION)).one()
    erasure = None
    if row.erasure_asked_at is not None:
        erasure = Erasure(row.erasure_asked_at.astimezone(UTC), _in_utc(row.erasure_done_at))
    return Participation(_in_utc(row.stopped_at), erasure)


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
