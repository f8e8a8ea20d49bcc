"""Checks across a row's columns and against what is known of its person (registry model, IARC checks)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from surveys.registry.columns import Read
from surveys.registry.messages import RowFault
from surveys.registry.topography import knows_icd10

MALE, FEMALE = 1, 2
MALE_ONLY = ("C60", "C61", "C62", "C63")
FEMALE_ONLY = ("C51", "C52", "C53", "C54", "C55", "C56", "C57", "C58")
DEATH_CERTIFICATE_ONLY = 0
DEAD = 2


class Known(NamedTuple):
    """What earlier rows and earlier feeds said of a person, as far as checks need it."""

    sex: int
    birth_date: date
    death_date: date | None = None
    end_of_followup: date | None = None


def check_person(values: Mapping[str, Read], _known: Known, today: date) -> None:
    """Raises RowFault when a person's row contradicts itself."""
    _not_ahead("date_of_birth", values["birth_date"], today)


def check_tumour(values: Mapping[str, Read], known: Known, today: date) -> None:
    """Raises RowFault when a tumour contradicts itself or its person."""
    incidence, icd10 = values["incidence_date"], str(values["icd10"])
    _not_ahead("date_of_incidence", incidence, today)
    if not knows_icd10(icd10):
        raise RowFault("icd10", "unknown-icd10", "a code of the NORDCAN list of tumours")
    _check_dates(incidence, known)
    _check_sex(icd10, known.sex)
    if values["basis"] == DEATH_CERTIFICATE_ONLY and known.death_date is None:
        raise RowFault("bod", "basis-without-death", "basis 0 is for persons with a date of death")
    topography = values.get("topography")
    if topography is not None and icd10[0] == "C" and icd10 < "C77" and str(topography)[:3] != icd10[:3]:
        raise RowFault("topo", "topography-against-icd10", "solid tumours have one site in both codes")
    categories = {str(values.get(name, "")).lower().lstrip("cpyr") for name in ("cm", "pm")}
    if any(one.startswith(("1", "m1")) for one in categories) and values.get("stage") not in (None, 4, 9):
        raise RowFault("stage", "stage-against-m", "M1 is stage 4")


def check_treatment(values: Mapping[str, Read], known: Known, today: date) -> None:
    """Raises RowFault when a treatment contradicts itself or its person."""
    started, ended = values["started_on"], values.get("ended_on")
    _not_ahead("start_date", started, today)
    if isinstance(started, date) and started < known.birth_date:
        raise RowFault("start_date", "before-birth", "a treatment starts after birth")
    _in_order("stop_date", started, ended)


def check_vital_status(values: Mapping[str, Read], known: Known, today: date) -> None:
    """Raises RowFault when a status contradicts itself or its person."""
    for column, name in (("date_of_death", "death_date"), ("date_of_emigration", "emigrated_on")):
        value = values.get(name)
        if value is not None:
            _not_ahead(column, value, today)
            if isinstance(value, date) and value < known.birth_date:
                raise RowFault(column, "before-birth", "it lies after birth")
    if values["status"] == DEAD and values.get("death_date") is None:
        raise RowFault("date_of_death", "missing", "who is dead has a date of death")
    if values["status"] != DEAD and values.get("death_date") is not None:
        raise RowFault("vit_sta", "status-against-death", "who has a date of death is dead (2)")
    end = values["end_of_followup"]
    if isinstance(end, date) and end < known.birth_date:
        raise RowFault("end_of_followup", "before-birth", "follow-up ends after birth")


def check_reservation(values: Mapping[str, Read], _known: Known, _today: date) -> None:
    """Raises RowFault when a reservation ends before it starts."""
    _in_order("stop_date", values["starts_on"], values.get("ends_on"))


def check_control(values: Mapping[str, Read], known: Known, today: date) -> None:
    """Raises RowFault when a control contradicts its person."""
    _not_ahead("index_date", values["index_date"], today)
    index = values["index_date"]
    if isinstance(index, date) and index < known.birth_date:
        raise RowFault("index_date", "before-birth", "it lies after birth")


def _check_dates(incidence: Read, known: Known) -> None:
    if not isinstance(incidence, date):
        return
    if incidence < known.birth_date:
        raise RowFault("date_of_incidence", "before-birth", "birth <= incidence <= end of follow-up")
    if known.end_of_followup is not None and incidence > known.end_of_followup:
        raise RowFault("date_of_incidence", "after-follow-up", "birth <= incidence <= end of follow-up")


def _check_sex(icd10: str, sex: int) -> None:
    if icd10.startswith(MALE_ONLY) and sex == FEMALE:
        raise RowFault("icd10", "site-against-sex", "C60-C63 are men's")
    if icd10.startswith(FEMALE_ONLY) and sex == MALE:
        raise RowFault("icd10", "site-against-sex", "C51-C58 are women's")


def _not_ahead(column: str, value: Read, today: date) -> None:
    if isinstance(value, date) and value > today:
        raise RowFault(column, "in-the-future", "a fact has a date up to today")


def _in_order(column: str, start: Read, end: Read) -> None:
    if isinstance(start, date) and isinstance(end, date) and end < start:
        raise RowFault(column, "ends-before-start", "the end lies after the start")
