"""Which assessments a person should have on a day: pure, total, the same for the same facts in any order."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from surveys.followup.calendar import add_days, window_of
from surveys.followup.cases import Case, Fact, anchor_of, followed_cases
from surveys.followup.protocol import Protocol
from surveys.followup.states import AssessmentState
from surveys.identifiers import PersonId, ProtocolId, TumourId
from surveys.registry import History


class Rule(StrEnum):
    """Which rule of the protocol settled the wanted state."""

    WINDOW = "window"
    STOP = "stop"
    REST = "rest"


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Why an assessment is wanted as it is: the rule, and the registry's facts that it was applied to."""

    rule: Rule
    facts: tuple[Fact, ...]


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One assessment that a person should have, and the state it should be in: never ``submitted``.

    ``opens_on`` and ``closes_on`` are the window's first and last local day; both count.
    """

    person_id: PersonId
    protocol_id: ProtocolId
    tumour_id: TumourId
    wave: int
    anchor_date: date
    opens_on: date
    closes_on: date
    state: AssessmentState
    reason: Reason

    @property
    def key(self) -> tuple[PersonId, ProtocolId, TumourId, int]:
        """What makes two assessments the same one, whatever their dates."""
        return (self.person_id, self.protocol_id, self.tumour_id, self.wave)


class _Window(NamedTuple):
    """A wave of one case before the burden rule; sorts by the day it opens. ``course`` numbers the cases."""

    opens_on: date
    protocol_id: ProtocolId
    tumour_id: TumourId
    wave: int
    closes_on: date
    rest_days: int
    anchor: Fact
    stop: Fact | None
    course: int


def plan(protocol: Protocol, history: History, today: date) -> tuple[Planned, ...]:
    """The assessments of ``history``'s person under ``protocol``, as known on the local date ``today``.

    Facts dated after ``today`` are left out of account, so that a past day gives the plan of that day.
    """
    return plan_all((protocol,), history, today)


def plan_all(protocols: Iterable[Protocol], history: History, today: date) -> tuple[Planned, ...]:
    """The same under several protocols at once: the burden rule holds across them."""
    cases = [(protocol, case) for protocol in protocols for case in followed_cases(protocol, history, today)]
    windows = [
        window
        for course, (protocol, case) in enumerate(cases)
        for window in _windows(protocol, case, course, today)
    ]
    windows.sort(key=lambda window: window[:4])
    return tuple(_spread(history, windows, today))


def explain(protocol: Protocol, planned: Planned) -> str:
    """One sentence for staff: the wave, the facts it came from, its window, and the rule that settled it."""
    wave = protocol.wave(planned.wave)
    offset = f"{wave.offset_months} months and {wave.offset_days} days after " if wave else ""
    facts = ", ".join(f"{fact.what} {fact.on.isoformat()}" for fact in planned.reason.facts)
    return (
        f"wave {planned.wave}, {offset}{facts}: {planned.state} by the {planned.reason.rule} rule, "
        f"window {planned.opens_on.isoformat()} to {planned.closes_on.isoformat()}"
    )


def _windows(protocol: Protocol, case: Case, course: int, today: date) -> Iterator[_Window]:
    anchors = {anchor.anchor_id: anchor_of(anchor, case, today) for anchor in protocol.anchors}
    for wave in protocol.waves:
        if (anchor := anchors[wave.anchor]) is not None:
            opens_on, closes_on = window_of(wave, anchor.on)
            yield _Window(
                opens_on,
                protocol.protocol_id,
                case.tumour_id,
                wave.number,
                closes_on,
                protocol.rest_days,
                anchor,
                case.stop,
                course,
            )


def _spread(history: History, windows: Iterable[_Window], today: date) -> Iterator[Planned]:
    """Applies the burden rule in the order in which windows open: a later one waits, or has no room."""
    last_opened: date | None = None
    last_day: dict[int, date] = {}
    for window in windows:
        opens_on = window.opens_on
        person_id = history.holder(window.tumour_id)
        if last_opened is not None:
            opens_on = max(opens_on, add_days(last_opened, window.rest_days))
        if window.course in last_day:
            opens_on = max(opens_on, add_days(last_day[window.course], 1))
        if opens_on > window.closes_on:
            yield _planned(person_id, window, window.opens_on, AssessmentState.CANCELLED, Rule.REST)
            continue
        last_opened, last_day[window.course] = opens_on, window.closes_on
        yield _settled(person_id, window, opens_on, today)


def _settled(person_id: PersonId, window: _Window, opens_on: date, today: date) -> Planned:
    if window.stop is not None and window.stop.on <= window.closes_on:
        return _planned(person_id, window, opens_on, AssessmentState.CANCELLED, Rule.STOP)
    rule = Rule.WINDOW if opens_on == window.opens_on else Rule.REST
    if today < opens_on:
        return _planned(person_id, window, opens_on, AssessmentState.PLANNED, rule)
    if today <= window.closes_on:
        return _planned(person_id, window, opens_on, AssessmentState.OPEN, rule)
    return _planned(person_id, window, opens_on, AssessmentState.LAPSED, rule)


def _planned(
    person_id: PersonId, window: _Window, opens_on: date, state: AssessmentState, rule: Rule
) -> Planned:
    facts = (window.anchor,) if window.stop is None else (window.anchor, window.stop)
    return Planned(
        person_id,
        window.protocol_id,
        window.tumour_id,
        window.wave,
        window.anchor.on,
        opens_on,
        window.closes_on,
        state,
        Reason(rule, facts),
    )
