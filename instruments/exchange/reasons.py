"""Why what is known and not kept is lost: one sentence for each extension or field."""

from collections.abc import Mapping
from types import MappingProxyType

_NOT_EVALUATED = "this expression is not evaluated here, so what it computes would be missing"
_NOT_FILLED_IN = "nothing is filled in from a record, so what it would bring along is missing"
_NOT_EXTRACTED = "answers are not turned into other resources by the questionnaire itself here"
_HELSENORGE_PAGE = "it arranges a page of Helsenorge, which this is not"
_HELSENORGE_ROUTE = (
    "it governs how Helsenorge hands out and delivers the answers, which is decided elsewhere here"
)
_NOT_RENDERED = "texts are shown without formatting, so what the formatting says would be missing"
_ONE_UNIT = "a quantity has one fixed unit here"
_ONE_ANSWER = "an item has one answer here, or as many as a choice has options"
_NO_FILES = "files cannot be attached here"
_ONE_TERMINOLOGY = "no terminology server is asked for anything here"
_OWN_LAYOUT = "pages are laid out for a phone here, in one way for everybody"

WHY_LOST: Mapping[str, str] = MappingProxyType(
    {
        "calculatedExpression": _NOT_EVALUATED,
        "sdf-calculatedExpression": _NOT_EVALUATED,
        "sdf-copyExpression": _NOT_EVALUATED,
        "cqf-expression": _NOT_EVALUATED,
        "cqf-library": _NOT_EVALUATED,
        "answerExpression": _NOT_EVALUATED,
        "answerOptionsToggleExpression": _NOT_EVALUATED,
        "candidateExpression": _NOT_EVALUATED,
        "contextExpression": _NOT_EVALUATED,
        "variable": _NOT_EVALUATED,
        "constraint": "no rule across items is checked here, so answers that break it would be taken",
        "initialExpression": _NOT_FILLED_IN,
        "launchContext": _NOT_FILLED_IN,
        "sourceQueries": _NOT_FILLED_IN,
        "sourceStructureMap": _NOT_FILLED_IN,
        "itemPopulationContext": _NOT_FILLED_IN,
        "observationLinkPeriod": "answers are not filled in from earlier observations here",
        "observationExtract": _NOT_EXTRACTED,
        "itemExtractionContext": _NOT_EXTRACTED,
        "targetStructureMap": _NOT_EXTRACTED,
        "rendering-xhtml": _NOT_RENDERED,
        "rendering-markdown": _NOT_RENDERED,
        "rendering-style": _NOT_RENDERED,
        "itemMedia": "pictures, sound and film are not shown here",
        "itemAnswerMedia": "pictures, sound and film are not shown here",
        "supportLink": "nobody is led away to another page while answering here",
        "unitOpen": _ONE_UNIT,
        "unitOption": _ONE_UNIT,
        "unitSupplementalSystem": _ONE_UNIT,
        "minQuantity": "the bounds of a quantity are plain numbers here (minValue, maxValue)",
        "maxQuantity": "the bounds of a quantity are plain numbers here (minValue, maxValue)",
        "quantity-precision": "it belongs to a given quantity; maxDecimalPlaces bounds an answer",
        "minOccurs": _ONE_ANSWER,
        "maxOccurs": _ONE_ANSWER,
        "repeatstext": _ONE_ANSWER,
        "answerRepeats": _ONE_ANSWER,
        "mimeType": _NO_FILES,
        "signatureRequired": "a submission is not signed here",
        "referenceResource": "an answer cannot point at another resource here",
        "lookupQuestionnaire": _ONE_TERMINOLOGY,
        "externallydefined": _ONE_TERMINOLOGY,
        "subQuestionnaire": "items that stand in another questionnaire are not fetched",
        "sdf-sidebar": _HELSENORGE_PAGE,
        "sdf-information-message": _HELSENORGE_PAGE,
        "sdf-itemControl-visibility": _HELSENORGE_PAGE,
        "sdf-presentationbuttons": _HELSENORGE_PAGE,
        "sdf-questionnaire-navgiator-state": _HELSENORGE_PAGE,
        "sdf-questionnaire-navigator-state": _HELSENORGE_PAGE,
        "sdf-endpoint": _HELSENORGE_ROUTE,
        "sdf-authenticationrequirement": _HELSENORGE_ROUTE,
        "sdf-accessibilitytoresponse": _HELSENORGE_ROUTE,
        "sdf-canbeperformedby": _HELSENORGE_ROUTE,
        "sdf-discretion": _HELSENORGE_ROUTE,
        "sdf-generatepdf": _HELSENORGE_ROUTE,
        "sdf-generatenarrative": _HELSENORGE_ROUTE,
        "sdf-maxvalue": _NOT_EVALUATED,
        "sdf-minvalue": _NOT_EVALUATED,
        "sdf-fraction-extension": "it is not said what Helsenorge does with it",
        "displayCategory": "texts to read are all shown in one way here",
        "collapsible": _OWN_LAYOUT,
        "width": _OWN_LAYOUT,
        "columnCount": _OWN_LAYOUT,
        "choiceColumn": _OWN_LAYOUT,
        "keyboard": _OWN_LAYOUT,
        "hcx-horizontal": _OWN_LAYOUT,
        "entryMode": "anybody may go back and forth between the items here",
        "usageMode": "an item is both asked and shown here, or hidden",
        "isSubject": "people answer for themselves here",
        "performerType": "people answer for themselves here",
        "endpoint": "where answers go is decided elsewhere here",
        "fhirType": "it types an answer as another data type than the item's",
        "definition": "a text or bound that stands in another definition is not fetched",
        "implicitRules": "rules agreed elsewhere may turn the meaning of everything",
        "answerValueSet": "options that stand in another place are not fetched; contain them",
    }
)
"""By the name in ``canonicals``, or by the field."""
