"""One person as the registry knows them: what planning, linkage and late-effect rules read."""

from datetime import date
from typing import Literal

import msgspec

from surveys.identifiers import PersonId, TreatmentId, TumourId

TreatmentKind = Literal[
    "surgery", "radiotherapy", "chemotherapy", "targeted", "immunotherapy", "hormone", "stem-cell",
    "surveillance", "other",
]  # fmt: skip
ReservationScope = Literal["register", "proms"]


class Tumour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case. Codes of the registry model: ICD-10 without a dot, basis 0-9, stage 0-4 or 9."""

    tumour_id: TumourId
    registry: str
    incidence_date: date
    icd10: str
    basis: int
    topography: str | None = None
    morphology: str | None = None
    behaviour: int | None = None
    stage: int | None = None


class Treatment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One treatment of one case."""

    treatment_id: TreatmentId
    tumour_id: TumourId
    kind: TreatmentKind
    started_on: date
    ended_on: date | None = None
    intent: str | None = None


class Reservation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An opt-out, from the register as a whole or from questionnaires only."""

    scope: ReservationScope
    starts_on: date
    ends_on: date | None = None


class ControlOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """This person is a population control for somebody else's case, followed from its index date."""

    tumour_id: TumourId
    icd10: str
    index_date: date


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything known now of one person; lists are in the order of their dates."""

    person_id: PersonId
    sex: int
    birth_date: date
    region: int | None
    alive: bool
    death_date: date | None
    emigrated_on: date | None
    tumours: tuple[Tumour, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    control_of: tuple[ControlOf, ...] = ()
