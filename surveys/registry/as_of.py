"""What the registry knew of its people at a moment that has been: the facts recorded by then alone."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import PersonId, TumourId
from surveys.persons import everyone_at
from surveys.registry.history import ControlOf, History
from surveys.registry.reading import ALIVE, _by_person, _treatment, _tumour, as_asked


def _known(table: str, key: str = "person_id", order: str = "person_id", kept: str = "true") -> TextClause:
    """The newest fact of each key of those recorded by ``:as_of``: the views ``registry.*_now`` then."""
    return text(
        f"""
        SELECT * FROM (
          SELECT DISTINCT ON ({key}) * FROM registry.{table}_fact
          WHERE person_id = ANY(:persons) AND recorded_at <= :as_of
          ORDER BY {key}, recorded_at DESC
        ) known WHERE {kept} ORDER BY {order}
        """  # noqa: S608 - names made here, never from outside
    )


PEOPLE = _known("person")
VITAL_STATUS = _known("vital_status")
TUMOURS = _known(
    "tumour", "person_id, tumour_id", "person_id, incidence_date, tumour_id", kept="NOT withdrawn"
)
TREATMENTS = _known(
    "treatment", "person_id, treatment_id", "person_id, started_on, treatment_id", kept="NOT withdrawn"
)
CONTROLS = _known("control", "person_id, tumour_id", "person_id, index_date, tumour_id", kept="NOT withdrawn")


async def linked_cases(
    connection: AsyncConnection, person_ids: Sequence[PersonId], as_of: datetime
) -> list[History]:
    """These persons with their cases and treatments as known at ``as_of``, in the order of their identifiers.

    Somebody of whom nothing was known is left out. Reservations are not linked, so there are none. Under each
    of the identifiers that one person had by then stands the same history.
    """
    merged = await everyone_at(connection, person_ids, as_of)
    members = {one for several in merged.values() for one in several}
    return as_asked(person_ids, await _apart(connection, {*person_ids, *members}, as_of), merged)


async def _apart(
    connection: AsyncConnection, person_ids: Collection[PersonId], as_of: datetime
) -> list[History]:
    wanted = {"persons": list(person_ids), "as_of": as_of}
    people = (await connection.execute(PEOPLE, wanted)).all()
    vital = {row.person_id: row for row in await connection.execute(VITAL_STATUS, wanted)}
    tumours = _by_person((await connection.execute(TUMOURS, wanted)).all())
    treatments = _by_person((await connection.execute(TREATMENTS, wanted)).all())
    controls = _by_person((await connection.execute(CONTROLS, wanted)).all())
    return [
        History(
            person_id=PersonId(row.person_id),
            sex=row.sex,
            birth_date=row.birth_date,
            region=row.region,
            alive=row.person_id not in vital or vital[row.person_id].status == ALIVE,
            death_date=vital[row.person_id].death_date if row.person_id in vital else None,
            emigrated_on=vital[row.person_id].emigrated_on if row.person_id in vital else None,
            tumours=tuple(_tumour(one) for one in tumours[row.person_id]),
            treatments=tuple(_treatment(one) for one in treatments[row.person_id]),
            control_of=tuple(
                ControlOf(TumourId(one.tumour_id), one.icd10, one.index_date)
                for one in controls[row.person_id]
            ),
        )
        for row in people
    ]
