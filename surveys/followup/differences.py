"""What has to change so that the stored assessments are those that are wanted; what was answered stays."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from surveys.followup.planning import Planned
from surveys.followup.states import AssessmentState
from surveys.identifiers import AssessmentId, PersonId, ProtocolId, ProtocolVersionId, TumourId

_WANTED = (AssessmentState.PLANNED, AssessmentState.OPEN)


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An assessment as it stands in its row."""

    person_id: PersonId
    assessment_id: AssessmentId
    protocol_id: ProtocolId
    protocol_version_id: ProtocolVersionId
    tumour_id: TumourId
    wave: int
    state: AssessmentState
    anchor_date: date
    opens_on: date
    closes_on: date

    @property
    def key(self) -> tuple[PersonId, ProtocolId, TumourId, int]:
        """As ``Planned.key``."""
        return (self.person_id, self.protocol_id, self.tumour_id, self.wave)


class Pair(NamedTuple):
    """A stored assessment, and what it should become."""

    stored: Stored
    planned: Planned


class Changes(NamedTuple):
    """What to write. ``move`` takes new dates and version, and revives what was cancelled; then ``open``."""

    insert: tuple[Planned, ...] = ()
    move: tuple[Pair, ...] = ()
    open: tuple[Pair, ...] = ()
    lapse: tuple[Stored, ...] = ()
    cancel: tuple[Stored, ...] = ()


class _Change(StrEnum):
    MOVE = "move"
    OPEN = "open"
    LAPSE = "lapse"
    CANCEL = "cancel"


def difference(
    planned: Iterable[Planned],
    stored: Iterable[Stored],
    live: Mapping[ProtocolId, ProtocolVersionId],
    today: date,
) -> Changes:
    """What turns ``stored`` into ``planned``, for any number of persons at once.

    ``live`` is the published version of each protocol. An assessment that has opened keeps its window and its
    version, whatever is corrected afterwards; one that is submitted or lapsed is left alone. What never was
    stored is not stored as lapsed or cancelled.
    """
    wanted = {one.key: one for one in planned}
    changes: dict[_Change, list[tuple[Stored, Planned | None]]] = {change: [] for change in _Change}
    for row in stored:
        want = wanted.pop(row.key, None)
        for change in _changes(row, want, live, today):
            changes[change].append((row, want))
    return Changes(
        insert=tuple(one for one in wanted.values() if one.state in _WANTED),
        move=_pairs(changes[_Change.MOVE]),
        open=_pairs(changes[_Change.OPEN]),
        lapse=tuple(row for row, _ in changes[_Change.LAPSE]),
        cancel=tuple(row for row, _ in changes[_Change.CANCEL]),
    )


def _changes(
    row: Stored, want: Planned | None, live: Mapping[ProtocolId, ProtocolVersionId], today: date
) -> tuple[_Change, ...]:
    state = AssessmentState.CANCELLED if want is None else want.state
    match row.state:
        case AssessmentState.OPEN:
            return _changes_of_open(row, state, today)
        case AssessmentState.PLANNED:
            return _changes_of_planned(row, want, state, live)
        case AssessmentState.CANCELLED if state in _WANTED:
            return (_Change.MOVE, _Change.OPEN) if state is AssessmentState.OPEN else (_Change.MOVE,)
        case _:
            return ()


def _changes_of_open(row: Stored, state: AssessmentState, today: date) -> tuple[_Change, ...]:
    if state is AssessmentState.CANCELLED:
        return (_Change.CANCEL,)
    return (_Change.LAPSE,) if today > row.closes_on else ()


def _changes_of_planned(
    row: Stored,
    want: Planned | None,
    state: AssessmentState,
    live: Mapping[ProtocolId, ProtocolVersionId],
) -> tuple[_Change, ...]:
    if want is None or state is AssessmentState.CANCELLED:
        return (_Change.CANCEL,)
    moved = (_Change.MOVE,) if _has_moved(row, want, live) else ()
    if state is AssessmentState.PLANNED:
        return moved
    return (*moved, _Change.OPEN if state is AssessmentState.OPEN else _Change.LAPSE)


def _has_moved(row: Stored, want: Planned, live: Mapping[ProtocolId, ProtocolVersionId]) -> bool:
    return (row.anchor_date, row.opens_on, row.closes_on, row.protocol_version_id) != (
        want.anchor_date,
        want.opens_on,
        want.closes_on,
        live[row.protocol_id],
    )


def _pairs(rows: Iterable[tuple[Stored, Planned | None]]) -> tuple[Pair, ...]:
    return tuple(Pair(row, want) for row, want in rows if want is not None)
