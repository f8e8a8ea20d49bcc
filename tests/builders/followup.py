"""Synthetic people with their cases, protocols that follow them, and how both get into a test's database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import transaction
from surveys.followup import (
    Anchor,
    Notice,
    Protocol,
    Wave,
    Who,
    publish_protocol,
    store_protocol,
)
from surveys.followup.errors import ChannelError
from surveys.identifiers import (
    InstrumentVersionId,
    PersonId,
    ProtocolId,
    ProtocolVersionId,
    StudyId,
    TreatmentId,
    TumourId,
    new_id,
)
from surveys.keys import Keys
from surveys.registry import ControlOf, History, Treatment, Tumour
from surveys.registry.history import TreatmentKind
from surveys.registry.tables import (
    control_fact,
    person_fact,
    reservation_fact,
    treatment_fact,
    tumour_fact,
    vital_status_fact,
)

REGISTRY = "norway"
DIAGNOSED = date(2025, 1, 10)
FIRST_DAY = date(2025, 1, 31)
"""The first day of the first wave's window for somebody diagnosed on ``DIAGNOSED``."""

NAMES = {"nb": "Runde", "nn": "Runde", "en": "Round"}


def at(day: date, hour: int = 11) -> datetime:
    """A moment of ``day`` that is the same calendar day in Norway."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def make_wave(number: int, months: int, opens: int, closes: int, **more: object) -> Wave:
    fields = {
        "number": number,
        "names": NAMES,
        "anchor": "diagnosis",
        "offset_months": months,
        "opens_days": opens,
        "closes_days": closes,
        "reminder_days": (14, 35),
        "instruments": (InstrumentVersionId(UUID(int=1)), InstrumentVersionId(UUID(int=2))),
    }
    return msgspec.convert(fields | more, Wave)


def make_protocol(**more: object) -> Protocol:
    """Prostate cancer, three waves, controls too; ``more`` replaces fields."""
    fields = {
        "protocol_id": ProtocolId(UUID(int=10)),
        "version": "1",
        "study_id": StudyId(UUID(int=20)),
        "title": "After prostate cancer",
        "who": Who(registry=REGISTRY, icd10=("C61",), sex=1, controls=True),
        "anchors": (Anchor("diagnosis", ("diagnosis",)),),
        "waves": (make_wave(1, 0, 21, 150), make_wave(2, 12, 0, 120), make_wave(3, 36, 0, 120)),
    }
    return Protocol(**(fields | more))  # type: ignore[arg-type] # the fields of a protocol, some replaced


def make_tumour(incidence_date: date = DIAGNOSED, icd10: str = "C61") -> Tumour:
    return Tumour(TumourId(new_id()), REGISTRY, incidence_date, icd10, basis=7)


def make_treatment(
    tumour: Tumour, kind: TreatmentKind, started_on: date, ended_on: date | None = None
) -> Treatment:
    return Treatment(TreatmentId(new_id()), tumour.tumour_id, kind, started_on, ended_on)


def make_history(*tumours: Tumour, **more: object) -> History:
    """A man born in 1955, alive, with ``tumours``; ``more`` replaces fields."""
    fields = {
        "person_id": PersonId(new_id()),
        "sex": 1,
        "birth_date": date(1955, 6, 15),
        "region": 53,
        "alive": True,
        "death_date": None,
        "emigrated_on": None,
        "tumours": tumours,
    }
    return History(**(fields | more))  # type: ignore[arg-type] # the fields of a history, some replaced


def make_control(index_date: date = DIAGNOSED, **more: object) -> History:
    return make_history(control_of=(ControlOf(TumourId(new_id()), "C61", index_date),), **more)


def tell_registry(database: str, histories: Iterable[History], recorded_at: datetime) -> None:
    """Writes what is known of each person as facts that are recorded now, over what was known before."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for history in histories:
            _tell(connection, history, {"recorded_at": recorded_at, "content_hash": new_id().bytes})
    engine.dispose()


async def publish(engine: AsyncEngine, keys: Keys, protocol: Protocol, now: datetime) -> ProtocolVersionId:
    async with transaction(engine) as connection:
        version_id = await store_protocol(connection, keys, protocol, now)
        await publish_protocol(connection, version_id, now)
    return version_id


@dataclass
class Pigeon:
    """A channel that keeps what it is given, and refuses while it is told to."""

    sent: list[Notice] = field(default_factory=list)
    refusing: bool = False

    async def send(self, notice: Notice) -> None:
        if self.refusing:
            raise ChannelError("refused")
        self.sent.append(notice)


def _tell(connection: Connection, history: History, row: dict[str, object]) -> None:
    row = row | {"person_id": history.person_id}
    connection.execute(
        insert(person_fact).values(
            **row, sex=history.sex, birth_date=history.birth_date, birth_date_flag=0, region=history.region
        )
    )
    connection.execute(
        insert(vital_status_fact).values(
            **row,
            status=1 if history.alive else 2,
            end_of_followup=history.death_date or date(2100, 1, 1),
            end_of_followup_flag=0,
            death_date=history.death_date,
            emigrated_on=history.emigrated_on,
        )
    )
    for tumour in history.tumours:
        connection.execute(insert(tumour_fact).values(**row, **_case(tumour)))
    for treatment in history.treatments:
        connection.execute(insert(treatment_fact).values(**row, **_treatment(treatment)))
    for reservation in history.reservations:
        connection.execute(
            insert(reservation_fact).values(
                **row,
                scope=reservation.scope,
                starts_on=reservation.starts_on,
                ends_on=reservation.ends_on,
            )
        )
    for control in history.control_of:
        connection.execute(
            insert(control_fact).values(
                **row, tumour_id=control.tumour_id, icd10=control.icd10, index_date=control.index_date
            )
        )


def _case(tumour: Tumour) -> dict[str, object]:
    return {
        "tumour_id": tumour.tumour_id,
        "registry": tumour.registry,
        "incidence_date": tumour.incidence_date,
        "incidence_date_flag": 0,
        "icd10": tumour.icd10,
        "basis": tumour.basis,
    }


def _treatment(treatment: Treatment) -> dict[str, object]:
    return {
        "treatment_id": treatment.treatment_id,
        "tumour_id": treatment.tumour_id,
        "kind": treatment.kind,
        "started_on": treatment.started_on,
        "ended_on": treatment.ended_on,
    }
