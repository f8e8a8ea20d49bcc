"""What holds for every scoring: missing rules, direction, bounds, order, reasons and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from instruments.answers import Answers
from instruments.definition import Item
from instruments.scoring import (
    Linear,
    MissingColumnError,
    MissingRule,
    OutOfRangeError,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    score,
    score_answers,
)
from instruments.scoring.engine import ROWS_AT_ONCE
from tests.builders.instruments import INSTRUMENT_ID, choice, make_scoring, make_structure

NAMES = ("a", "b", "c", "d")
ANSWER = st.one_of(st.integers(0, 3).map(float), st.just(float("nan")))
ROWS = st.lists(st.tuples(*(ANSWER for _ in NAMES)), min_size=1, max_size=30)
RULES = st.sampled_from(
    [MissingRule(kind) for kind in ("any", "half", "all")]
    + [MissingRule("n-of", n) for n in (1, 2, 3, 4)]
    + [MissingRule("percent", share) for share in (1, 50, 80, 100)]
)


def columns_of(rows: list[tuple[float, ...]]) -> dict[str, NDArray[np.float64]]:
    return {name: np.array([row[index] for row in rows]) for index, name in enumerate(NAMES)}


def one_scale(scale: Scale, *items: ScoredItem) -> ScoringSpec:
    scored = items or tuple(ScoredItem(name, 0, 3) for name in NAMES)
    return ScoringSpec(INSTRUMENT_ID, "1", scored, (scale,))


@given(ROWS, RULES)
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[float, ...]], rule: MissingRule) -> None:
    spec = make_scoring(*NAMES, missing=rule)
    turned = list(reversed(rows))
    assert np.array_equal(
        score(spec, columns_of(rows))["all"][::-1], score(spec, columns_of(turned))["all"], equal_nan=True
    )


@given(ROWS, RULES)
def test_a_row_is_scored_the_same_alone_as_among_others(
    rows: list[tuple[float, ...]], rule: MissingRule
) -> None:
    spec = make_scoring(*NAMES, missing=rule)
    together = score(spec, columns_of(rows))["all"]
    alone = [score(spec, columns_of([row]))["all"][0] for row in rows]
    assert np.allclose(together, alone, atol=1e-12, equal_nan=True)


@given(ROWS, RULES)
def test_a_score_stays_within_its_bounds(rows: list[tuple[float, ...]], rule: MissingRule) -> None:
    values = score(make_scoring(*NAMES, missing=rule), columns_of(rows))["all"]
    there = values[~np.isnan(values)]
    assert ((there >= -1e-9) & (there <= 100 + 1e-9)).all()


@given(ROWS, RULES)
def test_reversing_every_item_mirrors_the_score(rows: list[tuple[float, ...]], rule: MissingRule) -> None:
    line = Linear(0, 3)
    plain = score(one_scale(Scale("s", NAMES, missing=rule, transform=line)), columns_of(rows))["s"]
    turned = Scale("s", NAMES, reverse=NAMES, missing=rule, transform=line)
    assert np.allclose(100 - plain, score(one_scale(turned), columns_of(rows))["s"], equal_nan=True)


@given(ROWS, RULES)
def test_a_score_is_there_exactly_when_the_missing_rule_says_so(
    rows: list[tuple[float, ...]], rule: MissingRule
) -> None:
    values = score(make_scoring(*NAMES, missing=rule), columns_of(rows))["all"]
    needed = rule.needed(len(NAMES))
    for row, value in zip(rows, values, strict=True):
        answered = [one for one in row if not math.isnan(one)]
        assert (not math.isnan(value)) is (len(answered) >= needed)
        if not math.isnan(value):
            assert value == pytest.approx(np.mean(answered) / 3 * 100)


@given(ROWS)
def test_prorating_gives_the_sum_where_nothing_is_missing(rows: list[tuple[float, ...]]) -> None:
    whole = [row for row in rows if not any(map(math.isnan, row))]
    prorated = Scale("s", NAMES, combine="prorated-sum", missing=MissingRule("any"), highest=12)
    summed = Scale("s", NAMES, combine="sum", missing=MissingRule("all"), highest=12)
    columns = columns_of(whole)
    assert np.allclose(score(one_scale(prorated), columns)["s"], score(one_scale(summed), columns)["s"])


@pytest.mark.parametrize(
    ("rule", "parts", "needed"),
    [
        (MissingRule("any"), 5, 1),
        (MissingRule("half"), 5, 3),
        (MissingRule("half"), 4, 2),
        (MissingRule("half"), 1, 1),
        (MissingRule("all"), 5, 5),
        (MissingRule("n-of", 4), 5, 4),
        (MissingRule("percent", 80), 5, 4),
        (MissingRule("percent", 80), 6, 5),
        (MissingRule("percent", 1), 5, 1),
    ],
)
def test_how_many_parts_each_missing_rule_needs(rule: MissingRule, parts: int, needed: int) -> None:
    assert rule.needed(parts) == needed


def test_a_recode_may_go_up_and_down() -> None:
    spec = ScoringSpec(
        INSTRUMENT_ID,
        "1",
        (ScoredItem("a", 0, 5, recode="bent"),),
        (Scale("s", ("a",), combine="sum"),),
        (Recode("bent", ((0, 4), (1, 2), (2, 0), (3, 5))),),
    )
    values = score(spec, {"a": np.array([0, 1, 2, 3, np.nan])})["s"]
    assert np.array_equal(values, [4, 2, 0, 5, np.nan], equal_nan=True)


def test_a_recode_onto_its_own_numbers_is_not_followed_twice() -> None:
    spec = ScoringSpec(
        INSTRUMENT_ID,
        "1",
        (ScoredItem("a", 0, 2, recode="swap"),),
        (Scale("s", ("a",)),),
        (Recode("swap", ((0, 1), (1, 2), (2, 0))),),
    )
    assert score(spec, {"a": np.array([0.0, 1.0, 2.0])})["s"].tolist() == [1, 2, 0]


def test_a_number_that_stands_for_not_applicable_counts_as_missing() -> None:
    spec = one_scale(Scale("s", ("a", "b")), ScoredItem("a", 1, 4, absent=(9,)), ScoredItem("b", 1, 4))
    assert score(spec, {"a": np.array([9.0]), "b": np.array([3.0])})["s"].tolist() == [3]


def test_a_scale_of_scales_waits_for_all_of_them_and_may_reverse_some() -> None:
    spec = ScoringSpec(
        INSTRUMENT_ID,
        "1",
        (ScoredItem("a", 0, 3), ScoredItem("b", 0, 3)),
        (
            Scale("good", ("a",), transform=Linear(0, 3)),
            Scale("bad", ("b",), transform=Linear(0, 3)),
            Scale("both", scales=("good", "bad"), reverse=("bad",), missing=MissingRule("all")),
        ),
    )
    values = score(spec, {"a": np.array([3, 3]), "b": np.array([0, np.nan])})
    assert np.array_equal(values["both"], [100, np.nan], equal_nan=True)


@pytest.mark.parametrize("wrong", [4, -1, np.inf, -np.inf])
def test_a_number_out_of_range_is_refused_with_its_item_and_row(wrong: float) -> None:
    columns = columns_of([(0.0, 0.0, 0.0, 0.0)] * 3)
    columns["c"][2] = wrong
    with pytest.raises(OutOfRangeError) as caught:
        score(make_scoring(*NAMES), columns)
    assert (caught.value.item_id, caught.value.row) == ("c", 2)
    assert str(wrong) not in str(caught.value)


def test_a_number_that_a_recode_does_not_know_is_refused() -> None:
    spec = ScoringSpec(
        INSTRUMENT_ID,
        "1",
        (ScoredItem("a", 0, 100, recode="t"),),
        (Scale("s", ("a",)),),
        (Recode("t", ((0, 0), (1, 100))),),
    )
    with pytest.raises(OutOfRangeError):
        score(spec, {"a": np.array([0, 2])})


def test_a_missing_column_is_named() -> None:
    with pytest.raises(MissingColumnError) as caught:
        score(make_scoring(*NAMES), {name: np.zeros(2) for name in NAMES[:-1]})
    assert caught.value.item_id == "d"


def test_columns_of_different_lengths_are_refused() -> None:
    columns = {name: np.zeros(2) for name in NAMES} | {"a": np.zeros(3)}
    with pytest.raises(ValueError, match="different lengths"):
        score(make_scoring(*NAMES), columns)


def test_columns_of_whole_numbers_and_no_rows_are_scored_too() -> None:
    columns = {name: np.array([1, 2]) for name in NAMES}
    assert score(make_scoring(*NAMES), columns)["all"].tolist() == pytest.approx([100 / 3, 200 / 3])
    assert score(make_scoring(*NAMES), {name: np.zeros(0) for name in NAMES})["all"].shape == (0,)


def test_rows_beyond_one_block_are_scored_as_those_within_it() -> None:
    rows = (np.arange(ROWS_AT_ONCE * 2 + 3) % 4).astype(np.float64)
    values = score(make_scoring(*NAMES), dict.fromkeys(NAMES, rows))["all"]
    assert np.allclose(values, rows / 3 * 100)


def test_the_columns_given_are_not_changed() -> None:
    column = np.array([1.0, 9.0])
    score(one_scale(Scale("s", ("a",)), ScoredItem("a", 0, 3, absent=(9,))), {"a": column})
    assert column.tolist() == [1, 9]


STRUCTURE = make_structure(
    choice("a", "w", "x", "y", "z"), choice("b", "w", "x", "y", "z"), Item("c", "integer")
)
SPEC = make_scoring("a", "b", "c")


def test_one_persons_answers_are_scored_with_reasons() -> None:
    (verdict,) = score_answers(SPEC, STRUCTURE, Answers({"a": ("z",), "c": (0,)}, skipped=("b",)))
    assert verdict.value == pytest.approx(50)
    assert (verdict.used, verdict.missing) == (("a", "c"), ("b",))
    assert verdict.rule == "mean; half: 2 of 3 parts, 2 needed"


def test_too_few_answers_give_no_score_and_say_why() -> None:
    (verdict,) = score_answers(SPEC, STRUCTURE, Answers({"a": ("z",)}))
    assert verdict.value is None
    assert (verdict.used, verdict.missing) == (("a",), ("b", "c"))


def test_the_specs_own_number_of_an_option_goes_before_the_options() -> None:
    items = (ScoredItem("a", 0, 3, codes=(("z", 0),)),)
    spec = ScoringSpec(INSTRUMENT_ID, "1", items, (Scale("s", ("a",)),))
    (verdict,) = score_answers(spec, STRUCTURE, Answers({"a": ("z",)}))
    assert verdict.value == 0


def test_an_answer_that_is_not_applicable_is_missing_in_the_reasons_too() -> None:
    items = (ScoredItem("a", 0, 2, absent=(3,)), ScoredItem("b", 0, 3))
    spec = ScoringSpec(INSTRUMENT_ID, "1", items, (Scale("s", ("a", "b")),))
    (verdict,) = score_answers(spec, STRUCTURE, Answers({"a": ("z",), "b": ("x",)}))
    assert (verdict.value, verdict.used, verdict.missing) == (1, ("b",), ("a",))


@given(st.lists(st.sampled_from(["w", "x", "y", "z", None]), min_size=3, max_size=3))
def test_one_response_is_the_array_of_length_one(codes: list[str | None]) -> None:
    structure = make_structure(*(choice(name, "w", "x", "y", "z") for name in "abc"))
    answers = Answers({name: (code,) for name, code in zip("abc", codes, strict=True) if code is not None})
    (verdict,) = score_answers(SPEC, structure, answers)
    columns = {
        name: np.array([np.nan if code is None else float("wxyz".index(code))])
        for name, code in zip("abc", codes, strict=True)
    }
    value = score(SPEC, columns)["all"][0]
    assert verdict.value is None if math.isnan(value) else verdict.value == pytest.approx(value)
