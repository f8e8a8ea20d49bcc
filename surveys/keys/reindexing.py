"""A new pepper: the blind index is made anew under it, lot by lot, while everybody goes on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys import audit
from surveys.database import Role, transaction
from surveys.identifiers import PersonId
from surveys.keys.blind_index import identifier_place
from surveys.keys.bulk import computed
from surveys.keys.hierarchy import Hierarchy
from surveys.keys.messages import NO_STUDY
from surveys.keys.peppers import BlindIndex, Peppers
from surveys.keys.sealing import open_at_rest

ROWS_AT_ONCE = 5_000

NEXT_ROWS = text(
    """
    SELECT person_id, blind_index, sealed FROM identity.national_identifier
    WHERE index_version < :version ORDER BY index_version, blind_index LIMIT :limit
    """
)
MOVE_ROWS = text(
    """
    UPDATE identity.national_identifier AS n SET index_version = :version, blind_index = moved.new
    FROM unnest(CAST(:persons AS uuid[]), CAST(:old AS bytea[]), CAST(:new AS bytea[]))
      AS moved (person_id, old, new)
    WHERE n.person_id = moved.person_id AND n.blind_index = moved.old AND n.index_version < :version
    """
)


class Reindexed(msgspec.Struct, frozen=True):
    """What a rotation of the pepper did: the new version, the entries made anew, the versions destroyed."""

    version: int
    moved: int
    destroyed: tuple[int, ...]


async def rotate_pepper(
    hierarchy: Hierarchy, peppers: Peppers, engine: AsyncEngine, now: datetime
) -> Reindexed:
    """Makes a new pepper, moves every entry of the blind index to it, and destroys the old one.

    Meanwhile both are looked up. Run again after an interruption, it goes on where it was. Only the entry is
    rewritten: the identifier beside it stays sealed as it was.

    Raises:
        NotOpenedError: an identifier does not open, so the old pepper was not destroyed.
    """
    version = await peppers.begin(now)
    moved = 0
    while lot := await _next_rows(engine, version):
        moved += await _move(hierarchy, peppers, lot, now)
    destroyed = await peppers.destroy_before(version, now)
    about = {"version": str(version), "entries": str(moved), "destroyed": " ".join(map(str, destroyed))}
    async with transaction(engine) as connection:
        await audit.append(connection, audit.AuditEntry("pepper-rotated", Role.KEYS.value, now, None, about))
    return Reindexed(version, moved, destroyed)


async def _next_rows(engine: AsyncEngine, version: int) -> Sequence[Row[Any]]:
    async with transaction(engine) as connection:
        return (await connection.execute(NEXT_ROWS, {"version": version, "limit": ROWS_AT_ONCE})).all()


async def _move(hierarchy: Hierarchy, peppers: Peppers, lot: Sequence[Row[Any]], now: datetime) -> int:
    owners = {(row.person_id, NO_STUDY) for row in lot}
    keys = await hierarchy.owner_keys(owners)

    def open_all() -> list[str]:
        return [
            open_at_rest(
                keys[row.person_id, NO_STUDY],
                row.sealed,
                identifier_place(PersonId(row.person_id)),
            ).decode()
            for row in lot
        ]

    numbers = await computed(len(lot), open_all)

    async def move(connection: AsyncConnection, index: BlindIndex) -> int:
        columns = {
            "persons": [row.person_id for row in lot],
            "old": [row.blind_index for row in lot],
            "new": [index.newest_of(number) for number in numbers],
        }
        return (await connection.execute(MOVE_ROWS, columns | {"version": index.newest})).rowcount

    return await peppers.within(now, move)
