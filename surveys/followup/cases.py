"""Which of a person's cases a protocol follows on a day, its anchor dates, and what has stopped it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

from surveys.followup.protocol import Anchor, AnchorDate, Protocol, StopRule
from surveys.identifiers import TumourId
from surveys.registry import ControlOf, History, Treatment, TreatmentKind, Tumour

StopKind = StopRule | Literal["own-cancer"]


class Fact(NamedTuple):
    """A date that the registry knows, and what happened on it."""

    what: AnchorDate | StopKind | Literal["index-date"]
    on: date


class Case(NamedTuple):
    """One case under follow-up: a person's own tumour, or for a control the case that they are matched to."""

    tumour_id: TumourId
    began: Fact
    treatments: tuple[Treatment, ...]
    stop: Fact | None


class _TreatmentDate(NamedTuple):
    kind: TreatmentKind | None
    date_of: Callable[[Treatment], date | None]
    which: Callable[[Sequence[date]], date]


def _started(treatment: Treatment) -> date | None:
    return treatment.started_on


def _ended(treatment: Treatment) -> date | None:
    return treatment.ended_on


_TREATMENT_DATES: Mapping[AnchorDate, _TreatmentDate] = MappingProxyType(
    {
        "first-treatment": _TreatmentDate(None, _started, min),
        "surgery": _TreatmentDate("surgery", _started, min),
        "radiotherapy-start": _TreatmentDate("radiotherapy", _started, min),
        "radiotherapy-end": _TreatmentDate("radiotherapy", _ended, max),
        "chemotherapy-start": _TreatmentDate("chemotherapy", _started, min),
        "chemotherapy-end": _TreatmentDate("chemotherapy", _ended, max),
        "hormone-start": _TreatmentDate("hormone", _started, min),
        "surveillance-start": _TreatmentDate("surveillance", _started, min),
    }
)


def followed_cases(protocol: Protocol, history: History, today: date) -> list[Case]:
    """The cases of ``history`` that ``protocol`` follows, by what is known and has happened on ``today``."""
    who = protocol.who
    if who.sex is not None and history.sex != who.sex:
        return []
    own = _own_tumours(protocol, history, today)
    stop = stopped(protocol, history, today)
    cases = [_own_case(tumour, history, stop) for tumour in (own[:1] if who.first_primary else own)]
    if who.controls:
        became_ill = Fact("own-cancer", own[0].incidence_date) if own else None
        control_stop = _earliest(stop, became_ill)
        mine = [tumour.tumour_id for tumour in own]
        cases += [
            _control_case(one, control_stop)
            for one in _matched(protocol, history, today)
            if one.tumour_id not in mine
        ]
    return [case for case in cases if _age(history.birth_date, case.began.on) >= who.minimum_age]


def stopped(protocol: Protocol, history: History, today: date) -> Fact | None:
    """What ended this person's follow-up first, if anything has by ``today``; later facts do not count."""
    first: Fact | None = None
    for fact in _endings(history, today):
        if fact.what in protocol.stops and fact.on <= today:
            first = _earliest(first, fact)
    return first


def anchor_of(anchor: Anchor, case: Case, today: date) -> Fact | None:
    """The date that a wave counts from: for a control the index date, else the first that is known."""
    if case.began.what == "index-date":
        return case.began
    for what in anchor.first_known:
        if what == "diagnosis":
            return case.began
        if (on := _treatment_date(_TREATMENT_DATES[what], case.treatments, today)) is not None:
            return Fact(what, on)
    return None


def _age(born: date, on: date) -> int:
    """Whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _own_tumours(protocol: Protocol, history: History, today: date) -> list[Tumour]:
    who = protocol.who
    found = [
        tumour
        for tumour in history.tumours
        if tumour.registry == who.registry
        and tumour.incidence_date <= today
        and tumour.icd10.startswith(who.icd10)
    ]
    return sorted(found, key=lambda tumour: (tumour.incidence_date, tumour.tumour_id))


def _own_case(tumour: Tumour, history: History, stop: Fact | None) -> Case:
    treatments = tuple(one for one in history.treatments if one.tumour_id == tumour.tumour_id)
    return Case(tumour.tumour_id, Fact("diagnosis", tumour.incidence_date), treatments, stop)


def _matched(protocol: Protocol, history: History, today: date) -> list[ControlOf]:
    return [
        one
        for one in history.control_of
        if one.index_date <= today and one.icd10.startswith(protocol.who.icd10)
    ]


def _control_case(control: ControlOf, stop: Fact | None) -> Case:
    return Case(control.tumour_id, Fact("index-date", control.index_date), (), stop)


def _endings(history: History, today: date) -> Iterator[Fact]:
    if history.death_date is not None:
        yield Fact("death", history.death_date)
    elif not history.alive and history.emigrated_on is None:
        # Gone, and nobody knows since when.
        yield Fact("death", date.min)
    if history.emigrated_on is not None:
        yield Fact("emigration", history.emigrated_on)
    for one in history.reservations:
        if one.ends_on is None or today <= one.ends_on:
            yield Fact("reservation" if one.scope == "register" else "withdrawal", one.starts_on)


def _earliest(first: Fact | None, second: Fact | None) -> Fact | None:
    known = [fact for fact in (first, second) if fact is not None]
    return min(known, key=lambda fact: (fact.on, fact.what), default=None)


def _treatment_date(wanted: _TreatmentDate, treatments: Sequence[Treatment], today: date) -> date | None:
    dates = [
        on
        for one in treatments
        if (wanted.kind is None or one.kind == wanted.kind)
        and one.started_on <= today
        and (on := wanted.date_of(one)) is not None
        and on <= today
    ]
    return wanted.which(dates) if dates else None
