"""From national identifiers to persons: a keyed blind index, and the identifier itself sealed beside it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
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
        made = {index: PersonId(new_id()) for index in new}
        owners = {(person_id, NO_STUDY) for person_id in made.values()}
        keys = await hierarchy.make_owner_keys(owners, now)
        rows = []
        for index, identifier in new.items():
            person_id = made[index]
            epoch, key = keys[person_id, NO_STUDY]
            place = Binding("identity.national_identifier", person_id, person_id, NO_STUDY)
            rows.append(
                {
                    "person_id": person_id,
                    "blind_index": index,
                    "index_version": INDEX_VERSION,
                    "kind": identifier.kind,
                    "sealed": seal_at_rest(key, epoch, identifier.number.encode(), place, ANSWER_LIMIT),
                    "valid_from": now,
                }
            )
        await connection.execute(insert(national_identifier).on_conflict_do_nothing(), rows)
        known |= await _known(connection, list(new))
    return [known[index] for index in indices]


async def _known(connection: AsyncConnection, indices: Sequence[bytes]) -> dict[bytes, PersonId]:
    rows = await connection.execute(
        select(national_identifier.c.blind_index, national_identifier.c.person_id).where(
            national_identifier.c.index_version == INDEX_VERSION,
            national_identifier.c.blind_index.in_(set(indices)),
        )
    )
    return {row.blind_index: PersonId(row.person_id) for row in rows}
