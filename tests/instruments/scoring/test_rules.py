"""The kinds of rule beside sums and means: tables, flags, bands, rounding, parts asked alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.answers import Answers
from instruments.bank import CATR_GRID
from instruments.catalogue import entry, names
from instruments.definition import Grid
from instruments.scoring import (
    Answered,
    Band,
    Banding,
    Comparison,
    Flag,
    Linear,
    MissingColumnError,
    MissingRule,
    NamedBank,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    Table,
    check_spec,
    judge_answers,
    judge_numbers,
    label,
    narrowed,
    score,
)
from instruments.scoring.spec import shown_scales
from tests.builders.banks import answers_of, rows_of, synthetic_bank
from tests.builders.instruments import INSTRUMENT_ID, choice, make_structure

NAN = float("nan")
A, B, C = (ScoredItem(name, 0, 3) for name in "abc")
ALL = MissingRule("all")
GRADES = Table("grades", ((0, 0, 0), (1, 1, 2), (1, 2, 3)))


def spec_of(*scales: Scale, **more: object) -> ScoringSpec:
    parts: dict[str, object] = {"items": (A, B, C), "scales": scales} | more
    spec = ScoringSpec(INSTRUMENT_ID, "1", **parts)  # type: ignore[arg-type]
    assert check_spec(spec) == []
    return spec


def columns(*rows: tuple[float, float, float]) -> dict[str, np.ndarray]:
    return dict(zip("abc", np.array(rows, dtype=np.float64).T, strict=True))


def test_a_table_grades_what_it_has_and_nothing_else() -> None:
    spec = spec_of(Scale("g", ("a", "b"), combine="table", table="grades"), tables=(GRADES,))
    grades = score(spec, columns((0, 0, 0), (1, 2, 0), (2, 2, 0), (1, NAN, 0)))["g"]
    assert grades.tolist()[:2] == [0, 3]
    assert np.isnan(grades[2:]).all()


def test_what_branching_did_not_ask_counts_as_zero_after_a_zero_only() -> None:
    spec = spec_of(Scale("g", ("a", "b"), combine="table", table="grades", assumed=0), tables=(GRADES,))
    grades = score(spec, columns((0, NAN, 0), (1, NAN, 0), (NAN, 0, 0)))["g"]
    assert grades[0] == 0
    assert np.isnan(grades[1:]).all()


def test_an_item_can_count_by_another_table_in_another_scale() -> None:
    halves = Recode("halves", ((0, 0), (1, 0), (2, 1), (3, 1)))
    spec = spec_of(
        Scale("sum", ("a", "b"), combine="sum", highest=6),
        Scale("cases", ("a", "b"), combine="sum", recodes=(("a", "halves"), ("b", "halves"))),
        recodes=(halves,),
    )
    scores = score(spec, columns((1, 3, 0)))
    assert (scores["sum"][0], scores["cases"][0]) == (4, 1)


def test_a_weight_need_not_rise_with_the_answer() -> None:
    lars = entry("lars").scoring
    assert lars is not None
    given = {item.item_id: np.zeros(4) for item in lars.items} | {"frequency": np.arange(4.0)}
    assert score(lars, given)["score"].tolist() == [4, 2, 0, 5]


def test_the_highest_part_counts_where_enough_are_there() -> None:
    spec = spec_of(Scale("h", ("a", "b", "c"), combine="highest", missing=MissingRule("n-of", 2), highest=3))
    highest = score(spec, columns((0, 3, NAN), (NAN, NAN, 3)))["h"]
    assert highest[0] == 3
    assert np.isnan(highest[1])


def test_a_total_can_need_items_beside_its_scales() -> None:
    part = Scale("p", ("a", "b", "c"), missing=MissingRule("any"), highest=3)
    total = Scale("t", scales=("p",), answered=(Answered(("a", "b", "c"), 2),), highest=3)
    scores = score(spec_of(part, total), columns((1, NAN, NAN), (1, 1, NAN)))
    assert scores["p"].tolist() == [1, 1]
    assert np.isnan(scores["t"][0])
    assert scores["t"][1] == 1


@pytest.mark.parametrize(("raw", "rounded"), [(0.5, 0), (1.5, 2), (2.5, 2), (2.6, 3), (-0.5, 0)])
def test_halves_are_rounded_to_the_even_number(raw: float, rounded: float) -> None:
    spec = spec_of(Scale("s", ("a",), constant=raw, decimals=0, lowest=-9))
    assert score(spec, columns((0, 0, 0)))["s"][0] == rounded


def test_a_flag_is_raised_lowered_or_unknown() -> None:
    flag = Flag("alert", (Comparison("c", ">=", 1),), safety=True)
    both = Flag("both", (Comparison("alert", "=", 1), Comparison("s", "<", 2)))
    spec = spec_of(Scale("s", ("a", "b"), highest=3), flags=(flag, both))
    scores = score(spec, columns((0, 0, 1), (3, 3, 1), (0, 0, 0), (0, 0, NAN)))
    assert scores["alert"].tolist()[:3] == [1, 1, 0]
    assert scores["both"].tolist()[:3] == [1, 0, 0]
    assert np.isnan([scores["alert"][3], scores["both"][3]]).all()


def test_a_safety_flag_is_raised_where_the_total_cannot_be_made() -> None:
    spec = entry("phq_9").scoring
    assert spec is not None
    verdict = judge_numbers(spec, [NAN] * 8 + [2.0])
    assert all(one.value is None for one in verdict.scores if one.scale_id.startswith("total"))
    (alert,) = [flag for flag in verdict.flags if flag.safety]
    assert alert.value is True


def test_a_band_reaches_to_the_next_one() -> None:
    banding = Banding("band", "s", (Band("low", 0), Band("high", 2)))
    spec = spec_of(Scale("s", ("a", "b"), missing=ALL, highest=3), bandings=(banding,))
    scores = score(spec, columns((1, 2, 0), (2, 2, 0), (NAN, 2, 0)))
    assert label(spec, scores)["band"].tolist() == ["low", "high", ""]


def test_steps_on_the_way_are_neither_stored_nor_shown() -> None:
    spec = spec_of(Scale("step", ("a", "b"), step=True), Scale("s", scales=("step",)))
    assert list(score(spec, columns((1, 1, 1)))) == ["s"]
    assert [scale.scale_id for scale in shown_scales(spec)] == ["s"]


def test_not_applicable_is_told_apart_from_missing_by_the_answer_itself() -> None:
    item = ScoredItem("a", 0, 3, absent=(8,), inapplicable=(9,))
    spec = spec_of(Scale("s", ("a",)), items=(item, B, C))
    missing, inapplicable = (judge_numbers(spec, [number, 0, 0]).scores[0] for number in (8.0, 9.0))
    assert (missing.value, missing.missing, missing.applies) == (None, ("a",), True)
    assert (inapplicable.value, inapplicable.inapplicable, inapplicable.applies) == (None, ("a",), False)


def test_scales_of_a_separable_instrument_are_scored_alone() -> None:
    spec = spec_of(
        Scale("one", ("a",)), Scale("two", ("b", "c")), Scale("all", scales=("one", "two")), separable=True
    )
    assert [scale.scale_id for scale in narrowed(spec, {"a"}).scales] == ["one"]
    assert narrowed(spec, {"a", "b", "c"}).scales == spec.scales
    with pytest.raises(MissingColumnError, match="'c'"):
        narrowed(spec, {"a", "b"})
    with pytest.raises(MissingColumnError):
        narrowed(spec, set())


def test_one_person_s_verdict_holds_scores_flags_and_bands() -> None:
    spec = spec_of(
        Scale("s", ("a", "b", "c"), highest=3),
        flags=(Flag("f", (Comparison("s", ">", 1),)),),
        bandings=(Banding("b1", "s", (Band("some", 1),)),),
    )
    structure = make_structure(*(choice(name, "w", "x", "y", "z") for name in "abc"))
    verdict = judge_answers(spec, structure, Answers({"a": ("y",), "b": ("y",)}))
    assert verdict.scores[0].value == 2
    assert verdict.scores[0].missing == ("c",)
    assert verdict.flags[0].value is True
    assert verdict.bands == (("b1", "some"),)


@pytest.mark.parametrize("name", [name for name in names() if entry(name).scoring is not None])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_every_score_of_the_catalogue_lies_within_its_bounds(name: str, data: st.DataObject) -> None:
    spec = entry(name).scoring
    assert spec is not None
    recodes = {recode.name: [number for number, _ in recode.pairs] for recode in spec.recodes}
    answers = [
        data.draw(
            st.sampled_from(
                [
                    NAN,
                    *(
                        recodes[item.recode]
                        if item.recode
                        else range(int(item.lowest), int(item.highest) + 1)
                    ),
                ]
            )
        )
        for item in spec.items
    ]
    for scale, reason in zip(shown_scales(spec), judge_numbers(spec, answers).scores, strict=True):
        if reason.value is not None:
            assert scale.lowest - 1e-9 <= reason.value <= scale.highest + 1e-9
        else:
            assert reason.missing or scale.combine == "table" or scale.scales


def test_an_imported_bank_is_scored_by_the_pattern_of_answers() -> None:
    bank = synthetic_bank()
    items = tuple(ScoredItem(item.item_id, 0, len(item.b)) for item in bank.items)
    names_of = tuple(item.item_id for item in items)
    scale = Scale(
        "T",
        names_of,
        combine="eap",
        bank="synthetic",
        grid=CATR_GRID,
        missing=MissingRule("any"),
        transform=Linear(0, 1, 50, 60),
        direction="higher-worse",
        lowest=0,
        highest=100,
    )
    spec = spec_of(scale, items=items, banks=(NamedBank("synthetic", bank),))
    rows = rows_of("irt_eap_synthetic.csv")
    given = dict(zip(names_of, answers_of(bank, rows).T, strict=True))
    expected = [float(row["t_score"] or "nan") for row in rows]
    scores = score(spec, given)["T"]
    assert scores == pytest.approx(expected, abs=1e-6, nan_ok=True)
    alone = judge_numbers(spec, [given[name][3] for name in names_of]).scores[0]
    assert alone.value == scores[3]
    assert alone.rule == "eap on synthetic; 20 of 20 items, 1 needed"


def test_a_bank_must_hold_the_items_that_are_estimated_on_it() -> None:
    items = (ScoredItem("a", 0, 4), ScoredItem("SYN01", 0, 4))
    banks = (NamedBank("synthetic", synthetic_bank()),)
    for scale in (
        Scale("T", ("a",), combine="eap", bank="synthetic"),
        Scale("T", ("SYN01",), combine="eap", bank="gone"),
        Scale("T", ("SYN01",), combine="eap"),
        Scale("T", ("SYN01",), bank="synthetic"),
        Scale("T", ("SYN01",), combine="eap", bank="synthetic", reverse=("SYN01",)),
        Scale("T", ("SYN01",), combine="eap", bank="synthetic", grid=Grid(1, 1, 9)),
    ):
        assert check_spec(ScoringSpec(INSTRUMENT_ID, "1", items, (scale,), banks=banks))
