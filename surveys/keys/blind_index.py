"""From national identifiers to persons: a keyed blind index, and the identifier itself sealed beside it."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, new_id
from surveys.keys.bulk import computed
from surveys.keys.envelope import ANSWER_LIMIT
from surveys.keys.hierarchy import Hierarchy
from surveys.keys.kms import Kms
from surveys.keys.messages import NO_STUDY, Binding
from surveys.keys.sealing import seal_at_rest
from surveys.keys.tables import national_identifier
from surveys.national_id import NationalId

INDEX_VERSION = 1

FIND = select(national_identifier.c.blind_index, national_identifier.c.person_id).where(
    national_identifier.c.index_version == INDEX_VERSION,
    text("blind_index = ANY(CAST(:indices AS bytea[]))"),
)
STORE = text(
    """
    INSERT INTO identity.national_identifier
      (person_id, blind_index, index_version, kind, sealed, valid_from)
    SELECT person_id, blind_index, :version, kind, sealed, :now
    FROM unnest(
      CAST(:persons AS uuid[]), CAST(:indices AS bytea[]), CAST(:kinds AS text[]), CAST(:sealed AS bytea[])
    ) AS new (person_id, blind_index, kind, sealed)
    ON CONFLICT DO NOTHING
    """
)


class NewPerson(NamedTuple):
    """Somebody seen for the first time, ready to be stored."""

    entry: bytes
    person_id: PersonId
    identifier: NationalId
    sealed: bytes


class BlindIndex:
    """The keyed hash (32 bytes) under which a national identifier is found again."""

    def __init__(self, kms: Kms) -> None:
        self._key = kms.mac(b"", f"blind index {INDEX_VERSION}")

    def of(self, number: str) -> bytes:
        """The entry of this number."""
        return hmac.digest(self._key, number.encode(), hashlib.sha256)


async def find_persons(
    connection: AsyncConnection, index: BlindIndex, numbers: Collection[str]
) -> dict[str, PersonId]:
    """The person of each number that a registry has fed; the others are left out."""
    numbers_of = {index.of(number): number for number in numbers}
    rows = await connection.execute(FIND, {"indices": list(numbers_of)})
    return {numbers_of[row.blind_index]: PersonId(row.person_id) for row in rows}


async def make_persons(
    hierarchy: Hierarchy, index: BlindIndex, identifiers: Sequence[NationalId], now: datetime
) -> list[NewPerson]:
    """A new person for each identifier, with a key of their own and the identifier sealed under it."""
    persons = [PersonId(new_id()) for _ in identifiers]
    keys = await hierarchy.make_owner_keys([(person_id, NO_STUDY) for person_id in persons], now)

    def seal_all() -> list[NewPerson]:
        made = []
        for person_id, identifier in zip(persons, identifiers, strict=True):
            place = Binding("identity.national_identifier", person_id, person_id, NO_STUDY)
            number = identifier.number.encode()
            sealed = seal_at_rest(keys[person_id, NO_STUDY], number, place, ANSWER_LIMIT)
            made.append(NewPerson(index.of(identifier.number), person_id, identifier, sealed))
        return made

    return await computed(len(identifiers), seal_all)


async def store_persons(
    connection: AsyncConnection, index: BlindIndex, made: Sequence[NewPerson], now: datetime
) -> dict[str, PersonId]:
    """The person of each number: the one that was made, or the one that another feed stored meanwhile."""
    # In the order of the index, so that two feeds with the same people wait and never deadlock.
    in_order = sorted(made)
    await connection.execute(
        STORE,
        {
            "persons": [one.person_id for one in in_order],
            "indices": [one.entry for one in in_order],
            "kinds": [one.identifier.kind for one in in_order],
            "sealed": [one.sealed for one in in_order],
            "version": INDEX_VERSION,
            "now": now,
        },
    )
    return await find_persons(connection, index, [one.identifier.number for one in made])
