"""From the plan to what is written: what is answered stays, what is open keeps its window, the rest moves."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from surveys.followup import MOVES, AssessmentState, Changes, Planned, Stored, difference, plan
from surveys.identifiers import AssessmentId, ProtocolVersionId, new_id
from surveys.registry import History
from tests.builders.followup import DIAGNOSED, FIRST_DAY, make_history, make_protocol, make_tumour

PROTOCOL = make_protocol()
VERSION = ProtocolVersionId(UUID(int=100))
LIVE = {PROTOCOL.protocol_id: VERSION}
HISTORY = make_history(make_tumour())


def stored_as(planned: Planned, state: str, version: ProtocolVersionId = VERSION) -> Stored:
    return Stored(
        planned.person_id,
        AssessmentId(new_id()),
        planned.protocol_id,
        version,
        planned.tumour_id,
        planned.wave,
        AssessmentState(state),
        planned.anchor_date,
        planned.opens_on,
        planned.closes_on,
    )


def applied(changes: Changes, stored: Iterable[Stored]) -> list[Stored]:
    """What the database holds after ``changes``; every move is held against the table of allowed ones."""
    rows = {row.assessment_id: row for row in stored}

    def move(row: Stored, state: AssessmentState, **dates: object) -> None:
        before = rows[row.assessment_id]
        assert state == before.state or state in MOVES[before.state]
        rows[row.assessment_id] = replace(before, state=state, **dates)

    for row, want in changes.move:
        move(
            row,
            AssessmentState.PLANNED,
            anchor_date=want.anchor_date,
            opens_on=want.opens_on,
            closes_on=want.closes_on,
            protocol_version_id=LIVE[row.protocol_id],
        )
    for row, _ in changes.open:
        move(row, AssessmentState.OPEN)
    for row in changes.cancel:
        move(row, AssessmentState.CANCELLED)
    for row in changes.lapse:
        move(row, AssessmentState.LAPSED)
    fresh = [stored_as(one, one.state.value) for one in changes.insert]
    return [*rows.values(), *fresh]


def corrected(history: History, diagnosed: date) -> History:
    return replace(history, tumours=(replace(history.tumours[0], incidence_date=diagnosed),))


def test_what_was_never_stored_is_inserted_planned_or_open() -> None:
    planned = plan(PROTOCOL, HISTORY, FIRST_DAY)
    assert difference(planned, [], LIVE, FIRST_DAY) == Changes(insert=planned)


def test_a_window_that_had_closed_before_the_case_was_known_is_not_stored() -> None:
    late = date(2025, 9, 1)
    changes = difference(plan(PROTOCOL, HISTORY, late), [], LIVE, late)
    assert [one.wave for one in changes.insert] == [2, 3]


def test_a_corrected_date_moves_only_unsent_assessments() -> None:
    earlier = plan(PROTOCOL, HISTORY, FIRST_DAY)
    stored = [
        stored_as(one, state) for one, state in zip(earlier, ("submitted", "open", "planned"), strict=True)
    ]
    later = plan(PROTOCOL, corrected(HISTORY, DIAGNOSED + timedelta(days=5)), FIRST_DAY)
    changes = difference(later, stored, LIVE, FIRST_DAY)
    assert [(pair.stored.wave, pair.planned.opens_on) for pair in changes.move] == [(3, date(2028, 1, 15))]
    assert changes == Changes(move=changes.move)


def test_an_open_assessment_keeps_its_window_and_lapses_by_it() -> None:
    first = plan(PROTOCOL, HISTORY, FIRST_DAY)[0]
    stored = [stored_as(first, "open")]
    moved = corrected(HISTORY, DIAGNOSED + timedelta(days=60))
    last_day = first.closes_on
    assert difference(plan(PROTOCOL, moved, last_day)[:1], stored, LIVE, last_day) == Changes()
    after = last_day + timedelta(days=1)
    assert difference(plan(PROTOCOL, moved, after)[:1], stored, LIVE, after).lapse == (stored[0],)


@pytest.mark.parametrize("state", ["submitted", "lapsed"])
def test_what_is_settled_is_never_touched(state: str) -> None:
    stored = [stored_as(one, state) for one in plan(PROTOCOL, HISTORY, FIRST_DAY)]
    dead = replace(HISTORY, alive=False, death_date=FIRST_DAY)
    for history in (HISTORY, dead, corrected(HISTORY, date(2020, 1, 1)), make_history()):
        assert difference(plan(PROTOCOL, history, FIRST_DAY), stored, LIVE, FIRST_DAY) == Changes()


@pytest.mark.parametrize("state", ["planned", "open"])
def test_a_case_that_was_withdrawn_cancels_its_assessments(state: str) -> None:
    stored = [stored_as(one, state) for one in plan(PROTOCOL, HISTORY, FIRST_DAY)]
    assert difference((), stored, LIVE, FIRST_DAY) == Changes(cancel=tuple(stored))


def test_a_cancelled_assessment_that_is_wanted_again_is_planned_and_then_opened() -> None:
    planned = plan(PROTOCOL, HISTORY, FIRST_DAY)
    stored = [stored_as(one, "cancelled") for one in planned]
    changes = difference(planned, stored, LIVE, FIRST_DAY)
    assert [pair.stored.wave for pair in changes.move] == [1, 2, 3]
    assert [pair.stored.wave for pair in changes.open] == [1]


def test_a_new_protocol_version_takes_over_what_is_still_planned() -> None:
    planned = plan(PROTOCOL, HISTORY, FIRST_DAY)
    old = ProtocolVersionId(UUID(int=99))
    stored = [stored_as(planned[0], "open", old), stored_as(planned[1], "planned", old)]
    changes = difference(planned[:2], stored, LIVE, FIRST_DAY)
    assert [pair.stored.wave for pair in changes.move] == [2]


days = st.dates(date(2024, 6, 1), date(2029, 12, 31))
facts = st.fixed_dictionaries(
    {
        "death_date": st.none() | days,
        "emigrated_on": st.none() | days,
        "tumours": st.lists(st.builds(make_tumour, days), max_size=2).map(tuple),
    }
)


@given(facts, facts, days, days, st.lists(st.sampled_from(list(AssessmentState)), min_size=6, max_size=6))
def test_writing_the_difference_leaves_none(
    before: dict[str, object],
    after: dict[str, object],
    first: date,
    second: date,
    turned: list[AssessmentState],
) -> None:
    history = make_history(**before)
    begun = applied(difference(plan(PROTOCOL, history, first), [], LIVE, first), [])
    stored = [replace(row, state=state) for row, state in zip(begun, turned, strict=False)]
    planned = plan(PROTOCOL, replace(history, **after), max(first, second))
    today = max(first, second)
    written = applied(difference(planned, stored, LIVE, today), stored)
    assert difference(planned, written, LIVE, today) == Changes()
    answered = [row for row in stored if row.state is AssessmentState.SUBMITTED]
    assert [row for row in written if row.state is AssessmentState.SUBMITTED] == answered
