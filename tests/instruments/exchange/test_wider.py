"""What published questionnaires use beside plain fields: lists kept elsewhere, help, tables, markup."""

import json

import pytest

from instruments.definition import Item, Option
from instruments.exchange.fhir import Imported, read_questionnaire
from instruments.versions import Instrument
from tests.builders.instruments import fhir_choice, fhir_extension, fhir_item, make_questionnaire
from tests.instruments.exchange.test_writing import assert_comes_back

CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"


def read(*items: object, **fields: object) -> Imported:
    return read_questionnaire(json.dumps(make_questionnaire(*items, **fields)).encode())


def whole(*items: object, **fields: object) -> Instrument:
    imported = read(*items, **fields)
    assert imported.losses == ()
    assert imported.instrument is not None
    return imported.instrument


def only(item: object) -> Item:
    return whole(item).structure.items[0]


def texts(instrument: Instrument) -> dict[str, dict[str, str]]:
    return {one.language: one.texts for one in instrument.translations}


def control(code: str) -> dict[str, object]:
    concept = {"coding": [{"system": CONTROLS, "code": code}]}
    return fhir_extension("questionnaire-itemControl", valueCodeableConcept=concept)


def test_the_options_of_a_contained_code_system_come_with_its_words_and_scores() -> None:
    system = {
        "resourceType": "CodeSystem",
        "id": "s",
        "url": "urn:codes",
        "concept": [
            {"code": "a", "display": "Alfa", "extension": [fhir_extension("itemWeight", valueDecimal=1)]},
            {"code": "b", "property": [{"code": "itemWeight", "valueDecimal": 2}]},
        ],
    }
    listed = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"system": "urn:codes"}]}}
    instrument = whole(fhir_item("a", "choice", answerValueSet="#v"), contained=[listed, system])
    assert [(option.code, option.score) for option in instrument.structure.items[0].options] == [
        ("a", 1),
        ("b", 2),
    ]
    assert texts(instrument)["nb"]["a/a"] == "Alfa"


def test_a_list_that_everybody_knows_need_not_be_contained_by_an_english_questionnaire() -> None:
    known = "http://hl7.org/fhir/ValueSet/yesnodontknow"
    instrument = whole(fhir_item("a", "choice", answerValueSet=known), language="en")
    assert [option.code for option in instrument.structure.items[0].options] == ["Y", "N", "asked-unknown"]
    losses = read(fhir_item("a", "choice", answerValueSet=known), language="nb").losses
    assert [loss.path for loss in losses] == ["item[0].answerValueSet"]


def test_one_code_of_two_code_systems_keeps_both_apart() -> None:
    options = [
        {"valueCoding": {"system": system, "code": "x", "display": system}} for system in ("urn:s", "urn:t")
    ]
    assert only(fhir_item("a", "choice", answerOption=options)).options == (
        Option("urn:s|x", system="urn:s"),
        Option("urn:t|x", system="urn:t"),
    )


def test_several_answers_to_begin_with_are_kept_where_the_item_repeats() -> None:
    codes = [{"valueCoding": {"code": code}} for code in "yx"]
    item = only(fhir_choice("a", "x", "y", "z", repeats=True, initial=codes))
    assert (item.initial, item.further_initial) == ("y", ("x",))


@pytest.mark.parametrize("kind", ["string", "text", "integer", "decimal", "quantity", "date", "choice"])
def test_an_item_that_repeats_takes_as_many_answers_as_it_says(kind: str) -> None:
    bounds = [
        fhir_extension("questionnaire-minOccurs", valueInteger=2),
        fhir_extension("questionnaire-maxOccurs", valueInteger=3),
    ]
    options = fhir_choice("a", "x", "y", "z")["answerOption"]
    more = {"answerOption": options} if kind == "choice" else {}
    instrument = whole(fhir_item("a", kind, repeats=True, extension=bounds, **more))
    item = instrument.structure.items[0]
    assert (item.repeats, item.required, item.min_answers, item.max_answers) == (True, True, 2, 3)
    assert_comes_back(instrument)


def test_one_answer_at_least_is_one_that_is_required() -> None:
    least = fhir_extension("questionnaire-minOccurs", valueInteger=1)
    item = only(fhir_item("a", "string", repeats=True, extension=[least]))
    assert (item.required, item.min_answers) == (True, None)


def test_several_numbers_to_begin_with_are_kept_and_come_back() -> None:
    begun = [{"valueInteger": 1}, {"valueInteger": 2}]
    instrument = whole(fhir_item("a", "integer", repeats=True, initial=begun))
    item = instrument.structure.items[0]
    assert (item.initial, item.further_initial) == (1, (2,))
    assert "more-of-item" not in json.dumps(assert_comes_back(instrument))


def test_help_short_text_and_the_label_of_the_open_answer_become_wording() -> None:
    sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
    sublabel = "http://helsenorge.no/fhir/StructureDefinition/sdf-sublabel"
    extension = [
        fhir_extension(sublabel, valueMarkdown="Kort hjelp"),
        fhir_extension(sdc + "shortText", valueString="Kort"),
        fhir_extension(sdc + "openLabel", valueString="Annet"),
    ]
    words = texts(whole(fhir_choice("a", "x", type="open-choice", extension=extension)))["nb"]
    assert (words["a/help"], words["a/short-text"], words["a/open-label"]) == ("Kort hjelp", "Kort", "Annet")


def test_the_ends_and_the_unit_of_a_number_may_be_texts_to_read_within_it() -> None:
    def part(code: str) -> dict[str, object]:
        return fhir_item(code, "display", extension=[control(code)])

    instrument = whole(fhir_item("a", "integer", item=[part("lower"), part("upper"), part("unit")]))
    assert instrument.structure.items[0].items == ()
    assert texts(instrument)["nb"]["a/min"] == "Spørsmål lower"
    assert texts(instrument)["nb"]["a/unit"] == "Spørsmål unit"


@pytest.mark.parametrize(
    "code", ["table", "htable", "gtable", "atable", "grid", "page", "tab", "header", "footer"]
)
def test_what_a_group_is_shown_as_is_kept(code: str) -> None:
    shown = control(code)
    group = fhir_item("g", "group", extension=[shown], item=[fhir_choice("a", "x")])
    assert whole(group).presentation.controls == {"g": code}


def test_markdown_in_the_same_words_is_kept_and_in_others_is_named() -> None:
    def item(markdown: str) -> dict[str, object]:
        beside = {"extension": [fhir_extension("rendering-markdown", valueMarkdown=markdown)]}
        return fhir_item("a", "string", text="En tekst", _text=beside)

    assert texts(whole(item("**En** tekst")))["nb"]["a/markdown"] == "**En** tekst"
    losses = read(item("[En tekst](https://x.example)")).losses
    assert [loss.path for loss in losses] == ["item[0]._text.extension[0]"]


def test_what_is_left_without_a_loss_is_noted() -> None:
    server = {
        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-preferredTerminologyServer",
        "valueUrl": "https://x.example",
    }
    imported = read(fhir_item("a", "string"), publisher="A publisher", extension=[server])
    assert imported.losses == ()
    assert [note.path for note in imported.notes] == ["extension[0]", "publisher", "status"]
