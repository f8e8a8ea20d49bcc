"""From national identifiers to persons: a keyed blind index, and the identifier itself sealed beside it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, new_id
from surveys.keys.bulk import computed
from surveys.keys.envelope import ANSWER_LIMIT
from surveys.keys.hierarchy import Hierarchy
from surveys.keys.messages import NO_STUDY, Binding
from surveys.keys.peppers import BlindIndex
from surveys.keys.sealing import seal_at_rest
from surveys.national_id import NationalId

# One statement, and so one moment: a row that is being moved to the newer version is seen in one of the two.
FIND = text(
    """
    SELECT DISTINCT ON (wanted.ordinal) wanted.ordinal, found.person_id
    FROM unnest(
      CAST(:ordinals AS integer[]), CAST(:versions AS smallint[]), CAST(:indices AS bytea[])
    ) AS wanted (ordinal, index_version, blind_index)
    JOIN identity.national_identifier AS found USING (index_version, blind_index)
    ORDER BY wanted.ordinal, wanted.index_version DESC
    """
)
# Takes the next entry, and then says whether it is the one: an unknown number costs what a known one does.
REACH = text(
    """
    SELECT coalesce(m.into_person_id, near.person_id) AS person_id,
           near.blind_index = wanted.blind_index AS is_found
    FROM unnest(CAST(:versions AS smallint[]), CAST(:indices AS bytea[]))
      AS wanted (index_version, blind_index)
    CROSS JOIN LATERAL (
      SELECT n.person_id, n.blind_index FROM identity.national_identifier n
      WHERE n.index_version = wanted.index_version AND n.blind_index >= wanted.blind_index
      ORDER BY n.blind_index LIMIT 1
    ) near
    LEFT JOIN persons.merge m ON m.person_id = near.person_id AND m.unmerged_at IS NULL
    """
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

    person_id: PersonId
    identifier: NationalId
    sealed: bytes


async def find_persons(
    connection: AsyncConnection, index: BlindIndex, numbers: Collection[str]
) -> dict[str, PersonId]:
    """The person of each number that a registry has fed; the others are left out."""
    in_order = list(numbers)
    wanted = [
        (ordinal, version, entry)
        for ordinal, number in enumerate(in_order)
        for version, entry in index.of(number).items()
    ]
    columns = {
        "ordinals": [ordinal for ordinal, _, _ in wanted],
        "versions": [version for _, version, _ in wanted],
        "indices": [entry for _, _, entry in wanted],
    }
    rows = await connection.execute(FIND, columns)
    return {in_order[row.ordinal]: PersonId(row.person_id) for row in rows}


async def reach_person(
    connection: AsyncConnection, index: BlindIndex, number: str, nobody: PersonId
) -> PersonId:
    """Whom a login with this number reaches: its person, or the one that this person is merged into.

    ``nobody`` where no registry has fed it, by the same statement, work and rows.
    """
    entries = index.of(number)
    columns = {"versions": list(entries), "indices": list(entries.values())}
    reached = nobody
    for row in await connection.execute(REACH, columns):
        reached = (reached, PersonId(row.person_id))[row.is_found]
    return reached


async def make_persons(
    hierarchy: Hierarchy, identifiers: Sequence[NationalId], now: datetime
) -> list[NewPerson]:
    """A new person for each identifier, with a key of their own and the identifier sealed under it."""
    persons = [PersonId(new_id()) for _ in identifiers]
    keys = await hierarchy.make_owner_keys([(person_id, NO_STUDY) for person_id in persons], now)

    def seal_all() -> list[NewPerson]:
        made = []
        for person_id, identifier in zip(persons, identifiers, strict=True):
            number = identifier.number.encode()
            sealed = seal_at_rest(
                keys[person_id, NO_STUDY], number, identifier_place(person_id), ANSWER_LIMIT
            )
            made.append(NewPerson(person_id, identifier, sealed))
        return made

    return await computed(len(identifiers), seal_all)


async def store_persons(
    connection: AsyncConnection, index: BlindIndex, made: Sequence[NewPerson], now: datetime
) -> dict[str, PersonId]:
    """The person of each number: the one that was made, or the one that another feed stored meanwhile."""
    numbers = [one.identifier.number for one in made]
    # Another may have stored it under the older version just before this one was begun.
    known = await find_persons(connection, index, numbers)
    new = [one for one in made if one.identifier.number not in known]
    # In the order of the index, so that two feeds with the same people wait and never deadlock.
    in_order = sorted((index.newest_of(one.identifier.number), one) for one in new)
    await connection.execute(
        STORE,
        {
            "persons": [one.person_id for _, one in in_order],
            "indices": [entry for entry, _ in in_order],
            "kinds": [one.identifier.kind for _, one in in_order],
            "sealed": [one.sealed for _, one in in_order],
            "version": index.newest,
            "now": now,
        },
    )
    return await find_persons(connection, index, numbers)


def identifier_place(person_id: PersonId) -> Binding:
    """Where a sealed national identifier belongs."""
    return Binding("identity.national_identifier", person_id, person_id, NO_STUDY)
