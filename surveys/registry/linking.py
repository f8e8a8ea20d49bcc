"""Who a registry's person key means, and what is known of these persons for the checks."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId
from surveys.registry.rules import Known
from surveys.registry.tables import person_link

LINK = text(
    """
    INSERT INTO registry.person_link (person_id, registry, registry_person, recorded_at)
    SELECT person_id, :registry, person_key, :recorded_at
    FROM unnest(CAST(:persons AS uuid[]), CAST(:person_keys AS text[])) AS new (person_id, person_key)
    ON CONFLICT DO NOTHING
    """
)
KNOWN = text(
    """
    SELECT p.person_id, p.sex, p.birth_date, v.death_date, v.end_of_followup
    FROM registry.person_now p LEFT JOIN registry.vital_status_now v USING (person_id)
    WHERE p.person_id = ANY(:persons)
    """
)


async def linked_persons(
    connection: AsyncConnection, registry: str, person_keys: Collection[str]
) -> dict[str, PersonId]:
    """The persons whom this registry's keys were linked to before."""
    rows = await connection.execute(
        select(person_link.c.registry_person, person_link.c.person_id).where(
            person_link.c.registry == registry, person_link.c.registry_person.in_(person_keys)
        )
    )
    return {row.registry_person: PersonId(row.person_id) for row in rows}


async def link_registry_persons(
    connection: AsyncConnection, registry: str, persons: Mapping[str, PersonId], recorded_at: datetime
) -> None:
    """Remembers whom each key means; what is known already stays."""
    if not persons:
        return
    await connection.execute(
        LINK,
        {
            "registry": registry,
            "recorded_at": recorded_at,
            "persons": list(persons.values()),
            "person_keys": list(persons),
        },
    )


async def known_of(connection: AsyncConnection, persons: Collection[PersonId]) -> dict[PersonId, Known]:
    """What holds now of these persons, as far as the checks need it."""
    rows = await connection.execute(KNOWN, {"persons": list(persons)})
    return {
        PersonId(row.person_id): Known(row.sex, row.birth_date, row.death_date, row.end_of_followup)
        for row in rows
    }
