"""Export: what is written is a valid R4 Questionnaire, and reads back as the very same instrument."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from hypothesis import HealthCheck, given, settings

from instruments.definition import Branch, Condition, Item, Option, Presentation, Translation
from instruments.exchange import (
    Imported,
    UnwritableInstrumentError,
    read_questionnaire,
    write_questionnaire,
)
from instruments.versions import Instrument, State, content_hash, read_instrument
from tests.builders.generated import sound_instruments
from tests.builders.instruments import choice, make_instrument, make_scoring

DOCUMENTS = Path(__file__).parents[3] / "api" / "demo" / "documents"
PUBLISHED = Path(__file__).parents[4] / "shared" / "cases" / "questionnaires"
FILES = [DOCUMENTS / "urinary-habits.fhir.json", *sorted(PUBLISHED.glob("*.json"))]


def accepted(content: bytes) -> Imported:
    """What an import gives to somebody who accepts all of its losses."""
    return read_questionnaire(content, {loss.path for loss in read_questionnaire(content).losses})


def hashes(instrument: Instrument) -> list[bytes]:
    documents = (instrument.structure, instrument.presentation, instrument.scoring, *instrument.translations)
    return [content_hash(document) for document in documents]


def assert_comes_back(instrument: Instrument) -> dict[str, object]:
    content = write_questionnaire(instrument)
    Questionnaire.model_validate_json(content)
    again = read_questionnaire(content)
    assert again.losses == ()
    assert again.instrument is not None
    assert hashes(again.instrument) == hashes(instrument)
    tree = json.loads(content)
    assert isinstance(tree, dict)
    return tree


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_what_was_understood_of_a_published_file_survives_export_and_import(file: Path) -> None:
    imported = accepted(file.read_bytes())
    assert imported.instrument is not None
    assert_comes_back(imported.instrument)
    again = read_questionnaire(write_questionnaire(imported.instrument))
    assert again.items == imported.items


def test_the_demonstrations_own_instrument_survives_with_scoring_and_three_languages() -> None:
    instrument = read_instrument((DOCUMENTS / "everyday-life.json").read_bytes())
    tree = assert_comes_back(instrument)
    assert tree["language"] == "nb"


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(sound_instruments())
def test_any_sound_instrument_survives_export_and_import(instrument: Instrument) -> None:
    assert_comes_back(instrument)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.DRAFT, "draft"),
        (State.IN_REVIEW, "draft"),
        (State.PUBLISHED, "active"),
        (State.RETIRED, "retired"),
    ],
)
def test_the_status_says_the_state_that_the_version_is_in(state: State, status: str) -> None:
    tree = json.loads(write_questionnaire(make_instrument(choice("a", "x")), state))
    assert tree["status"] == status


def test_options_are_written_with_system_code_text_and_score() -> None:
    options = (Option("x", 1.0, system="urn:s"), Option("y", 2.0, system="urn:s"))
    tree = assert_comes_back(make_instrument(Item("a", "choice", options=options)))
    first = tree["item"][0]["answerOption"][0]["valueCoding"]  # type: ignore[index]
    assert (first["system"], first["code"], first["display"]) == ("urn:s", "x", "Option x")
    assert first["extension"][0]["valueDecimal"] == 1.0


def test_one_code_of_two_systems_is_written_as_it_stands_in_each() -> None:
    options = (Option("urn:s|x", system="urn:s"), Option("urn:t|x", system="urn:t"))
    branch = Branch((Condition("a", "=", "urn:t|x"),))
    items = (Item("a", "choice", options=options), Item("b", "string", branch=branch))
    tree = assert_comes_back(make_instrument(*items))
    written = tree["item"][1]["enableWhen"][0]["answerCoding"]  # type: ignore[index]
    assert written == {"system": "urn:t", "code": "x"}


def test_what_fhir_cannot_say_stands_in_extensions_of_our_own() -> None:
    instrument = make_instrument(choice("a", "x", "y"), scoring=make_scoring("a"))
    tree = assert_comes_back(instrument)
    urls = [extension["url"] for extension in tree["extension"]]  # type: ignore[union-attr, index, attr-defined]
    assert urls == ["https://etterklang.example/fhir/StructureDefinition/scoring"]


def test_translations_stand_beside_the_texts_that_they_translate() -> None:
    tree = assert_comes_back(make_instrument(choice("a", "x"), languages=("nb", "se")))
    beside = tree["item"][0]["_text"]["extension"][0]["extension"]  # type: ignore[index]
    assert beside == [{"url": "lang", "valueCode": "se"}, {"url": "content", "valueString": "Question a"}]


def test_help_and_the_ends_of_a_slider_are_texts_to_read_within_their_item() -> None:
    item = Item("a", "integer", minimum=0.0, maximum=10.0)
    texts = {"title": "A title", "a": "An item", "a/help": "Help", "a/min": "Least", "a/max": "Most"}
    instrument = make_instrument(item)
    instrument = Instrument(
        structure=instrument.structure,
        presentation=Presentation(instrument.structure.instrument_id, "1", controls={"a": "slider"}),
        scoring=instrument.scoring,
        translations=(Translation(instrument.structure.instrument_id, "en", "1", texts),),
    )
    tree = assert_comes_back(instrument)
    within = tree["item"][0]["item"]  # type: ignore[index]
    assert [part["linkId"] for part in within] == ["a/help", "a/min", "a/max"]
    assert {part["type"] for part in within} == {"display"}


def test_an_instrument_that_no_questionnaire_can_hold_is_refused_with_its_place() -> None:
    with pytest.raises(UnwritableInstrumentError) as caught:
        write_questionnaire(make_instrument(Item("\u2028", "string"), Item("a\u2028b", "string")))
    assert caught.value.rule == "has an id that is no FHIR string"
