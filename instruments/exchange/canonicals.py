"""The canonical addresses of what an import knows, in every spelling in use, and why the rest is lost.

An extension that has a name here is still lost wherever no reader asks for it.
"""

from collections.abc import Mapping
from types import MappingProxyType

HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
HELSENORGE = ("http://helsenorge.no/fhir/StructureDefinition/", "http://ehelse.no/fhir/StructureDefinition/")
MISSPELT = "/StructureDefintion/"
"""Helsenorge publishes one of its extensions so, without the third i; it is read as what is meant."""

CONTROL_SYSTEMS = frozenset(
    (
        "http://hl7.org/fhir/questionnaire-item-control",
        "http://hl7.org/fhir/ValueSet/questionnaire-item-control",
        "http://terminology.hl7.org/CodeSystem/questionnaire-item-control",
    )
)
UNITS_SYSTEM = "http://unitsofmeasure.org"

_HL7_NAMES = {
    "questionnaire-hidden": "hidden",
    "questionnaire-itemControl": "itemControl",
    "questionnaire-choiceOrientation": "choiceOrientation",
    "questionnaire-unit": "unit",
    "questionnaire-unitOption": "unitOption",
    "questionnaire-sliderStepValue": "sliderStepValue",
    "questionnaire-optionPrefix": "optionPrefix",
    "questionnaire-optionExclusive": "optionExclusive",
    "questionnaire-ordinalValue": "ordinalValue",
    "questionnaire-minOccurs": "minOccurs",
    "questionnaire-maxOccurs": "maxOccurs",
    "ordinalValue": "ordinalValue",
    "codesystem-ordinalValue": "ordinalValue",
    "valueset-ordinalValue": "ordinalValue",
    "itemWeight": "ordinalValue",
    "minValue": "minValue",
    "maxValue": "maxValue",
    "minLength": "minLength",
    "regex": "regex",
    "maxDecimalPlaces": "maxDecimalPlaces",
    "entryFormat": "entryFormat",
    "translation": "translation",
    "rendering-xhtml": "rendering-xhtml",
    "rendering-markdown": "rendering-markdown",
    "rendering-style": "rendering-style",
    "variable": "variable",
    "cqf-expression": "cqf-expression",
    "questionnaire-initialExpression": "initialExpression",
    "questionnaire-calculatedExpression": "calculatedExpression",
    "questionnaire-displayCategory": "displayCategory",
    "questionnaire-externallydefined": "externallydefined",
    "mimeType": "mimeType",
    "maxSize": "mimeType",
    "terminology-server": "terminology-server",
}
_SDC_NAMES = (
    "hidden", "choiceOrientation", "optionExclusive", "calculatedExpression", "initialExpression",
    "enableWhenExpression", "answerExpression", "launchContext", "sourceQueries", "observationExtract",
    "observationLinkPeriod", "unitOpen", "unitSupplementalSystem", "shortText", "preferredTerminologyServer",
    "openLabel", "optionPrefix",
)  # fmt: skip
_HELSENORGE_NAMES = (
    "validationtext", "repeatstext", "sdf-sidebar", "sdf-information-message", "sdf-itemControl-visibility",
    "sdf-sublabel", "sdf-calculatedExpression", "sdf-endpoint", "sdf-authenticationrequirement",
    "sdf-accessibilitytoresponse", "sdf-canbeperformedby", "sdf-discretion",
)  # fmt: skip

NAMES: Mapping[str, str] = MappingProxyType(
    {HL7 + address: name for address, name in _HL7_NAMES.items()}
    | {SDC + name: name for name in _SDC_NAMES}
    | {start + name: name for start in HELSENORGE for name in _HELSENORGE_NAMES}
)


def name_of(url: str) -> str:
    """The short name of an extension; the url itself where it has none here.

    ``https`` counts as ``http`` and a version after ``|`` is left away: both name the same definition.
    """
    if url in NAMES:
        return NAMES[url]
    address = (
        url.replace("https://", "http://", 1).split("|", 1)[0].replace(MISSPELT, "/StructureDefinition/")
    )
    return NAMES.get(address, url)


_NOT_EVALUATED = "no expression is evaluated here, so what it computes would be missing"
_HELSENORGE_PAGE = "it arranges a page of Helsenorge, which this is not"
_HELSENORGE_ROUTE = (
    "it governs how Helsenorge hands out and delivers the answers, which is decided elsewhere here"
)
_NOT_RENDERED = "texts are shown without formatting, so what the formatting says would be missing"
_ONE_TERMINOLOGY = "no terminology server is asked for anything here"

WHY_LOST: Mapping[str, str] = MappingProxyType(
    {
        "calculatedExpression": _NOT_EVALUATED,
        "sdf-calculatedExpression": _NOT_EVALUATED,
        "cqf-expression": _NOT_EVALUATED,
        "initialExpression": _NOT_EVALUATED,
        "answerExpression": _NOT_EVALUATED,
        "variable": _NOT_EVALUATED,
        "enableWhenExpression": "no expression is evaluated here, so the item would be asked of everybody",
        "launchContext": "nothing is filled in from a record, so what it would bring along is missing",
        "sourceQueries": "nothing is filled in from a record, so what it would bring along is missing",
        "observationExtract": "answers are not turned into observations here",
        "observationLinkPeriod": "answers are not filled in from earlier observations here",
        "rendering-xhtml": _NOT_RENDERED,
        "rendering-markdown": _NOT_RENDERED,
        "rendering-style": _NOT_RENDERED,
        "sdf-sublabel": _NOT_RENDERED,
        "unitOpen": "a quantity has one fixed unit here",
        "unitOption": "a quantity has one fixed unit here",
        "unitSupplementalSystem": "a quantity has one fixed unit here",
        "minOccurs": "an item has one answer here, or as many as a choice has options",
        "maxOccurs": "an item has one answer here, or as many as a choice has options",
        "repeatstext": "an item has one answer here, or as many as a choice has options",
        "mimeType": "files cannot be attached here",
        "terminology-server": _ONE_TERMINOLOGY,
        "preferredTerminologyServer": _ONE_TERMINOLOGY,
        "externallydefined": _ONE_TERMINOLOGY,
        "sdf-sidebar": _HELSENORGE_PAGE,
        "sdf-information-message": _HELSENORGE_PAGE,
        "sdf-itemControl-visibility": _HELSENORGE_PAGE,
        "sdf-endpoint": _HELSENORGE_ROUTE,
        "sdf-authenticationrequirement": _HELSENORGE_ROUTE,
        "sdf-accessibilitytoresponse": _HELSENORGE_ROUTE,
        "sdf-canbeperformedby": _HELSENORGE_ROUTE,
        "sdf-discretion": _HELSENORGE_ROUTE,
        "displayCategory": "texts to read are all shown in one way here",
        "shortText": "an item has one text here",
        "definition": "a text or bound that stands in another definition is not fetched",
        "implicitRules": "rules agreed elsewhere may turn the meaning of everything",
        "answerValueSet": "options that stand in another place are not fetched; contain them",
    }
)
