"""What may be compared between two versions, and what is known of published pairs."""

import pytest
from msgspec.structs import replace

from instruments.comparability import Comparability, comparability, known_pair, known_pairs
from instruments.definition import Item, Translation
from instruments.differences import Effect
from instruments.scoring.spec import MissingRule, Scale, ScoredItem, ScoringSpec
from instruments.versions import Instrument
from tests.builders.instruments import choice, make_instrument

LEVELS = ("a", "b", "c", "d")


def published(
    instrument_id: str,
    scales: dict[str, tuple[str, ...]],
    *,
    version: str = "1",
    scoring_version: str = "1",
    languages: tuple[str, ...] = ("nb",),
) -> Instrument:
    """An instrument of this id with these scales; a part that is a scale before it is counted as one."""
    items = tuple(dict.fromkeys(part for parts in scales.values() for part in parts if part not in scales))
    made = make_instrument(*(choice(item_id, *LEVELS) for item_id in items), languages=languages)
    scoring = ScoringSpec(
        instrument_id,
        scoring_version,
        items=tuple(ScoredItem(item_id, 0, 3) for item_id in items),
        scales=tuple(
            Scale(
                name,
                items=tuple(part for part in parts if part not in scales),
                scales=tuple(part for part in parts if part in scales),
            )
            for name, parts in scales.items()
        ),
    )
    return Instrument(
        replace(made.structure, instrument_id=instrument_id, version=version),
        replace(made.presentation, instrument_id=instrument_id),
        scoring,
        tuple(replace(one, instrument_id=instrument_id) for one in made.translations),
    )


def both_ways(a: Instrument, b: Instrument) -> Comparability:
    """The comparability, which is the same in either direction."""
    there, back = comparability(a, b), comparability(b, a)
    assert (there.overall, there.scales, there.items, there.pair) == (
        back.overall,
        back.scales,
        back.items,
        back.pair,
    )
    return there


def with_text(instrument: Instrument, key: str, text: str) -> Instrument:
    translation = instrument.translations[0]
    return replace(instrument, translations=(replace(translation, texts=translation.texts | {key: text}),))


TWO_SCALES = {"one": ("q1", "q2"), "other": ("q3",)}


def test_a_version_is_identical_to_itself() -> None:
    found = both_ways(published("x", TWO_SCALES), published("x", TWO_SCALES))
    assert found == Comparability(
        Effect.IDENTICAL, {"one": Effect.IDENTICAL, "other": Effect.IDENTICAL}, ("q1", "q2", "q3")
    )


def test_a_changed_item_spares_the_scales_that_do_not_count_it() -> None:
    a = published("x", TWO_SCALES)
    found = both_ways(a, with_text(a, "q3", "Alpha"))
    assert found.scales == {"one": "identical", "other": "not comparable"}
    assert (found.overall, found.items) == ("not comparable", ("q1", "q2"))
    assert found.reasons == ("item 'q3': the wording in 'nb' changes",)


def test_an_item_more_that_no_shared_scale_counts_leaves_the_scores_comparable() -> None:
    a = published("x", {"one": ("q1",)})
    b = published("x", {"one": ("q1",), "new": ("q9",)})
    found = both_ways(a, b)
    assert found.scales == {"one": "identical", "new": "not comparable"}
    assert (found.overall, found.items) == ("scores comparable", ("q1",))


def test_a_scale_more_of_the_same_items_may_be_scored_from_old_answers() -> None:
    found = both_ways(
        published("x", {"one": ("q1", "q2")}), published("x", {"one": ("q1", "q2"), "new": ("q2",)})
    )
    assert found.scales == {"one": "identical", "new": "items comparable"}


def test_another_scoring_leaves_the_items_comparable() -> None:
    a = published("x", TWO_SCALES)
    scales = (replace(a.scoring.scales[0], missing=MissingRule("all")), a.scoring.scales[1])
    found = both_ways(a, replace(a, scoring=replace(a.scoring, scales=scales)))
    assert found.scales == {"one": "items comparable", "other": "identical"}
    assert (found.overall, found.items) == ("items comparable", ("q1", "q2", "q3"))


def test_a_new_version_number_alone_leaves_the_scores_comparable() -> None:
    found = both_ways(published("x", TWO_SCALES), published("x", TWO_SCALES, version="2"))
    assert found.overall == "scores comparable"


def test_items_in_languages_that_the_two_do_not_share_are_the_same_by_their_structure() -> None:
    found = both_ways(
        published("x", TWO_SCALES, languages=("nb",)), published("x", TWO_SCALES, languages=("en",))
    )
    assert (found.overall, found.items) == ("scores comparable", ("q1", "q2", "q3"))


def test_instruments_of_different_ids_have_nothing_in_common_though_their_item_ids_do() -> None:
    found = both_ways(published("x", TWO_SCALES), published("y", TWO_SCALES))
    assert (found.overall, found.items) == ("not comparable", ())
    assert set(found.scales.values()) == {"not comparable"}


def test_unscored_instruments_are_compared_by_their_items() -> None:
    a = make_instrument(Item("q1", "string"), Item("q2", "string"))
    b = make_instrument(Item("q1", "string"), Item("q2", "text"))
    found = both_ways(a, b)
    assert (found.overall, found.scales, found.items) == ("items comparable", {}, ("q1",))
    assert both_ways(a, make_instrument(Item("p", "string"))).overall == "not comparable"


C30 = {"PF2": ("q1",), "RF2": ("q6",), "QL2": ("q29",), "EF": ("q21",), "SumSc": ("PF2", "EF")}


def test_qlq_c30_of_two_versions_pools_all_but_the_changed_scales_and_what_counts_them() -> None:
    found = both_ways(published("qlq-c30-v2", C30), published("qlq-c30-v3", C30))
    assert found.scales == {
        "PF2": "not comparable",
        "RF2": "not comparable",
        "QL2": "not comparable",
        "EF": "identical",
        "SumSc": "not comparable",
    }
    assert found.pair == "qlq-c30-v2-v3"
    assert found.reasons[0].startswith(
        "QLQ-C30 version 1 or 2 and QLQ-C30 version 3 are a known pair: physical functioning"
    )


def test_what_differs_in_the_documents_differs_in_a_known_pair_too() -> None:
    b = with_text(published("qlq-c30-v3", C30), "q21", "Alpha")
    assert both_ways(published("qlq-c30-v2", C30), b).scales["EF"] == "not comparable"


@pytest.mark.parametrize("ids", [("qlq-br23", "qlq-br45"), ("qlq-lc13", "qlq-lc29")])
def test_modules_share_what_is_worded_alike_and_nothing_whose_wording_is_not_known(
    ids: tuple[str, str],
) -> None:
    a = published(ids[0], {"one": ("q31",), "two": ("q32",)})
    b = published(ids[1], {"one": ("q31",), "two": ("q32",), "new": ("q60",)})
    found = both_ways(a, with_text(b, "q32", "Alpha"))
    assert found.scales == {"one": "identical", "two": "not comparable", "new": "not comparable"}
    assert found.items == ("q31",)
    unworded = replace(b, translations=(Translation(ids[1], "nb", "1", {}),))
    assert set(both_ways(a, unworded).scales.values()) == {"not comparable"}


def test_a_module_scale_of_shared_items_may_be_scored_from_the_longer_module() -> None:
    found = both_ways(published("qlq-br23", {"BRBI": ("q31",)}), published("qlq-br45", {"BI": ("q31",)}))
    assert found.scales == {"BRBI": "items comparable", "BI": "items comparable"}
    assert found.overall == "items comparable"


def test_epic_subscales_compare_though_their_items_differ() -> None:
    a = published("epic-50", {"BOW": ("q1", "q2"), "extra": ("q9",)})
    b = published("epic-26", {"BOW": ("q1",)})
    found = both_ways(a, b)
    assert found.scales == {"BOW": "scores comparable", "extra": "not comparable"}
    assert "own ids" in found.reasons[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("eq-5d-3l", "eq-5d-5l"),
        ("sf-36-v1", "sf-36-v2"),
        ("sf-36-v2", "rand-36"),
        ("sf-36-v1", "rand-36"),
    ],
)
def test_some_pairs_are_never_pooled_as_they_stand(one: str, other: str) -> None:
    found = both_ways(published(one, TWO_SCALES), published(other, TWO_SCALES))
    assert (found.overall, found.items) == ("not comparable", ())
    assert set(found.scales.values()) == {"not comparable"}
    assert found.pair


def test_phq_8_is_derived_from_the_items_of_phq_9() -> None:
    first_eight = tuple(f"q{number}" for number in range(1, 9))
    found = both_ways(
        published("phq-9", {"PHQ9": (*first_eight, "q9")}), published("phq-8", {"PHQ8": first_eight})
    )
    assert found.scales == {"PHQ9": "not comparable", "PHQ8": "items comparable"}
    assert (found.overall, found.items) == ("items comparable", first_eight)


def test_another_value_set_has_all_responses_scored_anew() -> None:
    a = published("eq-5d-5l", {"index": ("MO", "SC")}, scoring_version="one")
    b = published("eq-5d-5l", {"index": ("MO", "SC")}, scoring_version="two")
    scales = (replace(b.scoring.scales[0], constant=1),)
    found = both_ways(a, replace(b, scoring=replace(b.scoring, scales=scales)))
    assert (found.overall, found.pair) == ("items comparable", "eq-5d-5l-value-set")
    assert "value set" in found.reasons[0]


@pytest.mark.parametrize(
    ("one", "other", "pair"),
    [
        (("qlq-c30-v2", "1"), ("qlq-c30-v3", "1"), "qlq-c30-v2-v3"),
        (("qlq-c30", "1.0"), ("qlq-c30", "3.0"), "qlq-c30-v2-v3"),
        (("https://a.example/Questionnaire/EORTC-QLQ-C30", "v3"), ("QLQ_C30", "2"), "qlq-c30-v2-v3"),
        (("urn:epic-50", ""), ("EPIC26", "2026"), "epic-50-26"),
        (("EQ-5D-3L", "1"), ("eq5d5l", "1"), "eq-5d-3l-5l"),
        (("sf-36", "1"), ("sf-36", "2"), "sf-36-v1-v2"),
        (("phq-9", "1"), ("phq-8", "1"), "phq-9-8"),
        (("eq-5d-5l", "Norway 2025"), ("eq-5d-5l", "England"), "eq-5d-5l-value-set"),
    ],
)
def test_a_known_pair_is_found_by_any_of_its_names_in_either_direction(
    one: tuple[str, str], other: tuple[str, str], pair: str
) -> None:
    for a, b in ((one, other), (other, one)):
        found = known_pair(*a, *b)
        assert found is not None
        assert found.pair_id == pair


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("qlq-c30-v3", "1"), ("qlq-c30-v3", "2")),
        (("qlq-c30", "3.0"), ("qlq-c30", "3.1")),
        (("eq-5d-5l", "1"), ("eq-5d-5l", "1")),
        (("phq-9", "1"), ("gad-7", "1")),
        (("x", "1"), ("x", "1")),
    ],
)
def test_nothing_is_known_of_other_pairs(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert known_pair(*one, *other) is None


def test_every_known_pair_has_a_rule_in_words_and_a_source() -> None:
    assert all(pair.says and pair.source and pair.one.ids and pair.other.ids for pair in known_pairs())
    assert len({pair.pair_id for pair in known_pairs()}) == len(known_pairs())
