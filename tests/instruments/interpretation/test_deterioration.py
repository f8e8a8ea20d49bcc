"""Time to deterioration: the figures of QoLR, the definitions read out, and what always holds."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from instruments.interpretation import (
    DeteriorationDefinition,
    InvalidTimesError,
    Times,
    UnknownNameError,
    time_to_deterioration,
    times_by_scale,
)
from instruments.interpretation.deterioration import DAYS_PER_MONTH, Definitive, Reference

VECTORS = Path(__file__).parent / "ttd_tudd_qolr.csv"
DAYS = [0, 90, 365, 1095, 1825]
NAN = math.nan

FIRST = DeteriorationDefinition("first, against baseline", 10, "higher-better")
FIRST_FROM_BEST = msgspec.structs.replace(FIRST, name="first, against the best", reference="best-previous")
LASTING = msgspec.structs.replace(FIRST, name="lasting", definitive="no-recovery-from-reference")
AT_EVERY_LATER = msgspec.structs.replace(FIRST, name="at every later", definitive="at-every-later")

Scores = list[list[float]]


def one(scores: Sequence[float], definition: DeteriorationDefinition, death: float | None = None) -> Times:
    deaths = None if death is None else [death]
    return time_to_deterioration([scores], DAYS[: len(scores)], definition, deaths)


def outcome(times: Times) -> tuple[float, float, str]:
    """Event, days and what ended the time, of the one person."""
    return float(times.event[0]), float(times.months[0]) * DAYS_PER_MONTH, str(times.because[0])


def column(rows: list[dict[str, str]], name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) if row[name] else NAN for row in rows])


@pytest.mark.parametrize(
    ("prefix", "definition"), [("ttd_base", FIRST), ("ttd_best", FIRST_FROM_BEST), ("tudd_base", LASTING)]
)
def test_the_figures_of_qolr_are_reproduced(prefix: str, definition: DeteriorationDefinition) -> None:
    with VECTORS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = np.column_stack([column(rows, f"qol_d{day}") for day in DAYS])
    times = time_to_deterioration(scores, DAYS, definition, column(rows, "death"))
    np.testing.assert_array_equal(times.event, column(rows, f"{prefix}_event"))
    np.testing.assert_allclose(times.months, column(rows, f"{prefix}_months"), rtol=0, atol=1e-6)


def test_a_worsening_of_exactly_the_points_is_a_deterioration() -> None:
    assert outcome(one([50, 40, 50], FIRST)) == (1, 90, "deteriorated")
    assert outcome(one([0.3, 0.2], msgspec.structs.replace(FIRST, points=0.1)))[0] == 1


def test_recovery_to_the_baseline_undoes_only_what_must_be_there_at_every_later_assessment() -> None:
    course = [50, 40, 50, 45, 35]
    assert outcome(one(course, LASTING)) == (1, 90, "deteriorated")
    assert outcome(one(course, AT_EVERY_LATER)) == (1, 1825, "deteriorated")


def test_an_improvement_of_more_than_the_points_over_the_reference_undoes_what_came_before() -> None:
    assert outcome(one([50, 40, 60, 50], LASTING)) == (1, 90, "deteriorated")
    assert outcome(one([50, 40, 60.1, 50], LASTING)) == (0, 1095, "last-assessment")
    assert outcome(one([50, 40, 60.1, 30], LASTING)) == (1, 1095, "deteriorated")


def test_against_the_deteriorated_score_a_recovery_from_there_undoes_it() -> None:
    definition = msgspec.structs.replace(FIRST, definitive="no-recovery-from-deteriorated")
    assert outcome(one([50, 20, 30, 30], definition)) == (1, 90, "deteriorated")
    assert outcome(one([50, 20, 31, 30], definition)) == (1, 365, "deteriorated")


def test_the_best_previous_score_moves_and_the_previous_one_moves_both_ways() -> None:
    previous = msgspec.structs.replace(FIRST, reference="previous")
    course = [50, 70, 61, 52]
    assert outcome(one(course, FIRST))[0] == 0
    assert outcome(one(course, FIRST_FROM_BEST)) == (1, 1095, "deteriorated")
    assert outcome(one(course, previous))[0] == 0


def test_missing_assessments_are_passed_over() -> None:
    assert outcome(one([50, NAN, 40, NAN, 45], LASTING)) == (1, 365, "deteriorated")
    assert outcome(one([50, 45, NAN, NAN, NAN], FIRST)) == (0, 90, "last-assessment")
    assert outcome(one([50, NAN, 41], msgspec.structs.replace(FIRST, reference="previous")))[0] == 0


def test_a_deterioration_followed_by_silence_counts_unless_the_definition_wants_it_confirmed() -> None:
    confirmed = msgspec.structs.replace(LASTING, unconfirmed="censored")
    silent = [50, 40, NAN, NAN, NAN]
    assert outcome(one(silent, LASTING)) == (1, 90, "deteriorated")
    assert outcome(one(silent, confirmed)) == (0, 90, "last-assessment")
    assert outcome(one([50, 40, NAN, 40], confirmed)) == (1, 90, "deteriorated")


def test_who_has_no_baseline_is_censored_at_once_counted_or_left_out_as_the_definition_says() -> None:
    course = [NAN, 80, 60]
    assert outcome(one(course, FIRST)) == (0, 0, "no-baseline")
    counted = msgspec.structs.replace(FIRST, no_baseline="event")
    assert outcome(one(course, counted)) == (1, 0, "no-baseline")
    left_out = one(course, msgspec.structs.replace(FIRST, no_baseline="excluded"))
    assert np.isnan(left_out.event[0])
    assert np.isnan(left_out.months[0])
    assert left_out.because[0] == "excluded"


def test_the_best_previous_score_needs_a_day_of_baseline_but_no_score_there() -> None:
    assert outcome(one([NAN, 80, 60], FIRST_FROM_BEST)) == (1, 365, "deteriorated")
    assert outcome(one([NAN, NAN, 60], FIRST_FROM_BEST)) == (0, 365, "last-assessment")
    undated = time_to_deterioration([[70, 80, 60]], [[NAN, 90, 365]], FIRST_FROM_BEST)
    assert outcome(undated) == (0, 0, "no-baseline")


def test_who_answered_only_the_baseline_is_censored_the_day_after() -> None:
    assert outcome(one([50, NAN, NAN], FIRST)) == (0, pytest.approx(1), "no-follow-up")
    assert outcome(one([50], FIRST)) == (0, pytest.approx(1), "no-follow-up")
    lost = msgspec.structs.replace(FIRST, no_follow_up="event")
    assert outcome(one([50, NAN], lost)) == (1, pytest.approx(1), "no-follow-up")


def test_who_answered_nothing_has_no_time() -> None:
    times = one([NAN, NAN], FIRST)
    assert np.isnan(times.event[0])
    assert np.isnan(times.months[0])
    assert times.because[0] == "no-answers"


def test_death_is_no_event_unless_the_definition_says_so() -> None:
    or_death = msgspec.structs.replace(FIRST, death="event")
    stable = [50, 50, NAN, NAN]
    assert outcome(one(stable, FIRST, 400)) == (0, 90, "last-assessment")
    assert outcome(one(stable, or_death, 400)) == (1, pytest.approx(400), "death")
    assert outcome(one(stable, or_death, NAN)) == (0, 90, "last-assessment")


def test_death_comes_after_a_deterioration_and_never_begins_a_time() -> None:
    or_death = msgspec.structs.replace(FIRST, death="event")
    assert outcome(one([50, 40, NAN], or_death, 400)) == (1, 90, "deteriorated")
    assert outcome(one([50, NAN, NAN], or_death, 10)) == (1, pytest.approx(10), "death")
    assert outcome(one([NAN, 50, NAN], or_death, 400)) == (0, 0, "no-baseline")


def test_days_count_from_each_persons_own_baseline() -> None:
    scores = [[50, 40], [50, 40]]
    times = time_to_deterioration(scores, [[1000, 1090], [20, 385]], FIRST)
    np.testing.assert_allclose(times.months * DAYS_PER_MONTH, [90, 365])


def test_a_score_without_its_day_is_missing() -> None:
    times = time_to_deterioration([[50, 30, 50]], [[0, NAN, 365]], FIRST)
    assert outcome(times) == (0, 365, "last-assessment")


def test_several_scales_have_a_definition_each() -> None:
    fatigue = msgspec.structs.replace(FIRST, direction="higher-worse")
    times = times_by_scale(
        {"QL": [[50, 40]], "FA": [[10, 40]], "PA": [[0, 0]]}, [0, 90], {"QL": FIRST, "FA": fatigue}
    )
    assert {scale: float(one_scale.event[0]) for scale, one_scale in times.items()} == {"QL": 1, "FA": 1}
    with pytest.raises(UnknownNameError, match="no scores of scale 'SL'; it has QL"):
        times_by_scale({"QL": [[50, 40]]}, [0, 90], {"SL": FIRST})


@pytest.mark.parametrize(
    ("scores", "days", "deaths", "sentence"),
    [
        ([50, 40], [0, 90], None, "scores: must have the shape"),
        ([[50, 40]], [0, 90, 365], None, "days: must be one for each assessment, 2"),
        ([[50, 40, 30]], [0, 90, 90], None, "days of row 1: assessment 3 is not later"),
        ([[50, 40], [50, 40]], [[0, 90], [90, 0]], None, "days of row 2: assessment 2 is not later"),
        ([[50, math.inf]], [0, 90], None, "must be finite"),
        ([[50, 40]], [0, 90], [30], "death_days of row 1: an assessment was answered after"),
        ([[50, 40]], [0, 90], [100, 200], "death_days: must be one for each person, 1"),
    ],
)
def test_what_is_no_follow_up_is_refused(
    scores: list[float], days: list[float], deaths: list[float] | None, sentence: str
) -> None:
    with pytest.raises(InvalidTimesError, match=sentence):
        time_to_deterioration(scores, days, FIRST, deaths)


@pytest.mark.parametrize("points", [0, -5, NAN, math.inf])
def test_a_definition_needs_points(points: float) -> None:
    with pytest.raises(InvalidTimesError, match="points: must be more than 0"):
        one([50, 40], msgspec.structs.replace(FIRST, points=points))


score_values = st.one_of(st.just(NAN), st.integers(0, 20).map(lambda step: step * 5.0))
courses = st.lists(st.lists(score_values, min_size=5, max_size=5), min_size=1, max_size=6)
definitions = st.builds(
    DeteriorationDefinition,
    name=st.just("any"),
    points=st.sampled_from([5.0, 10.0, 12.5]),
    direction=st.sampled_from(["higher-better", "higher-worse"]),
    reference=st.sampled_from(get_args(Reference)),
    definitive=st.sampled_from(get_args(Definitive)),
)


def read_out(course: Sequence[float], definition: DeteriorationDefinition) -> int | None:
    """The place of the event in one course, by the words of the definition."""
    sign = 1 if definition.direction == "higher-better" else -1
    known = [(place, sign * score) for place, score in enumerate(course) if not math.isnan(score)]
    for place, score in known:
        before = [earlier for at, earlier in known if at < place]
        after = [later for at, later in known if at > place]
        if definition.reference == "baseline":
            before = [earlier for at, earlier in known if at == 0 < place]
        if not before:
            continue
        reference = max(before) if definition.reference == "best-previous" else before[-1]
        if reference - score < definition.points:
            continue
        lasts = {
            "first": True,
            "no-recovery-from-reference": all(later - reference <= definition.points for later in after),
            "at-every-later": all(reference - later >= definition.points for later in after),
            "no-recovery-from-deteriorated": all(later - score <= definition.points for later in after),
        }
        if lasts[definition.definitive]:
            return place
    return None


@given(courses, definitions)
def test_the_event_is_the_one_that_the_definition_reads_out(
    scores: Scores, definition: DeteriorationDefinition
) -> None:
    times = time_to_deterioration(scores, DAYS, definition)
    for course, months, because in zip(scores, times.months, times.because, strict=True):
        place = read_out(course, definition)
        assert (because == "deteriorated") == (place is not None)
        if place is not None:
            assert months * DAYS_PER_MONTH == pytest.approx(DAYS[place])


@given(courses, definitions)
def test_definitive_deterioration_never_comes_before_the_first(
    scores: Scores, definition: DeteriorationDefinition
) -> None:
    first = time_to_deterioration(scores, DAYS, msgspec.structs.replace(definition, definitive="first"))
    lasting = time_to_deterioration(scores, DAYS, definition)
    events = lasting.because == "deteriorated"
    assert (first.because[events] == "deteriorated").all()
    assert (first.months[events] <= lasting.months[events]).all()


@given(courses, st.lists(score_values, min_size=6, max_size=6), definitions)
def test_a_later_assessment_never_changes_an_earlier_first_deterioration(
    scores: Scores, later: list[float], definition: DeteriorationDefinition
) -> None:
    first = msgspec.structs.replace(definition, definitive="first")
    before = time_to_deterioration(scores, DAYS, first)
    longer = [[*course, score] for course, score in zip(scores, later, strict=False)]
    after = time_to_deterioration(longer, [*DAYS, 2555], first)
    events = before.because == "deteriorated"
    assert (after.event[events] == 1).all()
    np.testing.assert_array_equal(after.months[events], before.months[events])


@given(courses, definitions)
def test_a_reversed_scale_has_the_same_times(scores: Scores, definition: DeteriorationDefinition) -> None:
    other = "higher-worse" if definition.direction == "higher-better" else "higher-better"
    turned = time_to_deterioration(
        100 - np.array(scores), DAYS, msgspec.structs.replace(definition, direction=other)
    )
    times = time_to_deterioration(scores, DAYS, definition)
    np.testing.assert_array_equal(turned.event, times.event)
    np.testing.assert_array_equal(turned.months, times.months)


@given(courses, definitions)
def test_one_person_is_scored_as_in_a_column_of_many(
    scores: Scores, definition: DeteriorationDefinition
) -> None:
    together = time_to_deterioration(scores, DAYS, definition)
    alone = [time_to_deterioration([course], DAYS, definition) for course in scores]
    np.testing.assert_array_equal(together.months, [times.months[0] for times in alone])
    np.testing.assert_array_equal(together.because, [times.because[0] for times in alone])
