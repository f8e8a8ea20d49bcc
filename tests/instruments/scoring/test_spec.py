"""Every way in which a scoring can be wrong, in itself or for the instrument it is given to."""

import pytest
from msgspec.structs import replace

from instruments.definition import Item, Option
from instruments.scoring import (
    Answered,
    Band,
    Banding,
    Comparison,
    Flag,
    Linear,
    MissingRule,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    Table,
    check_spec,
)
from instruments.versions import InvalidInstrumentError, with_scoring
from tests.builders.instruments import INSTRUMENT_ID, choice, make_instrument, make_scoring, make_structure

A, B = ScoredItem("a", 0, 3), ScoredItem("b", 0, 3)
STRUCTURE = make_structure(
    choice("a", "w", "x", "y", "z"), choice("b", "w", "x", "y", "z"), Item("t", "text")
)


def spec_of(
    *scales: Scale, items: tuple[ScoredItem, ...] = (A, B), recodes: tuple[Recode, ...] = ()
) -> ScoringSpec:
    return ScoringSpec(INSTRUMENT_ID, "1", items, scales, recodes)


def test_a_sound_scoring_has_no_faults() -> None:
    assert check_spec(spec_of(Scale("s", ("a", "b"))), STRUCTURE) == []


@pytest.mark.parametrize(
    ("spec", "where", "rule"),
    [
        (spec_of(Scale("s", ("a",)), Scale("s", ("b",))), "s", "named twice"),
        (spec_of(Scale("a", ("b",))), "a", "named twice"),
        (spec_of(items=(replace(A, lowest=3),)), "a", "not below its highest"),
        (spec_of(items=(replace(A, highest=float("inf")),)), "a", "not below its highest"),
        (spec_of(items=(replace(A, recode="gone"),)), "a", "a table that is not there"),
        (spec_of(Scale("s")), "s", "no parts"),
        (spec_of(Scale("s", ("a", "a"))), "s", "a part twice"),
        (spec_of(Scale("s", ("nowhere",))), "s", "not scored"),
        (spec_of(Scale("s", scales=("later",)), Scale("later", ("a",))), "s", "does not come before it"),
        (spec_of(Scale("s", ("a",), reverse=("b",))), "s", "not a part of it"),
        (spec_of(Scale("s", ("a",), missing=MissingRule("n-of", 2))), "s", "more parts than it has"),
        (spec_of(Scale("s", ("a",), missing=MissingRule("percent", 0))), "s", "or none"),
        (spec_of(Scale("s", ("a",), transform=Linear(1, 1))), "s", "without a slope"),
        (spec_of(items=(ScoredItem("gone", 0, 3),)), "gone", "not an item"),
        (spec_of(items=(ScoredItem("t", 0, 3),)), "t", "has no number"),
        (spec_of(items=(replace(A, highest=2),)), "a", "out of range: 'z'"),
        (spec_of(items=(replace(A, codes=(("x", 7),)),)), "a", "out of range: 'x'"),
        (replace(spec_of(), instrument_id="another"), "another", "another instrument"),
    ],
)
def test_a_fault_names_the_place_and_the_rule(spec: ScoringSpec, where: str, rule: str) -> None:
    faults = check_spec(spec, STRUCTURE)
    assert faults[0].where == where
    assert rule in faults[0].rule


TWO = Scale("s", ("a", "b"))


@pytest.mark.parametrize(
    ("spec", "where", "rule"),
    [
        (spec_of(recodes=(Recode("r", ()),)), "recode r", "empty"),
        (spec_of(recodes=(Recode("r", ((1, 2), (1, 3))),)), "recode r", "a number twice"),
        (spec_of(recodes=(Recode("r", ((1, float("nan")),)),)), "recode r", "not finite"),
        (replace(spec_of(), tables=(Table("t", ((1, 2, 3), (1, 2))),)), "table t", "different lengths"),
        (replace(spec_of(), tables=(Table("t", ((1, 2, 3), (1, 2, 4))),)), "table t", "two rows"),
        (spec_of(items=(replace(A, absent=(9,), inapplicable=(9,)),)), "a", "both absent and not applicable"),
        (spec_of(replace(TWO, recodes=(("c", "r"),))), "s", "not a part of it"),
        (spec_of(replace(TWO, recodes=(("a", "gone"),))), "s", "a table that is not there"),
        (spec_of(replace(TWO, recode="gone")), "s", "a table that is not there"),
        (spec_of(replace(TWO, combine="table")), "s", "names none"),
        (spec_of(replace(TWO, table="gone")), "s", "names one and is not"),
        (spec_of(replace(TWO, combine="table", table="gone")), "s", "not there"),
        (spec_of(replace(TWO, answered=(Answered(("a", "gone"), 1),))), "s", "'gone', which is not scored"),
        (spec_of(replace(TWO, answered=(Answered(("a", "b"), 3),))), "s", "more items answered"),
        (spec_of(replace(TWO, inapplicable_if=(Comparison("gone", "=", 1),))), "s", "looks at 'gone'"),
        (spec_of(replace(TWO, lowest=100)), "s", "not below its highest"),
        (spec_of(replace(TWO, decimals=-1)), "s", "is rounded"),
        (spec_of(replace(TWO, off="disputed"), Scale("t", scales=("s",))), "t", "which is off"),
        (replace(spec_of(TWO), flags=(Flag("f", ()),)), "f", "tests nothing"),
        (replace(spec_of(TWO), flags=(Flag("f", (Comparison("x", "=", 1),)),)), "f", "tests 'x'"),
        (replace(spec_of(TWO), flags=(Flag("s", (Comparison("a", "=", 1),)),)), "s", "named twice"),
        (replace(spec_of(TWO), bandings=(Banding("b1", "x", (Band("l", 0),)),)), "b1", "not there or off"),
        (replace(spec_of(TWO), bandings=(Banding("b1", "s", ()),)), "b1", "no bands"),
        (
            replace(spec_of(TWO), bandings=(Banding("b1", "s", (Band("l", 1), Band("m", 1))),)),
            "b1",
            "do not rise",
        ),
    ],
)
def test_a_fault_of_tables_flags_and_bands_names_the_place_and_the_rule(
    spec: ScoringSpec, where: str, rule: str
) -> None:
    faults = check_spec(spec, STRUCTURE)
    assert faults[0].where == where
    assert rule in faults[0].rule


def test_an_item_with_several_answers_has_no_number() -> None:
    many = Item("a", "choice", (Option("x", 1.0), Option("y", 2.0)), repeats=True)
    (fault,) = check_spec(spec_of(items=(A,)), make_structure(many))
    assert "no one number" in fault.rule


def test_an_option_without_a_number_is_named() -> None:
    item = Item("a", "choice", (Option("x", 1.0), Option("unsure")))
    (fault,) = check_spec(spec_of(items=(A,)), make_structure(item))
    assert fault.rule == "has an option without a number: 'unsure'"


SLIDER = Item("a", "integer", minimum=0, maximum=2)
TABLE = Recode("t", ((0, 3), (1, 2), (2, 0)))


@pytest.mark.parametrize(
    ("item", "scored"),
    [
        (SLIDER, ScoredItem("a", 0, 2)),
        (SLIDER, ScoredItem("a", 0, 3, recode="t")),
        (Item("a", "decimal", minimum=0, maximum=2), ScoredItem("a", 0, 2)),
        (Item("a", "boolean"), ScoredItem("a", 0, 1)),
    ],
)
def test_a_number_or_a_yes_that_is_always_in_range_is_scored(item: Item, scored: ScoredItem) -> None:
    assert check_spec(spec_of(items=(scored,), recodes=(TABLE,)), make_structure(item)) == []


@pytest.mark.parametrize(
    ("item", "scored"),
    [
        (Item("a", "integer", minimum=0), ScoredItem("a", 0, 2)),
        (SLIDER, ScoredItem("a", 0, 1)),
        (Item("a", "integer", minimum=0, maximum=3), ScoredItem("a", 0, 3, recode="t")),
        (Item("a", "decimal", minimum=0, maximum=2), ScoredItem("a", 0, 3, recode="t")),
        (Item("a", "boolean"), ScoredItem("a", 0, 3, recode="t")),
    ],
)
def test_a_number_that_an_answer_may_have_and_the_scoring_may_not_is_refused(
    item: Item, scored: ScoredItem
) -> None:
    table = Recode("t", ((0, 3), (2, 0))) if item.kind == "boolean" else TABLE
    assert [
        fault.where for fault in check_spec(spec_of(items=(scored,), recodes=(table,)), make_structure(item))
    ]


def test_an_option_that_counts_as_missing_may_be_out_of_range() -> None:
    item = Item("a", "choice", (Option("x", 1.0), Option("not-relevant", 9.0)))
    assert check_spec(spec_of(items=(replace(A, absent=(9,)),)), make_structure(item)) == []


def test_a_scoring_is_attached_where_it_fits() -> None:
    instrument = make_instrument(choice("a", "w", "x", "y", "z"))
    scored = with_scoring(instrument, make_scoring("a"))
    assert scored.scoring == make_scoring("a")
    assert replace(scored, scoring=instrument.scoring) == instrument


def test_a_scoring_is_refused_where_it_does_not_fit() -> None:
    with pytest.raises(InvalidInstrumentError) as caught:
        with_scoring(make_instrument(choice("a", "w", "x")), make_scoring("a", "b"))
    assert caught.value.where == "b"
