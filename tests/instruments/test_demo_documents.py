"""The demonstration's two instruments: sound, in three languages, plain to read, honest about themselves."""

import re
from pathlib import Path

import msgspec
import pytest

from instruments.answers import Answers, check, shown_items
from instruments.definition import CHOICES, every_item
from instruments.exchange.fhir import read_questionnaire
from instruments.scoring import ScoringSpec, score_answers
from instruments.translation import completeness
from instruments.versions import Instrument, read_instrument, with_scoring

DOCUMENTS = Path(__file__).parents[2] / "api" / "demo" / "documents"


def everyday_life() -> Instrument:
    return read_instrument((DOCUMENTS / "everyday-life.json").read_bytes())


def urinary_habits() -> Instrument:
    imported = read_questionnaire((DOCUMENTS / "urinary-habits.fhir.json").read_bytes())
    assert imported.losses == ()
    assert imported.instrument is not None
    scoring = (DOCUMENTS / "urinary-habits.scoring.json").read_bytes()
    return with_scoring(imported.instrument, msgspec.json.decode(scoring, type=ScoringSpec))


INSTRUMENTS = {"everyday-life": everyday_life(), "urinary-habits": urinary_habits()}
each_instrument = pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=INSTRUMENTS)


@each_instrument
def test_every_word_stands_in_bokmaal_nynorsk_and_english(instrument: Instrument) -> None:
    whole = completeness(instrument.structure, instrument.translations)
    assert [one.language for one in whole] == ["nb", "nn", "en"]
    assert all(one.missing == one.unknown == () for one in whole)


@each_instrument
def test_it_says_that_it_is_not_validated(instrument: Instrument) -> None:
    assert not instrument.structure.validated
    said = {"nb": "ikke validert", "nn": "ikkje validert", "en": "not validated"}
    for translation in instrument.translations:
        first = translation.texts.get("intro") or translation.texts[instrument.structure.items[0].item_id]
        assert said[translation.language] in first


def readability(text: str) -> float:
    """LIX (Björnsson 1968): words a sentence plus the percentage of words of more than six letters."""
    words = re.findall(r"\w+", text)
    sentences = len(re.findall(r"[.?!](?:\s|$)", text)) or 1
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


@each_instrument
@pytest.mark.parametrize("language", ["nb", "nn"])
def test_it_is_plain_to_read(instrument: Instrument, language: str) -> None:
    (texts,) = (one.texts for one in instrument.translations if one.language == language)
    asked = [texts.get("intro", ""), *(texts[item.item_id] for item in every_item(instrument.structure))]
    for text in filter(None, asked):
        assert readability(text) <= 35, text


def test_everyday_life_has_twelve_items_and_two_scales() -> None:
    instrument = INSTRUMENTS["everyday-life"]
    assert len(instrument.structure.items) == 12
    assert [scale.scale_id for scale in instrument.scoring.scales] == ["energy", "everyday-life"]
    assert {item.kind for item in instrument.structure.items} == {"choice", "integer", "text"}


def answers_at(instrument: Instrument, *, end: int) -> Answers:
    """The first (0) or the last (-1) option of each choice that is asked, and that end of the slider."""
    values = {
        item.item_id: (item.options[end].code,)
        for item in instrument.structure.items
        if item.kind in CHOICES and item.branch is None
    }
    sliders = [item.item_id for item in instrument.structure.items if item.step]
    return Answers(values | dict.fromkeys(sliders, (10 if end == 0 else 0,)))


@each_instrument
def test_the_first_options_score_a_hundred_and_the_last_ones_nothing(instrument: Instrument) -> None:
    for end, expected in ((0, 100), (-1, 0)):
        answers = answers_at(instrument, end=end)
        assert check(instrument.structure, answers) == []
        verdicts = score_answers(instrument.scoring, instrument.structure, answers)
        assert [verdict.value for verdict in verdicts] == [pytest.approx(expected)] * len(verdicts)
        assert all(verdict.missing == () for verdict in verdicts)


def test_the_follow_up_is_asked_of_those_who_often_put_things_down() -> None:
    structure = INSTRUMENTS["everyday-life"].structure
    shown = {
        code: "put-down-what" in shown_items(structure, Answers({"put-down": (code,)}))
        for code in ("never", "rarely", "weekly", "daily", "hourly")
    }
    assert shown == {"never": False, "rarely": False, "weekly": True, "daily": True, "hourly": True}


def test_half_of_the_answers_are_enough_for_a_score() -> None:
    instrument = INSTRUMENTS["everyday-life"]
    answers = Answers({"morning": ("fresh",), "reach": ("bedtime",), "battery": (10,)}, skipped=("refill",))
    energy, everyday = score_answers(instrument.scoring, instrument.structure, answers)
    assert energy.value == pytest.approx(100)
    assert everyday.value is None


def test_the_imported_instrument_asks_its_last_question_only_where_there_is_reason_to() -> None:
    structure = INSTRUMENTS["urinary-habits"].structure
    assert len(structure.items) == 6
    assert "talked" not in shown_items(
        structure, Answers({"outing": ("no-thought",), "wait": ("half-hour",)})
    )
    assert "talked" in shown_items(structure, Answers({"wait": ("two-minutes",)}))
