"""Synthetic people worth logging in as, found in the demonstration's own database, each with a story."""

import asyncio

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.commands.acting import connected
from api.demo import places
from api.demo.provider import Person
from surveys.database import Role, transaction
from surveys.settings import Settings

STAFF_NAME = "Ragnhild, registry staff"

# One query a story: registry person keys, in a fixed order, so that a second start shows the same people.
_FIRST_OPEN = """
    SELECT l.registry_person FROM followup.assessment a
    JOIN registry.tumour_now t USING (person_id, tumour_id)
    JOIN registry.person_link l USING (person_id)
    WHERE a.state = 'open' AND a.wave = 1 ORDER BY l.registry_person LIMIT :count
"""
_SECOND_OPEN = """
    SELECT l.registry_person FROM followup.assessment a
    JOIN followup.assessment earlier USING (person_id, protocol_id, tumour_id)
    JOIN registry.tumour_now t USING (person_id, tumour_id)
    JOIN registry.person_link l USING (person_id)
    WHERE a.state = 'open' AND a.wave = 2 AND earlier.wave = 1 AND earlier.state = 'submitted'
    ORDER BY l.registry_person LIMIT :count
"""
_ANSWERED_TWICE = """
    SELECT l.registry_person FROM registry.person_link l
    WHERE (SELECT count(*) FROM followup.assessment a
           WHERE a.person_id = l.person_id AND a.state = 'submitted') = 2
      AND NOT EXISTS (SELECT FROM followup.assessment a WHERE a.person_id = l.person_id AND a.state = 'open')
    ORDER BY l.registry_person LIMIT :count
"""
_CONTROL_OPEN = """
    SELECT l.registry_person FROM followup.assessment a
    JOIN registry.control_now c USING (person_id, tumour_id)
    JOIN registry.person_link l USING (person_id)
    WHERE a.state = 'open' ORDER BY l.registry_person LIMIT :count
"""
_NOTHING = """
    SELECT l.registry_person FROM registry.person_link l
    WHERE NOT EXISTS (SELECT FROM followup.assessment a WHERE a.person_id = l.person_id)
    ORDER BY l.registry_person LIMIT :count
"""
STORIES = (
    (_SECOND_OPEN, 3, "A year after diagnosis: the first questionnaire answered, the second is open"),
    (_FIRST_OPEN, 3, "Newly diagnosed: the first questionnaire is open"),
    (_ANSWERED_TWICE, 1, "Answered twice, and research has used it: see “Mine svar og valg”"),
    (_CONTROL_OPEN, 1, "Drawn from the population: a questionnaire is open"),
    (_NOTHING, 1, "Nothing to answer"),
)


def find_people(settings: Settings) -> tuple[Person, ...]:
    """People with something to answer, with answers that were used, with nothing, and one of the staff."""
    chosen = asyncio.run(_chosen(settings))
    numbers = _numbers_of({person for _, persons in chosen for person in persons})
    patients = [Person(story, pid=numbers[person]) for story, persons in chosen for person in persons]
    return (*patients, Person("Sees late-effect signals and response rates", name=STAFF_NAME))


async def _chosen(settings: Settings) -> list[tuple[str, list[str]]]:
    async with connected(settings, Role.WORKER) as engine, transaction(engine) as connection:
        return [(story, await _persons(connection, query, count)) for query, count, story in STORIES]


async def _persons(connection: AsyncConnection, query: str, count: int) -> list[str]:
    rows = await connection.execute(text(query), {"count": count})
    return [row.registry_person for row in rows]


class _PersonRow(msgspec.Struct):
    pat: str
    kind: str
    national_id: str = ""


def _numbers_of(persons: set[str]) -> dict[str, str]:
    """The national identifiers of these persons, from the file that the demonstration itself fed."""
    decoder = msgspec.json.Decoder(_PersonRow)
    with places.COHORT.open("rb") as rows:
        people = (decoder.decode(row) for row in rows if b'"person"' in row)
        return {row.pat: row.national_id for row in people if row.kind == "person" and row.pat in persons}
