"""One person as the registry knows them: what planning, linkage and late-effect rules read."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from surveys.identifiers import PersonId, TreatmentId, TumourId

TreatmentKind = Literal[
    "surgery", "radiotherapy", "chemotherapy", "targeted", "immunotherapy", "hormone", "stem-cell",
    "surveillance", "other",
]  # fmt: skip
ReservationScope = Literal["register", "proms", "own"]


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
    """An opt-out, from the register as a whole or from questionnaires only.

    ``own`` is from questionnaires too, made by the person on their own page: no feed can end it.
    """

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
    held: tuple[tuple[TumourId, PersonId], ...] = ()
    """Cases that stand under another identifier of the same person, where two were merged."""

    def holder(self, tumour_id: TumourId) -> PersonId:
        """Under which of the person's identifiers a case stands, with its assessments and answers."""
        return next((person_id for held, person_id in self.held if held == tumour_id), self.person_id)


def united(person_id: PersonId, members: Sequence[History]) -> History:
    """One history of one person's several identifiers, of which there is one at least. Pure.

    Sex, birth date, region and emigration are the first one's. Whoever is dead or reserved under one of them
    is so under all: nobody is asked who must not be. Nobody is a control for a case of their own.
    """
    own = {case.tumour_id: one.person_id for one in reversed(members) for case in one.tumours}
    controls = {
        case.tumour_id: (case, one.person_id)
        for one in reversed(members)
        for case in one.control_of
        if case.tumour_id not in own
    }
    holders = own | {tumour_id: holder for tumour_id, (_, holder) in controls.items()}
    return msgspec.structs.replace(
        members[0],
        person_id=person_id,
        alive=all(one.alive for one in members),
        death_date=min((one.death_date for one in members if one.death_date), default=None),
        tumours=tuple(
            sorted(
                (case for one in members for case in one.tumours),
                key=lambda case: (case.incidence_date, case.tumour_id),
            )
        ),
        treatments=tuple(
            sorted(
                (given for one in members for given in one.treatments),
                key=lambda given: (given.started_on, given.treatment_id),
            )
        ),
        reservations=tuple(
            sorted(
                (said for one in members for said in one.reservations),
                key=lambda said: (said.starts_on, said.scope),
            )
        ),
        control_of=tuple(
            sorted(
                (case for case, _ in controls.values()), key=lambda case: (case.index_date, case.tumour_id)
            )
        ),
        held=tuple(sorted(pair for pair in holders.items() if pair[1] != person_id)),
    )
