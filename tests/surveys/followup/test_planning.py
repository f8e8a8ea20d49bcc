"""Which assessments a person should have: examples first, then what holds for everybody."""

from datetime import date, timedelta
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from surveys.followup import Anchor, AssessmentState, Planned, Protocol, Who, explain, plan, plan_all
from surveys.identifiers import PersonId, ProtocolId, TreatmentId, TumourId
from surveys.registry import ControlOf, History, Reservation, Treatment, Tumour
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    REGISTRY,
    make_control,
    make_history,
    make_protocol,
    make_treatment,
    make_tumour,
    make_wave,
)

PROTOCOL = make_protocol()
TWO_YEARS_ON = date(2027, 1, 1)


def states(planned: tuple[Planned, ...]) -> list[str]:
    return [one.state.value for one in planned]


def test_a_new_case_has_three_waves_ahead() -> None:
    planned = plan(PROTOCOL, make_history(make_tumour()), DIAGNOSED)
    assert [(one.wave, one.opens_on, one.closes_on) for one in planned] == [
        (1, date(2025, 1, 31), date(2025, 6, 9)),
        (2, date(2026, 1, 10), date(2026, 5, 10)),
        (3, date(2028, 1, 10), date(2028, 5, 9)),
    ]
    assert states(planned) == ["planned"] * 3


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (FIRST_DAY - timedelta(days=1), "planned"),
        (FIRST_DAY, "open"),
        (date(2025, 6, 9), "open"),
        (date(2025, 6, 10), "lapsed"),
    ],
)
def test_the_first_and_the_last_day_of_a_window_both_count(today: date, state: str) -> None:
    assert states(plan(PROTOCOL, make_history(make_tumour()), today))[0] == state


def test_a_month_that_is_too_short_gives_its_last_day() -> None:
    protocol = make_protocol(waves=(make_wave(1, 1, 0, 30, reminder_days=()),))
    planned = plan(protocol, make_history(make_tumour(date(2025, 1, 31))), TWO_YEARS_ON)
    assert planned[0].opens_on == date(2025, 2, 28)


@pytest.mark.parametrize(
    "history",
    [
        make_history(make_tumour(), sex=2),
        make_history(make_tumour(), birth_date=date(2010, 1, 1)),
        make_history(make_tumour(icd10="C50")),
        make_history(replace(make_tumour(), registry="elsewhere")),
        make_history(make_tumour(date(2027, 1, 2))),
        make_control(date(2027, 1, 2)),
        make_history(),
    ],
)
def test_whoever_the_protocol_does_not_mean_has_no_assessments(history: History) -> None:
    assert plan(PROTOCOL, history, TWO_YEARS_ON) == ()


def test_somebody_who_is_18_on_the_day_of_diagnosis_is_asked() -> None:
    history = make_history(make_tumour(date(2025, 1, 10)), birth_date=date(2007, 1, 10))
    assert len(plan(PROTOCOL, history, DIAGNOSED)) == 3


def test_only_the_first_case_of_the_site_is_followed() -> None:
    first, second = make_tumour(), make_tumour(date(2026, 9, 1))
    planned = plan(PROTOCOL, make_history(second, first), TWO_YEARS_ON)
    assert {one.tumour_id for one in planned} == {first.tumour_id}


def test_every_case_is_followed_where_the_protocol_says_so() -> None:
    protocol = make_protocol(who=replace(PROTOCOL.who, first_primary=False))
    planned = plan(protocol, make_history(make_tumour(), make_tumour(date(2026, 9, 1))), TWO_YEARS_ON)
    assert len({one.tumour_id for one in planned}) == 2


def test_a_control_is_asked_from_the_index_date() -> None:
    control = make_control()
    planned = plan(PROTOCOL, control, FIRST_DAY)
    assert [one.anchor_date for one in planned] == [DIAGNOSED] * 3
    assert planned[0].tumour_id == control.control_of[0].tumour_id
    assert planned[0].state is AssessmentState.OPEN


def test_a_protocol_without_controls_leaves_them_alone() -> None:
    protocol = make_protocol(who=replace(PROTOCOL.who, controls=False))
    assert plan(protocol, make_control(), FIRST_DAY) == ()


def test_a_control_who_falls_ill_is_a_control_no_longer() -> None:
    tumour = make_tumour(date(2026, 2, 1))
    control = make_control(tumours=(tumour,))
    planned = plan(PROTOCOL, control, date(2026, 3, 1))
    as_control = [one for one in planned if one.tumour_id != tumour.tumour_id]
    assert states(tuple(as_control)) == ["lapsed", "cancelled", "cancelled"]
    assert [one.reason.facts[-1].what for one in as_control[1:]] == ["own-cancer"] * 2
    assert len([one for one in planned if one.tumour_id == tumour.tumour_id]) == 3


@pytest.mark.parametrize(
    ("ending", "what"),
    [
        ({"alive": False, "death_date": date(2026, 1, 20)}, "death"),
        ({"emigrated_on": date(2026, 1, 20)}, "emigration"),
        ({"reservations": (Reservation("register", date(2026, 1, 20)),)}, "reservation"),
        ({"reservations": (Reservation("proms", date(2026, 1, 20)),)}, "withdrawal"),
    ],
)
def test_what_ends_follow_up_cancels_what_had_not_closed(ending: dict[str, object], what: str) -> None:
    planned = plan(PROTOCOL, make_history(make_tumour(), **ending), date(2026, 2, 1))
    assert states(planned) == ["lapsed", "cancelled", "cancelled"]
    assert planned[1].reason.facts[-1] == (what, date(2026, 1, 20))


def test_a_death_without_a_date_ends_everything() -> None:
    planned = plan(PROTOCOL, make_history(make_tumour(), alive=False), DIAGNOSED)
    assert states(planned) == ["cancelled"] * 3


def test_a_reservation_that_was_lifted_no_longer_counts() -> None:
    lifted = Reservation("proms", date(2025, 1, 1), date(2025, 12, 31))
    history = make_history(make_tumour(), reservations=(lifted,))
    assert states(plan(PROTOCOL, history, date(2025, 12, 31)))[1:] == ["cancelled"] * 2
    assert states(plan(PROTOCOL, history, date(2026, 1, 1)))[1:] == ["planned"] * 2


def test_emigration_does_not_stop_a_protocol_that_follows_abroad() -> None:
    protocol = make_protocol(stops=("death", "reservation", "withdrawal"))
    history = make_history(make_tumour(), emigrated_on=date(2025, 1, 20))
    assert states(plan(protocol, history, date(2025, 2, 1))) == ["open", "planned", "planned"]


def test_an_anchor_falls_back_until_the_registry_knows_more() -> None:
    anchors = (Anchor("treated", ("radiotherapy-end", "surgery", "diagnosis")),)
    protocol = make_protocol(anchors=anchors, waves=(make_wave(1, 3, 0, 60, anchor="treated"),))
    tumour = make_tumour()
    surgery = make_treatment(tumour, "surgery", date(2025, 2, 3))
    radiotherapy = make_treatment(tumour, "radiotherapy", date(2025, 4, 1), date(2025, 5, 20))
    history = make_history(tumour, treatments=(radiotherapy, surgery))
    anchored = [
        plan(protocol, history, day)[0].reason.facts[0].what
        for day in (DIAGNOSED, date(2025, 2, 3), date(2025, 5, 19), date(2025, 5, 20))
    ]
    assert anchored == ["diagnosis", "surgery", "surgery", "radiotherapy-end"]


def test_a_wave_whose_anchor_is_not_known_is_not_planned_yet() -> None:
    protocol = make_protocol(anchors=(Anchor("diagnosis", ("surgery",)),))
    assert plan(protocol, make_history(make_tumour()), TWO_YEARS_ON) == ()


def test_a_second_protocol_waits_until_the_person_has_rested() -> None:
    other = make_protocol(protocol_id=ProtocolId(UUID(int=11)), waves=(make_wave(1, 0, 30, 200),))
    planned = plan_all((PROTOCOL, other), make_history(make_tumour()), DIAGNOSED)
    first, second = planned[:2]
    assert second.opens_on == first.opens_on + timedelta(days=PROTOCOL.rest_days)
    assert second.reason.rule == "rest"


def test_an_assessment_that_rest_leaves_no_room_for_is_cancelled() -> None:
    other = make_protocol(protocol_id=ProtocolId(UUID(int=11)), waves=(make_wave(1, 0, 30, 60),))
    planned = plan_all((PROTOCOL, other), make_history(make_tumour()), DIAGNOSED)
    assert (planned[1].state, planned[1].reason.rule) == ("cancelled", "rest")


def test_the_reason_can_be_said_in_a_sentence() -> None:
    planned = plan(PROTOCOL, make_history(make_tumour()), FIRST_DAY)
    assert explain(PROTOCOL, planned[1]) == (
        "wave 2, 12 months and 0 days after diagnosis 2025-01-10: planned by the window rule, "
        "window 2026-01-10 to 2026-05-10"
    )


days = st.dates(date(2018, 1, 1), date(2032, 12, 31))
maybe_days = st.none() | days


@st.composite
def histories(draw: st.DrawFn) -> History:
    tumours = tuple(
        Tumour(
            TumourId(UUID(int=number)), REGISTRY, draw(days), draw(st.sampled_from(["C61", "C619", "C50"])), 7
        )
        for number in draw(st.sets(st.integers(1, 9), max_size=3))
    )
    cases = [one.tumour_id for one in tumours] or [TumourId(UUID(int=1))]
    kinds = st.sampled_from(["surgery", "radiotherapy", "chemotherapy", "hormone", "surveillance"])
    treatments = tuple(
        Treatment(
            TreatmentId(UUID(int=number)),
            draw(st.sampled_from(cases)),
            draw(kinds),
            draw(days),
            draw(maybe_days),
        )
        for number in draw(st.sets(st.integers(1, 9), max_size=4))
    )
    reservations = tuple(
        Reservation(draw(st.sampled_from(["register", "proms"])), draw(days), draw(maybe_days))
        for _ in range(draw(st.integers(0, 2)))
    )
    controls = tuple(
        ControlOf(TumourId(UUID(int=number)), "C61", draw(days))
        for number in draw(st.sets(st.integers(5, 14), max_size=2))
    )
    death = draw(maybe_days)
    return History(
        PersonId(UUID(int=99)),
        draw(st.sampled_from([1, 2])),
        draw(st.dates(date(1920, 1, 1), date(2012, 12, 31))),
        None,
        draw(st.booleans()) if death is None else False,
        death,
        draw(maybe_days),
        tumours,
        treatments,
        reservations,
        controls,
    )


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    dates = st.sampled_from(
        ["diagnosis", "surgery", "radiotherapy-end", "chemotherapy-start", "first-treatment"]
    )
    fallbacks = tuple(draw(st.lists(dates, min_size=1, max_size=3)))
    numbers = range(1, draw(st.integers(1, 4)) + 1)
    waves = tuple(
        make_wave(
            number,
            draw(st.integers(0, 40)),
            opens := draw(st.integers(-30, 60)),
            opens + draw(st.integers(0, 200)),
            anchor=draw(st.sampled_from(["diagnosis", "treated"])),
            reminder_days=(),
        )
        for number in numbers
    )
    return make_protocol(
        protocol_id=ProtocolId(UUID(int=draw(st.integers(1, 2**32)))),
        who=Who(
            REGISTRY, ("C61",), draw(st.sampled_from([None, 1])), 18, draw(st.booleans()), draw(st.booleans())
        ),
        anchors=(Anchor("diagnosis", ("diagnosis",)), Anchor("treated", fallbacks)),
        waves=waves,
        rest_days=draw(st.integers(0, 200)),
    )


@given(
    st.lists(protocols(), min_size=1, max_size=2, unique_by=lambda one: one.protocol_id), histories(), days
)
def test_the_windows_of_one_case_never_overlap(
    protocols: list[Protocol], history: History, today: date
) -> None:
    kept = [
        one
        for one in plan_all(protocols, history, today)
        if one.reason.rule != "rest" or one.state != "cancelled"
    ]
    for first, second in combinations(kept, 2):
        if (first.protocol_id, first.tumour_id) == (second.protocol_id, second.tumour_id):
            assert first.closes_on < second.opens_on or second.closes_on < first.opens_on


@given(protocols(), histories(), days)
def test_nobody_opens_two_assessments_without_a_rest_between(
    protocol: Protocol, history: History, today: date
) -> None:
    kept = [
        one for one in plan(protocol, history, today) if one.reason.rule != "rest" or one.state != "cancelled"
    ]
    opened = sorted(one.opens_on for one in kept)
    assert all(b - a >= timedelta(days=protocol.rest_days) for a, b in pairwise(opened))


@given(protocols(), histories(), days, st.randoms())
def test_the_order_of_the_facts_does_not_matter(
    protocol: Protocol, history: History, today: date, random: object
) -> None:
    def shuffled(facts: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(facts, len(facts)))  # type: ignore[attr-defined]

    stirred = replace(
        history,
        tumours=shuffled(history.tumours),
        treatments=shuffled(history.treatments),
        reservations=shuffled(history.reservations),
        control_of=shuffled(history.control_of),
    )
    assert plan(protocol, stirred, today) == plan(protocol, history, today)


@given(protocols(), histories(), days)
def test_the_dead_the_emigrated_and_the_reserved_are_never_to_be_asked(
    protocol: Protocol, history: History, today: date
) -> None:
    gone = (
        (history.death_date is not None and history.death_date <= today)
        or (history.death_date is None and history.emigrated_on is None and not history.alive)
        or (history.emigrated_on is not None and history.emigrated_on <= today)
        or any(
            one.starts_on <= today and (one.ends_on is None or today <= one.ends_on)
            for one in history.reservations
        )
    )
    if gone:
        assert not {"planned", "open"} & set(states(plan(protocol, history, today)))


@settings(max_examples=100)
@given(protocols(), histories(), days)
def test_a_day_is_planned_by_what_had_happened_by_then(
    protocol: Protocol, history: History, today: date
) -> None:
    known = replace(
        history,
        alive=history.alive or (history.death_date or history.emigrated_on or date.min) > today,
        death_date=_by(history.death_date, today),
        emigrated_on=_by(history.emigrated_on, today),
        tumours=tuple(one for one in history.tumours if one.incidence_date <= today),
        treatments=tuple(
            replace(one, ended_on=_by(one.ended_on, today))
            for one in history.treatments
            if one.started_on <= today
        ),
        reservations=tuple(one for one in history.reservations if one.starts_on <= today),
        control_of=tuple(one for one in history.control_of if one.index_date <= today),
    )
    assert plan(protocol, known, today) == plan(protocol, history, today)


@given(protocols(), histories(), days)
def test_every_planned_assessment_names_its_rule_and_facts(
    protocol: Protocol, history: History, today: date
) -> None:
    for one in plan(protocol, history, today):
        assert one.reason.facts[0].on == one.anchor_date
        assert str(one.wave) in explain(protocol, one)


def _by(day: date | None, today: date) -> date | None:
    return day if day is not None and day <= today else None
