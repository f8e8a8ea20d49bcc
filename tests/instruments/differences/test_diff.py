"""What each change is said to be, what it calls for and what it leaves to compare."""

import pytest
from msgspec.structs import replace

from instruments.definition import Branch, Condition, Item, Structure, Translation
from instruments.differences import Change, ChangesDoNotFitError, apply, diff
from instruments.differences.edits import turned
from instruments.scoring.spec import Band, Banding, Comparison, Flag, MissingRule, Recode, Scale, ScoredItem
from instruments.versions import Instrument
from tests.builders.instruments import INSTRUMENT_ID, choice, make_instrument, make_scoring

LEVELS = ("a", "b", "c", "d")


def scored(*items: Item, languages: tuple[str, ...] = ("nb", "en")) -> Instrument:
    """An instrument whose one scale counts q1 and q2, with a q3 that nothing counts."""
    asked = items or tuple(choice(name, *LEVELS) for name in ("q1", "q2", "q3"))
    return make_instrument(*asked, scoring=make_scoring("q1", "q2"), languages=languages)


def with_items(instrument: Instrument, *items: Item) -> Instrument:
    return replace(instrument, structure=replace(instrument.structure, items=items))


def with_item(instrument: Instrument, item_id: str, **fields: object) -> Instrument:
    items = [
        replace(item, **fields) if item.item_id == item_id else item for item in instrument.structure.items
    ]
    return with_items(instrument, *items)


def with_text(instrument: Instrument, key: str, text: str, *languages: str) -> Instrument:
    translations = [
        replace(one, texts=one.texts | {key: text}) if one.language in languages else one
        for one in instrument.translations
    ]
    return replace(instrument, translations=tuple(translations))


def only_change(a: Instrument, b: Instrument) -> Change:
    (change,) = diff(a, b)
    return change


def test_a_scored_item_of_another_kind_makes_its_scale_incomparable() -> None:
    a = scored(choice("q1", *LEVELS), choice("q2", *LEVELS), Item("q3", "string"))
    change = only_change(a, with_item(a, "q1", unit="kg"))
    assert change.words == "item 'q1': the unit changes from nothing to 'kg'"
    assert (change.axis, change.trigger, change.effect) == ("structure", "major", "not comparable")
    assert (change.scales, change.items) == (("all",), ("q1",))


def test_an_item_that_nothing_counts_leaves_the_scores_comparable() -> None:
    change = only_change(scored(), with_item(scored(), "q3", repeats=True))
    assert (change.trigger, change.effect, change.scales) == ("major", "scores comparable", ())


def test_an_item_that_decides_whether_a_scored_one_is_asked_touches_its_scale() -> None:
    asked_on = Branch((Condition("q3", "=", "a"),))
    a = with_item(scored(), "q1", branch=asked_on)
    change = only_change(a, with_item(a, "q3", repeats=True))
    assert (change.items, change.scales, change.effect) == (("q3",), ("all",), "not comparable")


def test_an_item_that_a_calculation_quotes_touches_the_scale_that_counts_the_result() -> None:
    a = with_item(scored(), "q1", calculated="%resource.item.where(linkId='q3').answer.value")
    change = only_change(a, with_item(a, "q3", repeats=True))
    assert change.scales == ("all",)


def test_a_condition_is_said_in_words() -> None:
    asked_on = Branch((Condition("q3", "=", "a"), Condition("q2", ">", 1)), needs="any")
    change = only_change(scored(), with_item(scored(), "q1", branch=asked_on))
    assert change.words == (
        "item 'q1': the condition on which it is asked changes from nothing to (q3 = 'a' or q2 > 1)"
    )
    assert change.effect == "not comparable"


def test_items_added_and_removed_are_named_with_where_they_stand() -> None:
    q1, q2, q3 = scored().structure.items
    group = Item("g", "group", items=(Item("q4", "string"),))
    changes = diff(scored(), with_items(scored(), q1, q2, group))
    assert [change.words for change in changes] == [
        "item 'q3' is removed",
        "item 'g' is added at the top",
        "item 'q4' is added in the group 'g'",
    ]
    assert {change.trigger for change in changes} == {"major"}
    assert q3.item_id not in {item for change in changes[1:] for item in change.items}


def test_another_order_names_the_items_that_turned_and_leaves_scores_comparable() -> None:
    q1, q2, q3 = scored().structure.items
    change = only_change(scored(), with_items(scored(), q2, q1, q3))
    assert change.words == "the structure: the order of the items changes for 'q1', 'q2'"
    assert (change.trigger, change.effect, change.scales) == ("major", "scores comparable", ("all",))


def test_an_item_moved_into_a_group_is_the_same_unless_the_group_is_shown_on_a_condition() -> None:
    q1, q2, q3 = scored().structure.items
    in_group = with_items(scored(), Item("g", "group", items=(q1,)), q2, q3)
    moved = next(change for change in diff(scored(), in_group) if change.act == "move")
    assert moved.words == "item 'q1' stands in the group 'g' instead of at the top"
    assert moved.effect == "scores comparable"
    asked_on = Branch((Condition("q3", "=", "a"),))
    on_condition = with_items(scored(), Item("g", "group", items=(q1,), branch=asked_on), q2, q3)
    moved = next(change for change in diff(scored(), on_condition) if change.act == "move")
    assert (moved.effect, moved.scales) == ("not comparable", ("all",))


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (("a", "b", "c"), "item 'q1', option 'd' is removed"),
        (("a", "b", "c", "d", "e"), "item 'q1', option 'e' is added"),
    ],
)
def test_options_added_and_removed_are_named(codes: tuple[str, ...], words: str) -> None:
    options = choice("q1", *codes).options
    change = only_change(scored(), with_item(scored(), "q1", options=options))
    assert (change.words, change.effect) == (words, "not comparable")


def test_options_in_another_order_or_with_other_numbers_are_other_options() -> None:
    options = scored().structure.items[0].options
    turned_around = only_change(scored(), with_item(scored(), "q1", options=options[::-1]))
    assert turned_around.words == "item 'q1': the order of the options changes for 'a', 'b', 'c', 'd'"
    assert turned_around.effect == "not comparable"
    renumbered = with_item(scored(), "q1", options=(replace(options[0], score=1), *options[1:]))
    change = only_change(scored(), renumbered)
    assert change.words == "item 'q1', option 'a': the number changes from 0 to 1"
    assert change.effect == "not comparable"


def test_another_recall_period_makes_every_scale_incomparable() -> None:
    b = replace(scored(), structure=replace(scored().structure, recall="P4W"))
    change = only_change(scored(), b)
    assert change.words == "the structure: the recall period changes from nothing to 'P4W'"
    assert (change.trigger, change.effect, change.scales) == ("major", "not comparable", ("all",))


def test_a_wording_that_changes_in_every_language_is_a_new_wording() -> None:
    changes = diff(scored(), with_text(scored(), "q1", "Alpha", "nb", "en"))
    assert {(change.axis, change.trigger, change.effect) for change in changes} == {
        ("translation", "major", "not comparable")
    }


def test_a_wording_that_changes_in_one_language_of_two_is_a_revised_translation() -> None:
    change = only_change(scored(), with_text(scored(), "q1/a", "Alpha", "nb"))
    assert change.words == "item 'q1', option 'a': the wording in 'nb' changes"
    assert (change.before, change.after) == ("Option a", "Alpha")
    assert (change.trigger, change.effect, change.scales) == ("translation", "not comparable", ("all",))


@pytest.mark.parametrize("key", ["q1/help", "q1/prefix", "q1/a/prefix", "q1/placeholder", "q1/error"])
def test_words_beside_an_item_are_a_minor_change(key: str) -> None:
    change = only_change(scored(), with_text(scored(), key, "Alpha", "nb"))
    assert (change.trigger, change.effect) == ("minor", "scores comparable")


def test_the_ends_of_a_slider_are_part_of_the_response_scale() -> None:
    change = only_change(scored(), with_text(scored(), "q1/min", "Alpha", "nb"))
    assert change.effect == "not comparable"


def test_a_new_language_leaves_the_scores_comparable() -> None:
    change = only_change(scored(languages=("nb",)), scored())
    assert change.words == "translation 'en' is added"
    assert (change.trigger, change.effect, change.scales) == ("translation", "scores comparable", ())


def test_languages_in_another_order_are_the_same_documents() -> None:
    b = replace(scored(), translations=scored().translations[::-1])
    assert only_change(scored(), b).effect == "identical"


def test_another_control_asks_for_an_equivalence_note() -> None:
    b = replace(scored(), presentation=replace(scored().presentation, controls={"q1": "slider"}))
    change = only_change(scored(), b)
    assert change.words == (
        "item 'q1': the control changes from nothing to 'slider'; needs an equivalence note (Coons 2009)"
    )
    assert (change.axis, change.trigger, change.effect) == (
        "presentation",
        "presentation",
        "scores comparable",
    )


def with_scale(instrument: Instrument, **fields: object) -> Instrument:
    scale = replace(instrument.scoring.scales[0], **fields)
    return replace(instrument, scoring=replace(instrument.scoring, scales=(scale,)))


def test_another_missing_rule_leaves_the_answers_comparable() -> None:
    change = only_change(scored(), with_scale(scored(), missing=MissingRule("percent", 80)))
    assert change.words == "scale 'all': the missing rule changes from half to percent 80"
    assert (change.axis, change.trigger, change.effect) == ("scoring", "major", "items comparable")
    assert change.scales == ("all",)


def test_a_change_reaches_scales_of_scales_their_bands_and_flags_and_no_others() -> None:
    spec = replace(
        make_scoring("q1", "q2"),
        items=tuple(ScoredItem(name, 0, 3) for name in ("q1", "q2", "q3")),
        scales=(
            Scale("one", items=("q1", "q2")),
            Scale("other", items=("q3",)),
            Scale("whole", scales=("one", "other")),
        ),
        flags=(Flag("low", (Comparison("one", "<", 10),)), Flag("high", (Comparison("other", ">", 90),))),
        bandings=(Banding("grades", "whole", (Band("a", 0),)),),
    )
    a = replace(scored(), scoring=spec)
    change = only_change(a, with_item(a, "q1", repeats=True))
    assert change.scales == ("one", "whole", "low", "grades")


def test_a_recoding_table_touches_the_scales_whose_items_it_recodes() -> None:
    spec = make_scoring("q1", "q2")
    spec = replace(
        spec,
        items=(replace(spec.items[0], recode="turn"), spec.items[1]),
        scales=(Scale("one", items=("q1",)), Scale("other", items=("q2",))),
        recodes=(Recode("turn", ((0, 3), (3, 0))),),
    )
    a = replace(scored(), scoring=spec)
    b = replace(a, scoring=replace(spec, recodes=(Recode("turn", ((0, 2), (3, 0))),)))
    change = only_change(a, b)
    assert (change.scales, change.effect) == (("one",), "items comparable")


def test_numbers_of_another_type_are_another_condition() -> None:
    one, true = (with_item(scored(), "q1", branch=Branch((Condition("q3", "=", n),))) for n in (1, True))
    assert one == true
    assert only_change(one, true).act == "set"


def test_stating_a_default_is_no_change() -> None:
    a = scored()
    b = with_scale(a, lowest=0.0, missing=MissingRule("half", 0.0))
    assert diff(a, b) == ()


def test_items_with_one_id_twice_are_compared_as_a_whole() -> None:
    a = with_items(scored(), Item("q1", "string"), Item("q1", "text"))
    change = only_change(a, scored())
    assert (change.path, change.effect) == (("structure", "items"), "not comparable")
    assert apply(a, [change]) == scored()


def test_changes_of_another_instrument_are_refused() -> None:
    changes = diff(scored(), with_item(scored(), "q3", repeats=True))
    other = make_instrument(Item("p", "string"))
    with pytest.raises(ChangesDoNotFitError, match="structure/items/q3"):
        apply(other, changes)


def test_changes_that_leave_no_instrument_are_refused() -> None:
    change = only_change(scored(), with_item(scored(), "q1", unit="kg"))
    with pytest.raises(ChangesDoNotFitError, match="is no instrument any more"):
        apply(scored(), [replace(change, after=7)])


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("abc", "abc", ""),
        ("abcd", "bacd", "ab"),
        ("abc", "xcy", ""),
        ("abcd", "dabc", "abcd"),
        ("abcde", "acbde", "bc"),
    ],
)
def test_what_turned_are_the_ids_on_the_other_side_of_another(before: str, after: str, found: str) -> None:
    assert turned(before, after) == tuple(found)


def test_an_unscored_instrument_says_how_grave_a_change_of_an_item_is() -> None:
    a = make_instrument(Item("q1", "string"))
    assert only_change(a, with_item(a, "q1", unit="kg")).effect == "not comparable"


def test_a_translation_of_another_instrument_is_a_label() -> None:
    a = Instrument(
        Structure(INSTRUMENT_ID, "1", (Item("q1", "string"),)),
        scored().presentation,
        make_instrument().scoring,
        (Translation(INSTRUMENT_ID, "nb", "1", {}),),
    )
    b = replace(a, translations=(Translation("other", "nb", "1", {}),))
    assert only_change(a, b).trigger == "minor"
