"""How far each text is: by itself, apart from the wording, and only for the wording that it was said of."""

from msgspec.structs import replace

from instruments.differences import Effect, diff
from instruments.exchange.translation_units import units_of, with_translation
from instruments.translation_status import (
    SOURCE_CHANGED,
    Standing,
    carried,
    counted,
    empty_status,
    marked,
    standings,
)
from instruments.versions import Instrument
from tests.builders.instruments import choice, make_instrument

BEFORE = make_instrument(choice("a", "x"), languages=("nb", "se"))
FINAL = Standing("final")


def reworded(language: str, key: str, text: str) -> Instrument:
    return replace(
        BEFORE,
        translations=tuple(
            replace(one, texts=one.texts | {key: text}) if one.language == language else one
            for one in BEFORE.translations
        ),
    )


def test_a_text_of_which_nothing_is_said_is_translated_and_a_blank_one_is_not_counted() -> None:
    blank = reworded("se", "a", "  ")
    assert standings(blank, empty_status(blank, "se")) == {
        "title": Standing("translated"),
        "a/x": Standing("translated"),
    }


def test_a_text_whose_source_has_another_wording_falls_back_and_the_others_stay() -> None:
    status = marked(BEFORE, empty_status(BEFORE, "se"), "nb", dict.fromkeys(("title", "a", "a/x"), FINAL))
    assert set(standings(BEFORE, status).values()) == {FINAL}
    changed = reworded("nb", "a", "Another question")
    found = standings(changed, status)
    assert found == {"title": FINAL, "a": Standing("initial", SOURCE_CHANGED), "a/x": FINAL}
    assert counted(found.values()) == {"initial": 1, "translated": 0, "reviewed": 0, "final": 2}
    assert set(standings(changed, marked(changed, status, "nb", {"a": FINAL})).values()) == {FINAL}


def test_a_text_that_was_translated_from_what_is_not_there_does_not_fall_back() -> None:
    status = marked(BEFORE, empty_status(BEFORE, "se"), "fi", {"a": FINAL})
    assert standings(reworded("nb", "a", "Another question"), status)["a"] == FINAL


def test_the_states_of_texts_that_are_translated_anew_are_not_carried() -> None:
    status = marked(BEFORE, empty_status(BEFORE, "se"), "nb", dict.fromkeys(("title", "a"), FINAL))
    (_, old), (_, new) = BEFORE.translations, reworded("se", "a", "Jearaldat").translations
    assert set(carried(status, old, new).texts) == {"title"}


def test_states_are_no_part_of_a_version_whose_wording_alone_is_compared() -> None:
    status = marked(BEFORE, empty_status(BEFORE, "se"), "nb", {"a": FINAL})
    units = [unit._replace(state="reviewed") for unit in units_of(BEFORE, "nb", "se", status)]
    only_states = with_translation(BEFORE, "nb", "se", units, {"se": status})
    assert only_states.status != status
    assert diff(BEFORE, only_states.instrument) == ()
    (change,) = diff(BEFORE, reworded("se", "a", "Jearaldat"))
    assert change.axis == "translation"
    assert change.effect is not Effect.IDENTICAL
