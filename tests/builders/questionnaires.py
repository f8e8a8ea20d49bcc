"""One rich Questionnaire of made-up words that is understood whole, for tests that take it apart."""

from tests.builders.instruments import (
    fhir_choice,
    fhir_extension,
    fhir_item,
    fhir_translated,
    make_questionnaire,
)

CONCEPT = {
    "coding": [{"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "slider"}],
    "text": "x",
}
UNIT = {
    "system": "http://unitsofmeasure.org",
    "code": "kg",
    "display": "kilo",
    "_display": fhir_translated(en="kilo"),
}
WEIGHT = fhir_item(
    "weight",
    "quantity",
    prefix="2.",
    extension=[
        fhir_extension("questionnaire-itemControl", valueCodeableConcept=CONCEPT),
        fhir_extension("questionnaire-unit", valueCoding=UNIT),
        fhir_extension("minValue", valueInteger=1),
        fhir_extension("maxValue", valueDecimal=300),
        fhir_extension("maxDecimalPlaces", valueInteger=1),
        fhir_extension("entryFormat", valueString="00,0", _valueString=fhir_translated(en="00.0")),
    ],
    initial=[
        {"valueQuantity": {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}}
    ],
    enableWhen=[
        {"question": "sex", "operator": "=", "answerCoding": {"system": "urn:s", "code": "1", "display": "x"}}
    ],
)
OPTION = {
    "valueCoding": {
        "id": "one",
        "system": "urn:o",
        "code": "x",
        "display": "Ja",
        "_display": fhir_translated(en="Yes"),
        "extension": [fhir_extension("ordinalValue", valueDecimal=1)],
    },
    "extension": [
        fhir_extension("questionnaire-optionPrefix", valueString="a"),
        fhir_extension("questionnaire-optionExclusive", valueBoolean=True),
    ],
    "initialSelected": True,
}
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
HELSENORGE = "http://helsenorge.no/fhir/StructureDefinition/"
MATRIX = fhir_item(
    "matrix",
    "group",
    extension=[
        fhir_extension(
            "questionnaire-itemControl",
            valueCodeableConcept={
                "coding": [{"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "gtable"}]
            },
        ),
        fhir_extension(HELSENORGE + "sdf-sublabel", valueMarkdown="In this table"),
        fhir_extension(SDC + "shortText", valueString="Table"),
    ],
    item=[
        fhir_choice("coded", answerValueSet="#codes", repeats=True),
        fhir_choice("known", answerValueSet="#expanded"),
    ],
    _text={"extension": [fhir_extension("rendering-markdown", valueMarkdown="**Spørsmål** matrix")]},
)
for _choice in MATRIX["item"]:  # type: ignore[attr-defined]
    del _choice["answerOption"]
SLIDER = fhir_item(
    "slider",
    "integer",
    extension=[fhir_extension("questionnaire-sliderStepValue", valueInteger=1)],
    item=[
        fhir_item(
            "slider-low",
            "display",
            extension=[
                fhir_extension(
                    "questionnaire-itemControl",
                    valueCodeableConcept={
                        "coding": [
                            {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "lower"}
                        ]
                    },
                )
            ],
        )
    ],
)
CONTAINED_CODES = [
    {
        "resourceType": "CodeSystem",
        "id": "system",
        "url": "urn:codes",
        "content": "complete",
        "status": "active",
        "concept": [
            {
                "code": "a",
                "display": "Alpha",
                "designation": [{"language": "en", "value": "Alpha", "use": {"code": "display"}}],
                "extension": [fhir_extension("codesystem-ordinalValue", valueDecimal=1)],
                "concept": [
                    {"code": "b", "property": [{"code": "itemWeight", "valueDecimal": 2}], "definition": "x"}
                ],
            }
        ],
    },
    {
        "resourceType": "ValueSet",
        "id": "codes",
        "compose": {"include": [{"system": "urn:codes", "version": "1"}]},
    },
    {
        "resourceType": "ValueSet",
        "id": "expanded",
        "expansion": {
            "timestamp": "2026-01-01",
            "total": 2,
            "contains": [
                {"abstract": True, "display": "Heading", "contains": [{"system": "urn:e", "code": "e"}]},
                {"system": "urn:e", "code": "f", "display": "Foxtrot"},
            ],
        },
    },
]
WHOLE = make_questionnaire(
    fhir_item(
        "g",
        "group",
        code=[{"system": "http://loinc.org", "code": "1-8", "display": "A group"}],
        item=[
            fhir_choice("sex", answerValueSet="#v", answerOption=None),
            WEIGHT,
            fhir_item("open", "open-choice", answerOption=[OPTION]),
            fhir_item(
                "note",
                "string",
                maxLength=9,
                extension=[
                    fhir_extension("minLength", valueInteger=1),
                    fhir_extension("regex", valueString="a*"),
                ],
                enableWhen=[
                    {"question": "weight", "operator": ">", "answerQuantity": {"value": 9, "code": "kg"}},
                    {"question": "open", "operator": "exists", "answerBoolean": True},
                ],
                enableBehavior="any",
            ),
            fhir_item("help", "display", _text=fhir_translated(nn="Hjelp", en="Help")),
            MATRIX,
            SLIDER,
        ],
    ),
    id="q",
    meta={"versionId": "1", "profile": ["urn:p"], "tag": [{"code": "t"}], "security": [{"code": "3"}]},
    text={"status": "generated", "div": "<div/>"},
    identifier=[{"system": "urn:i", "value": "1", "type": {"coding": [{"code": "c"}], "text": "t"}}],
    contact=[{"name": "n", "telecom": [{"system": "url", "value": "v"}]}],
    useContext=[{"code": {"code": "focus"}, "valueCodeableConcept": {"coding": [{"code": "P"}]}}],
    jurisdiction=[{"coding": [{"code": "NO"}]}],
    effectivePeriod={"start": "2026"},
    code=[{"system": "http://loinc.org", "code": "2-6"}],
    subjectType=["Patient"],
    _title=fhir_translated(en="Made for tests"),
    contained=[
        *CONTAINED_CODES,
        {
            "resourceType": "ValueSet",
            "id": "v",
            "status": "active",
            "meta": {"tag": [{"code": "t"}]},
            "compose": {
                "include": [
                    {
                        "system": "urn:s",
                        "concept": [
                            {"code": "1", "display": "M", "designation": [{"language": "en", "value": "M"}]},
                            {"code": "2", "display": "K"},
                        ],
                    }
                ]
            },
        },
    ],
)
del WHOLE["item"][0]["item"][0]["answerOption"]  # type: ignore[index]
