"""Histories: each person as the registry knows them now, a page at a time, one query a kind of fact."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, TreatmentId, TumourId
from surveys.registry.history import ControlOf, History, Reservation, Treatment, Tumour

ALIVE = 1

PERSONS_AFTER = text(
    "SELECT person_id FROM registry.person_now WHERE person_id > :after ORDER BY person_id LIMIT :limit"
)
PERSONS_FIRST = text("SELECT person_id FROM registry.person_now ORDER BY person_id LIMIT :limit")
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
    """The next ``limit`` persons behind ``after`` by identifier; the first ones if there is none."""
    found = await connection.execute(
        PERSONS_FIRST if after is None else PERSONS_AFTER,
        {"limit": limit} if after is None else {"after": after, "limit": limit},
    )
    return await histories_of(connection, [PersonId(row.person_id) for row in found])


async def histories_of(connection: AsyncConnection, person_ids: Sequence[PersonId]) -> list[History]:
    """These persons in the order of their identifiers; somebody of whom nothing is known is left out."""
    if not person_ids:
        return []
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
