"""From national identifiers to persons: a keyed blind index, and the identifier itself sealed beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, new_id
from surveys.keys.envelope import ANSWER_LIMIT
from surveys.keys.hierarchy import Hierarchy
from surveys.keys.kms import Kms
from surveys.keys.messages import NO_STUDY, Binding
from surveys.keys.sealing import seal_at_rest
from surveys.keys.tables import national_identifier
from surveys.national_id import NationalId

INDEX_VERSION = 1

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


def blind_index(kms: Kms, number: str) -> bytes:
    """The keyed hash (32 bytes) under which a national identifier is found again."""
    return kms.mac(number.encode(), f"national identifier {INDEX_VERSION}")


async def find_person(connection: AsyncConnection, kms: Kms, number: str) -> PersonId | None:
    """The person with this national identifier, if a registry has fed one."""
    found = await connection.scalar(
        select(national_identifier.c.person_id).where(
            national_identifier.c.index_version == INDEX_VERSION,
            national_identifier.c.blind_index == blind_index(kms, number),
        )
    )
    return None if found is None else PersonId(found)


async def link_persons(
    connection: AsyncConnection,
    kms: Kms,
    hierarchy: Hierarchy,
    identifiers: Sequence[NationalId],
    now: datetime,
) -> list[PersonId]:
    """The person of each identifier, in order; new ones are made, safely beside a second feed."""
    indices = [blind_index(kms, identifier.number) for identifier in identifiers]
    known = await _known(connection, indices)
    new = {index: one for index, one in zip(indices, identifiers, strict=True) if index not in known}
    if new:
        await _store(connection, hierarchy, new, now)
        known |= await _known(connection, list(new))
    return [known[index] for index in indices]


async def _store(
    connection: AsyncConnection, hierarchy: Hierarchy, new: Mapping[bytes, NationalId], now: datetime
) -> None:
    # In the order of the index, so that two feeds with the same people wait and never deadlock.
    made = [(index, PersonId(new_id()), new[index]) for index in sorted(new)]
    keys = await hierarchy.make_owner_keys([(person_id, NO_STUDY) for _, person_id, _ in made], now)
    sealed = []
    for _, person_id, identifier in made:
        epoch, key = keys[person_id, NO_STUDY]
        place = Binding("identity.national_identifier", person_id, person_id, NO_STUDY)
        sealed.append(seal_at_rest(key, epoch, identifier.number.encode(), place, ANSWER_LIMIT))
    await connection.execute(
        STORE,
        {
            "persons": [person_id for _, person_id, _ in made],
            "indices": [index for index, _, _ in made],
            "kinds": [identifier.kind for _, _, identifier in made],
            "sealed": sealed,
            "version": INDEX_VERSION,
            "now": now,
        },
    )


async def _known(connection: AsyncConnection, indices: Sequence[bytes]) -> dict[bytes, PersonId]:
    rows = await connection.execute(
        select(national_identifier.c.blind_index, national_identifier.c.person_id).where(
            national_identifier.c.index_version == INDEX_VERSION,
            national_identifier.c.blind_index.in_(set(indices)),
        )
    )
    return {row.blind_index: PersonId(row.person_id) for row in rows}
