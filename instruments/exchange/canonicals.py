"""The canonical addresses of what an import knows, in every spelling in use.

An extension that has a name here is still lost wherever no reader asks for it; ``reasons`` says why.
"""

from collections.abc import Mapping
from types import MappingProxyType

HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
OWN = "https://etterklang.example/fhir/StructureDefinition/"
HELSENORGE = ("http://helsenorge.no/fhir/StructureDefinition/", "http://ehelse.no/fhir/StructureDefinition/")
VALIDATION_TEXT = HELSENORGE[1] + "validationtext"
MISSPELT = "/StructureDefintion/"
"""Helsenorge publishes one of its extensions so, without the third i; it is read as what is meant."""

CONTROL_SYSTEM = "http://hl7.org/fhir/questionnaire-item-control"
CONTROL_SYSTEMS = frozenset(
    (
        CONTROL_SYSTEM,
        "http://hl7.org/fhir/ValueSet/questionnaire-item-control",
        "http://terminology.hl7.org/CodeSystem/questionnaire-item-control",
        "http://hl7.org/fhir/uv/sdc/CodeSystem/temp",
        "http://hl7.org/fhir/uv/sdc/CodeSystem/CodeSystem-temp",
    )
)

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
    "questionnaire-answerRepeats": "answerRepeats",
    "questionnaire-instruction": "instruction",
    "ordinalValue": "ordinalValue",
    "codesystem-ordinalValue": "ordinalValue",
    "valueset-ordinalValue": "ordinalValue",
    "itemWeight": "ordinalValue",
    "minValue": "minValue",
    "maxValue": "maxValue",
    "minLength": "minLength",
    "regex": "regex",
    "maxDecimalPlaces": "maxDecimalPlaces",
    "quantity-precision": "quantity-precision",
    "entryFormat": "entryFormat",
    "translation": "translation",
    "rendering-xhtml": "rendering-xhtml",
    "rendering-markdown": "rendering-markdown",
    "rendering-style": "rendering-style",
    "rendering-styleSensitive": "rendering-style",
    "variable": "variable",
    "cqf-expression": "cqf-expression",
    "cqf-library": "cqf-library",
    "questionnaire-initialExpression": "initialExpression",
    "questionnaire-calculatedExpression": "calculatedExpression",
    "questionnaire-displayCategory": "displayCategory",
    "questionnaire-externallydefined": "externallydefined",
    "questionnaire-supportLink": "supportLink",
    "questionnaire-signatureRequired": "signatureRequired",
    "questionnaire-referenceResource": "referenceResource",
    "questionnaire-referenceProfile": "referenceResource",
    "questionnaire-constraint": "constraint",
    "questionnaire-usageMode": "usageMode",
    "questionnaire-fhirType": "fhirType",
    "mimeType": "mimeType",
    "maxSize": "mimeType",
    "terminology-server": "preferredTerminologyServer",
}
_SDC_NAMES = (
    "hidden", "choiceOrientation", "optionExclusive", "calculatedExpression", "initialExpression",
    "enableWhenExpression", "answerExpression", "answerOptionsToggleExpression", "candidateExpression",
    "contextExpression", "itemPopulationContext", "itemExtractionContext", "launchContext", "sourceQueries",
    "sourceStructureMap", "targetStructureMap", "observationExtract", "observationLinkPeriod", "unitOpen",
    "unitSupplementalSystem", "shortText", "preferredTerminologyServer", "openLabel", "optionPrefix",
    "collapsible", "width", "columnCount", "choiceColumn", "lookupQuestionnaire", "subQuestionnaire",
    "endpoint", "isSubject", "entryMode", "performerType", "maxQuantity", "minQuantity", "keyboard",
    "itemMedia", "itemAnswerMedia",
)  # fmt: skip
_HELSENORGE_NAMES = (
    "validationtext", "repeatstext", "sdf-sidebar", "sdf-information-message", "sdf-itemControl-visibility",
    "sdf-sublabel", "sdf-calculatedExpression", "sdf-endpoint", "sdf-authenticationrequirement",
    "sdf-accessibilitytoresponse", "sdf-canbeperformedby", "sdf-discretion", "sdf-copyExpression",
    "sdf-presentationbuttons", "sdf-questionnaire-navgiator-state", "sdf-questionnaire-navigator-state",
    "sdf-generatepdf", "sdf-generatenarrative", "sdf-fraction-extension", "sdf-maxvalue", "sdf-minvalue",
)  # fmt: skip
_OWN_NAMES = (
    "intro", "help-text", "options-elsewhere", "more-of-item", "structure", "presentation", "scoring",
    "translations",
)  # fmt: skip
_OTHER_NAMES = {
    "http://standards.healthconnex.com.au/fhir/StructureDefinition/Questionnaire-": ("hcx-horizontal",),
    "http://lhcforms.nlm.nih.gov/fhir/StructureDefinition/questionnaire-": ("externallydefined",),
}

NAMES: Mapping[str, str] = MappingProxyType(
    {HL7 + address: name for address, name in _HL7_NAMES.items()}
    | {SDC + name: name for name in _SDC_NAMES}
    | {start + name: name for start in HELSENORGE for name in _HELSENORGE_NAMES}
    | {OWN + name: f"own-{name}" for name in _OWN_NAMES}
    | {start + name: name for start, names in _OTHER_NAMES.items() for name in names}
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
