"""Change: whether it reaches the least difference that matters, in the direction of the scale."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.interpretation import (
    Amount,
    Evidence,
    Mid,
    NoFigureError,
    UnknownNameError,
    change,
    changes,
    direction_of,
    interpretation_of,
    mid_named,
)
from instruments.scoring.spec import Direction

MADE_UP = Evidence("made up for this test", "verified")
UNEVEN = Mid("uneven", MADE_UP, improvement=Amount(4, 8), deterioration=Amount(6, 12))
EVEN = Mid("even", MADE_UP, improvement=Amount(10, 10), deterioration=Amount(10, 10))

directions = st.sampled_from(["higher-better", "higher-worse"])
scores = st.floats(0, 100)


def test_improvement_and_deterioration_have_their_own_amounts() -> None:
    assert change(50, 54, UNEVEN, "higher-better") == "improved"
    assert change(50, 46, UNEVEN, "higher-better") == "stable"
    assert change(50, 44, UNEVEN, "higher-better") == "deteriorated"
    assert change(50, 54, UNEVEN, "higher-worse") == "stable"
    assert change(50, 56, UNEVEN, "higher-worse") == "deteriorated"


def test_either_end_of_a_published_range_can_be_asked_for() -> None:
    assert change(50, 57, UNEVEN, "higher-better", end="lowest") == "improved"
    assert change(50, 57, UNEVEN, "higher-better", end="highest") == "stable"


def test_a_change_of_exactly_the_amount_counts_in_spite_of_binary_rounding() -> None:
    assert (
        change(0.3, 0.2, Mid("tenth", MADE_UP, (), Amount(0.1), Amount(0.1)), "higher-better")
        == "deteriorated"
    )


def test_a_column_keeps_what_is_missing() -> None:
    kinds = changes([50, 50, math.nan, 50], [60, 40, 50, math.nan], EVEN, "higher-better")
    np.testing.assert_array_equal(kinds, [1, -1, math.nan, math.nan])
    assert change(math.nan, 50, EVEN, "higher-better") == "unknown"


def test_a_difference_published_for_one_way_is_not_used_for_the_other() -> None:
    phq_9 = interpretation_of("phq-9")
    one_way = mid_named(phq_9, "kounali-2022", "total_complete_only")
    with pytest.raises(NoFigureError, match="'kounali-2022' gives no amount of deterioration"):
        change(10, 12, one_way, "higher-worse")


def test_an_open_range_has_no_upper_end() -> None:
    open_ended = mid_named(interpretation_of("qlq-c30"), "osoba-1998-very-much", "QL")
    assert change(80, 50, open_ended, "higher-better") == "deteriorated"
    with pytest.raises(NoFigureError, match="upper end"):
        change(80, 50, open_ended, "higher-better", end="highest")


def test_the_difference_of_a_scale_is_found_by_its_name() -> None:
    epic = interpretation_of("epic-26")
    drop = mid_named(epic, "skolarus-2015", "SEX")
    assert drop.deterioration == Amount(10, 12)
    assert change(60, 49, drop, direction_of("epic-26", "SEX")) == "deteriorated"
    with pytest.raises(
        UnknownNameError, match=r"no important difference of SEX named 'other'; it has skolarus-2015"
    ):
        mid_named(epic, "other", "SEX")


def test_a_difference_for_the_whole_instrument_fits_every_scale_of_it_and_no_other() -> None:
    c30 = interpretation_of("qlq-c30")
    assert mid_named(c30, "registry-default", "SL").deterioration == Amount(10, 10)
    with pytest.raises(UnknownNameError, match="has no scale 'XX'"):
        mid_named(c30, "registry-default", "XX")


def test_a_scale_that_is_off_has_no_direction() -> None:
    with pytest.raises(UnknownNameError, match="has no scale 'PRSAC'"):
        direction_of("qlq-pr25", "PRSAC")


@given(scores, directions)
def test_no_change_is_stable(score: float, direction: Direction) -> None:
    assert change(score, score, EVEN, direction) == "stable"


@given(scores, scores, directions)
def test_a_reversed_scale_changes_in_the_same_way(before: float, after: float, direction: Direction) -> None:
    other: Direction = "higher-worse" if direction == "higher-better" else "higher-better"
    assert change(before, after, UNEVEN, direction) == change(-before, -after, UNEVEN, other)


@given(scores, scores, directions)
def test_what_improved_deteriorates_on_the_way_back(
    before: float, after: float, direction: Direction
) -> None:
    there, back = change(before, after, EVEN, direction), change(after, before, EVEN, direction)
    assert (there == "improved") == (back == "deteriorated")


@given(st.lists(st.tuples(scores, scores), max_size=8), directions)
def test_a_column_changes_as_its_rows_do(pairs: list[tuple[float, float]], direction: Direction) -> None:
    kinds = changes([one[0] for one in pairs], [one[1] for one in pairs], UNEVEN, direction)
    words = {1.0: "improved", 0.0: "stable", -1.0: "deteriorated"}
    assert [words[float(kind)] for kind in kinds] == [change(*pair, UNEVEN, direction) for pair in pairs]
