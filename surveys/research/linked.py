"""What the registry says of one case, cut down to what a project is approved for. Pure."""

from collections.abc import Collection
from datetime import date

import msgspec

from surveys.identifiers import TumourId
from surveys.registry import History
from surveys.research.projects import Variable

TREATMENT_VARIABLES: frozenset[Variable] = frozenset(
    ("treatment_kind", "treatment_kinds", "months_since_treatment")
)


class LinkedTreatment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One treatment of the case: its kind, and the month in which it began."""

    kind: str
    began: int


class LinkedCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One case of a person, by month and never by day; what the project may not have is None.

    For a control, ``site`` and ``diagnosed`` are those of the matched case. Months count from year 0, so that
    a difference of two is a number of calendar months.
    """

    is_control: bool | None = None
    site: str | None = None
    stage: int | None = None
    diagnosed: int | None = None
    treatments: tuple[LinkedTreatment, ...] = ()
    sex: int | None = None
    age_at_diagnosis: int | None = None
    region: int | None = None


def link(history: History, tumour_id: TumourId, variables: Collection[Variable]) -> LinkedCase:
    """The approved variables of one case of ``history``; of a case that it lacks, only the person's own."""
    known = _own_case(history, tumour_id) or _matched_case(history, tumour_id)
    known = msgspec.structs.replace(known or LinkedCase(), sex=history.sex, region=history.region)
    wants_diagnosis = "months_since_diagnosis" in variables
    return LinkedCase(
        is_control=known.is_control if "is_control" in variables else None,
        site=known.site if "site" in variables else None,
        stage=known.stage if "stage" in variables else None,
        diagnosed=known.diagnosed if wants_diagnosis else None,
        treatments=known.treatments if TREATMENT_VARIABLES.intersection(variables) else (),
        sex=known.sex if "sex" in variables else None,
        age_at_diagnosis=known.age_at_diagnosis if "age_at_diagnosis" in variables else None,
        region=known.region if "region" in variables else None,
    )


def month_of(day: date) -> int:
    """The calendar month of ``day``, counted from January of year 0."""
    return day.year * 12 + day.month - 1


def _own_case(history: History, tumour_id: TumourId) -> LinkedCase | None:
    tumour = next((one for one in history.tumours if one.tumour_id == tumour_id), None)
    if tumour is None:
        return None
    began = sorted(
        (month_of(one.started_on), one.started_on, one.kind)
        for one in history.treatments
        if one.tumour_id == tumour_id
    )
    return LinkedCase(
        is_control=False,
        site=tumour.icd10[:3],
        stage=tumour.stage,
        diagnosed=month_of(tumour.incidence_date),
        treatments=tuple(LinkedTreatment(kind, month) for month, _, kind in began),
        age_at_diagnosis=_age(history.birth_date, tumour.incidence_date),
    )


def _matched_case(history: History, tumour_id: TumourId) -> LinkedCase | None:
    control = next((one for one in history.control_of if one.tumour_id == tumour_id), None)
    if control is None:
        return None
    return LinkedCase(
        is_control=True,
        site=control.icd10[:3],
        diagnosed=month_of(control.index_date),
        age_at_diagnosis=_age(history.birth_date, control.index_date),
    )


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
