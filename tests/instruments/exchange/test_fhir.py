"""What an import understands of a FHIR Questionnaire, and what it makes of it."""

import json

import pytest

from instruments.definition import Item, Option
from instruments.exchange.fhir import Imported, InvalidQuestionnaireError, read_questionnaire
from instruments.versions import Instrument
from tests.builders.instruments import (
    fhir_choice,
    fhir_extension,
    fhir_item,
    fhir_translated,
    make_questionnaire,
)


def read(*items: object, **fields: object) -> Imported:
    return read_questionnaire(json.dumps(make_questionnaire(*items, **fields)).encode())


def whole(*items: object, **fields: object) -> Instrument:
    """The instrument of a questionnaire that is understood whole."""
    imported = read(*items, **fields)
    assert imported.losses == ()
    assert imported.instrument is not None
    return imported.instrument


def only(*items: object) -> Item:
    return whole(*items).structure.items[0]


def texts(instrument: Instrument) -> dict[str, dict[str, str]]:
    return {one.language: one.texts for one in instrument.translations}


def control(code: str, system: str = "http://hl7.org/fhir/questionnaire-item-control") -> dict[str, object]:
    concept = {"coding": [{"system": system, "code": code, "display": code}], "text": code}
    return fhir_extension("questionnaire-itemControl", valueCodeableConcept=concept)


def test_the_canonical_address_and_version_name_the_instrument() -> None:
    structure = whole(fhir_item("a", "string"), copyright="Ours").structure
    assert structure.instrument_id == "https://etterklang.example/Questionnaire/made-for-tests"
    assert (structure.version, structure.source) == ("1.0.0", "Ours")


def test_without_an_address_the_id_names_it_and_without_either_the_content() -> None:
    bare = make_questionnaire(fhir_item("a", "string"))
    for field in ("url", "version"):
        del bare[field]
    named = read_questionnaire(json.dumps(bare | {"id": "mine"}).encode()).instrument
    nameless = read_questionnaire(json.dumps(bare).encode()).instrument
    assert named is not None
    assert nameless is not None
    assert named.structure.instrument_id == "mine"
    assert nameless.structure.instrument_id.startswith("urn:sha256:")
    assert len(nameless.structure.version) == 12


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("boolean", "boolean"), ("integer", "integer"), ("decimal", "decimal"), ("quantity", "quantity"),
        ("string", "string"), ("text", "text"), ("date", "date"), ("dateTime", "date-time"), ("time", "time"),
        ("url", "url"), ("group", "group"), ("display", "display"), ("open-choice", "open-choice"),
    ],
)  # fmt: skip
def test_each_type_becomes_its_kind(name: str, kind: str) -> None:
    assert only(fhir_item("a", name)).kind == kind


def test_groups_keep_what_they_hold_in_order() -> None:
    inner = fhir_item("g.2", "group", item=[fhir_item("c", "string")])
    group = only(fhir_item("g", "group", item=[fhir_item("b", "string"), inner]))
    assert [item.item_id for item in group.items] == ["b", "g.2"]
    assert group.items[1].items[0].item_id == "c"


def test_what_is_said_of_an_item_is_kept() -> None:
    item = only(
        fhir_item("a", "string", required=True, readOnly=False, maxLength=20, repeats=False, prefix="1.")
    )
    assert (item.required, item.read_only, item.max_length) == (True, False, 20)


def test_an_items_number_and_texts_become_wording() -> None:
    instrument = whole(fhir_item("a", "string", prefix="1."))
    assert texts(instrument) == {"nb": {"title": "Laget for prøver", "a": "Spørsmål a", "a/prefix": "1."}}


def test_options_are_kept_with_code_text_and_score() -> None:
    score = fhir_extension("ordinalValue", valueDecimal=2)
    option = {"valueCoding": {"system": "urn:s", "code": "x", "display": "Ja"}, "extension": [score]}
    instrument = whole(fhir_item("a", "choice", answerOption=[option]))
    assert instrument.structure.items[0].options == (Option("x", score=2, system="urn:s"),)
    assert texts(instrument)["nb"]["a/x"] == "Ja"


@pytest.mark.parametrize(
    "url",
    [
        "http://hl7.org/fhir/StructureDefinition/ordinalValue",
        "http://hl7.org/fhir/StructureDefinition/questionnaire-ordinalValue",
        "http://hl7.org/fhir/StructureDefinition/itemWeight",
        "https://hl7.org/fhir/StructureDefinition/ordinalValue",
        "http://hl7.org/fhir/StructureDefinition/ordinalValue|4.0.1",
    ],
)
def test_a_score_is_understood_on_the_option_and_on_its_coding_in_every_spelling(url: str) -> None:
    score = {"url": url, "valueDecimal": 1.5}
    coding = {"code": "x", "display": "Ja"}
    on_option = {"valueCoding": coding, "extension": [score]}
    on_coding = {"valueCoding": coding | {"extension": [score]}}
    for option in (on_option, on_coding):
        assert only(fhir_item("a", "choice", answerOption=[option])).options == (Option("x", score=1.5),)


def test_two_scores_that_differ_are_refused() -> None:
    score = [fhir_extension("ordinalValue", valueDecimal=1)]
    option = {"valueCoding": {"code": "x", "extension": [fhir_extension("ordinalValue", valueDecimal=2)]}}
    with pytest.raises(InvalidQuestionnaireError, match="two scores"):
        read(fhir_item("a", "choice", answerOption=[option | {"extension": score}]))


def test_the_code_system_goes_before_a_code_only_where_two_systems_share_it() -> None:
    options = [
        {"valueCoding": {"system": "urn:one", "code": "x", "display": "En"}},
        {"valueCoding": {"system": "urn:two", "code": "x", "display": "To"}},
        {"valueCoding": {"system": "urn:two", "code": "y", "display": "Tre"}},
    ]
    item = only(fhir_item("a", "choice", answerOption=options))
    assert [option.code for option in item.options] == ["urn:one|x", "urn:two|x", "y"]


@pytest.mark.parametrize(
    ("kind", "field", "values", "codes", "options_are"),
    [
        ("choice", "valueString", ["Ja", "Nei"], ["Ja", "Nei"], "string"),
        ("string", "valueString", ["Ja", "Nei"], ["Ja", "Nei"], "string"),
        ("integer", "valueInteger", [12, 34], ["12", "34"], "integer"),
        ("date", "valueDate", ["2022", "2022-09-20"], ["2022", "2022-09-20"], "date"),
        ("time", "valueTime", ["10:30:00"], ["10:30:00"], "time"),
    ],
)
def test_an_item_that_lists_its_answers_is_a_choice_between_them(
    kind: str, field: str, values: list[object], codes: list[str], options_are: str
) -> None:
    item = only(fhir_item("a", kind, answerOption=[{field: value} for value in values]))
    assert item.kind == "choice"
    assert [option.code for option in item.options] == codes
    assert item.options_are == options_are


def value_set(**fields: object) -> dict[str, object]:
    return {"resourceType": "ValueSet", "id": "v", "status": "active"} | fields


COMPOSED = value_set(
    compose={
        "include": [
            {
                "system": "urn:s",
                "concept": [
                    {
                        "code": "1",
                        "display": "Ja",
                        "designation": [{"language": "en", "value": "Yes"}],
                        "extension": [fhir_extension("ordinalValue", valueDecimal=3)],
                    },
                    {"code": "2", "display": "Nei"},
                ],
            }
        ]
    }
)
EXPANDED = value_set(expansion={"contains": [{"system": "urn:s", "code": "1", "display": "Ja"}]})


def test_options_are_taken_from_a_contained_value_set_with_their_translations() -> None:
    instrument = whole(fhir_item("a", "choice", answerValueSet="#v"), contained=[COMPOSED])
    assert instrument.structure.items[0].options == (
        Option("1", score=3, system="urn:s"),
        Option("2", system="urn:s"),
    )
    assert texts(instrument)["en"] == {"a/1": "Yes"}


def test_options_are_taken_from_an_expansion() -> None:
    assert (
        whole(fhir_item("a", "choice", answerValueSet="#v"), contained=[EXPANDED]).structure.items[0].options
    )


def test_an_exclusive_option_and_its_prefix_are_kept() -> None:
    exclusive = fhir_extension("questionnaire-optionExclusive", valueBoolean=True)
    prefix = fhir_extension("questionnaire-optionPrefix", valueString="a)")
    option = {"valueCoding": {"code": "x", "display": "Ingen"}, "extension": [exclusive, prefix]}
    instrument = whole(fhir_item("a", "choice", repeats=True, answerOption=[option]))
    assert instrument.structure.items[0].options == (Option("x", exclusive=True),)
    assert texts(instrument)["nb"]["a/x/prefix"] == "a)"


def test_translations_become_a_document_for_each_language_without_its_region() -> None:
    option = {"valueCoding": {"code": "x", "display": "Ja", "_display": fhir_translated(en="Yes")}}
    item = fhir_item("a", "choice", answerOption=[option], _text=fhir_translated(nn_NO="Spørsmål på nynorsk"))
    instrument = whole(item, _title=fhir_translated(nn_NO="Tittel", en="Title"))
    assert texts(instrument) == {
        "nb": {"title": "Laget for prøver", "a": "Spørsmål a", "a/x": "Ja"},
        "nn": {"title": "Tittel", "a": "Spørsmål på nynorsk"},
        "en": {"title": "Title", "a/x": "Yes"},
    }


def test_two_regions_of_one_language_stay_apart() -> None:
    item = fhir_item("a", "string", _text=fhir_translated(en_GB="Colour", en_US="Color"))
    assert set(texts(whole(item))) == {"nb", "en-GB", "en-US"}


def test_right_to_left_and_sami_texts_survive() -> None:
    item = fhir_item("a", "string", _text=fhir_translated(se_NO="Mo manná?", ar="كيف حالك؟"))
    words = texts(whole(item))
    assert (words["se"]["a"], words["ar"]["a"]) == ("Mo manná?", "كيف حالك؟")


def test_bounds_of_numbers_texts_dates_and_times_are_kept() -> None:
    number = [
        fhir_extension("minValue", valueInteger=0),
        fhir_extension("maxValue", valueDecimal=10.5),
        fhir_extension("maxDecimalPlaces", valueInteger=1),
        fhir_extension("questionnaire-sliderStepValue", valueInteger=2),
    ]
    text = [fhir_extension("minLength", valueInteger=2), fhir_extension("regex", valueString="[a-z]+")]
    day = [
        fhir_extension("minValue", valueDate="2020-01-01"),
        fhir_extension("maxValue", valueDate="2026-12-31"),
    ]
    clock = [fhir_extension("minValue", valueTime="08:00")]
    items = whole(
        fhir_item("n", "decimal", extension=number),
        fhir_item("t", "string", extension=text),
        fhir_item("d", "date", extension=day),
        fhir_item("c", "time", extension=clock),
    ).structure.items
    assert (items[0].minimum, items[0].maximum, items[0].decimals, items[0].step) == (0, 10.5, 1, 2)
    assert (items[1].min_length, items[1].pattern) == (2, "[a-z]+")
    assert (items[2].earliest, items[2].latest) == ("2020-01-01", "2026-12-31")
    assert items[3].earliest == "08:00:00"


@pytest.mark.parametrize("name", ["questionnaire-unit", "questionnaire-unitOption"])
def test_a_unit_is_kept_with_its_words(name: str) -> None:
    unit = {"system": "http://unitsofmeasure.org", "code": "kg", "display": "kilo"}
    instrument = whole(fhir_item("a", "quantity", extension=[fhir_extension(name, valueCoding=unit)]))
    assert instrument.structure.items[0].unit == "kg"
    assert texts(instrument)["nb"]["a/unit"] == "kilo"


@pytest.mark.parametrize(
    "system",
    [
        "http://hl7.org/fhir/questionnaire-item-control",
        "http://hl7.org/fhir/ValueSet/questionnaire-item-control",
    ],
)
def test_controls_and_orientation_become_the_presentation(system: str) -> None:
    horizontal = fhir_extension("questionnaire-choiceOrientation", valueCode="horizontal")
    presentation = whole(
        fhir_choice("a", "x", extension=[control("drop-down", system), horizontal]),
        fhir_choice("b", "x", repeats=True, extension=[control("check-box", system)]),
        fhir_item("c", "integer", extension=[control("slider", system)]),
        fhir_choice("d", "x", extension=[control("radio-button", system)]),
        fhir_item("e", "string", item=[fhir_item("f", "display", extension=[control("help", system)])]),
    ).presentation
    assert presentation.controls == {
        "a": "drop-down",
        "b": "check-box",
        "c": "slider",
        "d": "radio",
        "f": "help",
    }
    assert presentation.orientation == {"a": "horizontal"}


def test_helsenorges_slider_ends_and_error_texts_become_wording() -> None:
    ends = [
        {
            "system": "http://helsenorge.no/fhir/CodeSystem/SliderLabels",
            "code": "LabelLeft",
            "display": "Tomt",
        },
        {
            "system": "http://helsenorge.no/fhir/CodeSystem/SliderLabels",
            "code": "LabelRight",
            "display": "Fullt",
        },
    ]
    error = {"url": "http://ehelse.no/fhir/StructureDefinition/validationtext", "valueString": "Velg et tall"}
    words = texts(whole(fhir_item("a", "integer", code=ends, extension=[error])))["nb"]
    assert (words["a/min"], words["a/max"], words["a/error"]) == ("Tomt", "Fullt", "Velg et tall")


def test_an_entry_format_becomes_wording() -> None:
    shape = fhir_extension("entryFormat", valueString="dd.mm.åååå")
    assert texts(whole(fhir_item("a", "date", extension=[shape])))["nb"]["a/placeholder"] == "dd.mm.åååå"


def test_codes_of_other_terminologies_are_kept_beside_the_item() -> None:
    code = {"system": "http://loinc.org", "code": "72355-1", "display": "Their name for it"}
    assert only(fhir_item("a", "string", code=[code])).codes == ("http://loinc.org|72355-1",)


def test_hidden_items_and_initial_values_are_kept() -> None:
    hidden = fhir_extension("questionnaire-hidden", valueBoolean=True)
    items = whole(
        fhir_item("a", "boolean", extension=[hidden], initial=[{"valueBoolean": True}]),
        fhir_choice("b", "x", "y", initial=[{"valueCoding": {"code": "y"}}]),
        fhir_item(
            "c",
            "choice",
            answerOption=[{"valueString": "Ja"}, {"valueString": "Nei", "initialSelected": True}],
        ),
        fhir_item("d", "quantity", initial=[{"valueQuantity": {"value": 70, "unit": "kg"}}]),
    ).structure.items
    assert [item.initial for item in items] == [True, "y", "Nei", 70]
    assert items[0].hidden


def test_at_least_one_answer_makes_an_item_required() -> None:
    assert only(
        fhir_item("a", "string", extension=[fhir_extension("questionnaire-minOccurs", valueInteger=1)])
    ).required


def test_booleans_and_numbers_written_as_texts_are_read_as_what_they_say() -> None:
    least = fhir_extension("minValue", valueInteger="2")
    items = whole(
        fhir_choice("a", "x", repeats="true"), fhir_item("b", "integer", extension=[least])
    ).structure.items
    assert items[0].repeats
    assert items[1].minimum == 2


def test_an_imported_instrument_is_not_scored_until_somebody_gives_the_rules() -> None:
    assert whole(fhir_choice("a", "x")).scoring.scales == ()


def test_what_was_understood_and_the_items_are_counted() -> None:
    imported = read(fhir_item("g", "group", item=[fhir_item("a", "string")]))
    assert imported.items == 2
    assert imported.understood == 7 + 4 + 3
