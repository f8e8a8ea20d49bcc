"""Histories: each person as the registry knows them now, a page at a time, one query a kind of fact."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, TreatmentId, TumourId
from surveys.persons import everyone
from surveys.registry.history import ControlOf, History, Reservation, Treatment, Tumour, united

ALIVE = 1

# Somebody who is merged into another comes with that one, who may have no facts of their own yet.
PERSONS = """
    SELECT person_id FROM (
      (
        SELECT p.person_id FROM registry.person_now p
        WHERE {behind} AND NOT EXISTS (
          SELECT FROM persons.merge m WHERE m.person_id = p.person_id AND m.unmerged_at IS NULL
        )
        ORDER BY p.person_id LIMIT :limit
      )
      UNION
      SELECT m.into_person_id FROM persons.merge m
      WHERE m.unmerged_at IS NULL AND {behind_merged}
        AND EXISTS (SELECT FROM registry.person_fact p WHERE p.person_id = m.person_id)
    ) every
    ORDER BY person_id LIMIT :limit
"""
PERSONS_AFTER = text(PERSONS.format(behind="p.person_id > :after", behind_merged="m.into_person_id > :after"))
PERSONS_FIRST = text(PERSONS.format(behind="true", behind_merged="true"))
PEOPLE = text(
    """
    SELECT p.person_id, p.sex, p.birth_date, p.region, v.status, v.death_date, v.emigrated_on
    FROM registry.person_now p LEFT JOIN registry.vital_status_now v USING (person_id)
    WHERE p.person_id = ANY(:persons) ORDER BY p.person_id
    """
)
TUMOURS = text(
    """
    SELECT person_id, tumour_id, registry, incidence_date, icd10, basis,
           topography, morphology, behaviour, stage
    FROM registry.tumour_now WHERE person_id = ANY(:persons) AND NOT withdrawn
    ORDER BY person_id, incidence_date, tumour_id
    """
)
TREATMENTS = text(
    """
    SELECT person_id, treatment_id, tumour_id, kind, started_on, ended_on, intent
    FROM registry.treatment_now WHERE person_id = ANY(:persons) AND NOT withdrawn
    ORDER BY person_id, started_on, treatment_id
    """
)
RESERVATIONS = text(
    """
    SELECT person_id, scope, starts_on, ends_on
    FROM registry.reservation_now WHERE person_id = ANY(:persons) ORDER BY person_id, starts_on, scope
    """
)
CONTROLS = text(
    """
    SELECT person_id, tumour_id, icd10, index_date
    FROM registry.control_now WHERE person_id = ANY(:persons) AND NOT withdrawn
    ORDER BY person_id, index_date, tumour_id
    """
)


async def histories(connection: AsyncConnection, after: PersonId | None, limit: int) -> list[History]:
    """The next ``limit`` persons behind ``after`` by identifier; the first ones if there is none.

    Somebody with several identifiers is one person, under the one that is reached.
    """
    found = await connection.execute(
        PERSONS_FIRST if after is None else PERSONS_AFTER,
        {"limit": limit} if after is None else {"after": after, "limit": limit},
    )
    return await histories_of(connection, [PersonId(row.person_id) for row in found])


async def histories_of(connection: AsyncConnection, person_ids: Sequence[PersonId]) -> list[History]:
    """These persons in the order of their identifiers; somebody of whom nothing is known is left out.

    Under each of one person's several identifiers stands the same history.
    """
    if not person_ids:
        return []
    merged = await everyone(connection, person_ids)
    members = {one for several in merged.values() for one in several}
    return as_asked(person_ids, await _apart(connection, {*person_ids, *members}), merged)


def as_asked(
    person_ids: Sequence[PersonId],
    apart: Sequence[History],
    merged: Mapping[PersonId, tuple[PersonId, ...]],
) -> list[History]:
    """The history of each person asked for, with all that stands under their other identifiers."""
    if not merged:
        return list(apart)
    known = {one.person_id: one for one in apart}
    found = []
    for person_id in sorted(set(person_ids)):
        members = [known[one] for one in merged.get(person_id, (person_id,)) if one in known]
        if members:
            found.append(united(person_id, members))
    return found


async def _apart(connection: AsyncConnection, person_ids: Collection[PersonId]) -> list[History]:
    persons = {"persons": list(person_ids)}
    people = (await connection.execute(PEOPLE, persons)).all()
    tumours = _by_person((await connection.execute(TUMOURS, persons)).all())
    treatments = _by_person((await connection.execute(TREATMENTS, persons)).all())
    reservations = _by_person((await connection.execute(RESERVATIONS, persons)).all())
    controls = _by_person((await connection.execute(CONTROLS, persons)).all())
    return [
        History(
            person_id=PersonId(row.person_id),
            sex=row.sex,
            birth_date=row.birth_date,
            region=row.region,
            alive=row.status in (None, ALIVE) and row.death_date is None,
            death_date=row.death_date,
            emigrated_on=row.emigrated_on,
            tumours=tuple(_tumour(one) for one in tumours[row.person_id]),
            treatments=tuple(_treatment(one) for one in treatments[row.person_id]),
            reservations=tuple(
                Reservation(one.scope, one.starts_on, one.ends_on) for one in reservations[row.person_id]
            ),
            control_of=tuple(
                ControlOf(TumourId(one.tumour_id), one.icd10, one.index_date)
                for one in controls[row.person_id]
            ),
        )
        for row in people
    ]


def _by_person(rows: Sequence[Row[Any]]) -> defaultdict[PersonId, list[Row[Any]]]:
    grouped: defaultdict[PersonId, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.person_id].append(row)
    return grouped


def _tumour(row: Row[Any]) -> Tumour:
    return Tumour(
        TumourId(row.tumour_id),
        row.registry,
        row.incidence_date,
        row.icd10,
        row.basis,
        row.topography,
        row.morphology,
        row.behaviour,
        row.stage,
    )


def _treatment(row: Row[Any]) -> Treatment:
    return Treatment(
        TreatmentId(row.treatment_id),
        TumourId(row.tumour_id),
        row.kind,
        row.started_on,
        row.ended_on,
        row.intent,
    )
