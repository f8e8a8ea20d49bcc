"""Which wording an instrument needs, and what a language still lacks."""

from msgspec.structs import replace

from instruments.definition import Item
from instruments.translation import completeness, needed_keys
from tests.builders.instruments import choice, make_instrument, make_structure


def test_every_item_and_option_needs_words_but_a_group_and_what_is_hidden_do_not() -> None:
    inner = Item("g", "group", items=(choice("a", "x", "y"), Item("t", "display")))
    structure = make_structure(inner, Item("h", "group", hidden=True, items=(Item("b", "string"),)))
    assert needed_keys(structure) == ("title", "a", "a/x", "a/y", "t")


def test_a_whole_translation_lacks_nothing() -> None:
    instrument = make_instrument(choice("a", "x"), languages=("nb", "en"))
    assert [
        (one.language, one.missing) for one in completeness(instrument.structure, instrument.translations)
    ] == [
        ("nb", ()),
        ("en", ()),
    ]


def test_a_missing_and_a_blank_text_are_both_named() -> None:
    instrument = make_instrument(choice("a", "x"))
    (one,) = instrument.translations
    poorer = replace(one, texts={"title": "A title", "a": "  "})
    assert completeness(instrument.structure, [poorer])[0].missing == ("a", "a/x")


def test_a_help_text_in_one_language_is_needed_in_all() -> None:
    instrument = make_instrument(choice("a", "x"), languages=("nb", "en"))
    bokmaal, english = instrument.translations
    helped = replace(bokmaal, texts=bokmaal.texts | {"a/help": "Help"})
    assert [one.missing for one in completeness(instrument.structure, [helped, english])] == [(), ("a/help",)]


def test_words_for_what_is_not_asked_are_named() -> None:
    instrument = make_instrument(choice("a", "x"))
    (one,) = instrument.translations
    richer = replace(one, texts=one.texts | {"gone": "Nobody reads this"})
    assert completeness(instrument.structure, [richer])[0].unknown == ("gone",)
