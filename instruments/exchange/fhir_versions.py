"""What is no FHIR R4 Questionnaire: other resources, and what other versions of FHIR write, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from instruments.exchange.element import Element

OF_WHOLE: Mapping[str, str] = MappingProxyType(
    {"group": "DSTU2", "versionAlgorithmString": "R5", "versionAlgorithmCoding": "R5", "copyrightLabel": "R5"}
)
OF_ITEM: Mapping[str, str] = MappingProxyType(
    {"option": "STU3", "options": "STU3", "answerConstraint": "R5", "disabledDisplay": "R5"}
)
OF_CONDITION: Mapping[str, str] = MappingProxyType({"hasAnswer": "STU3"})
"""Fields that another version of FHIR has and R4 (4.0, 4.3) has not."""
TYPES: Mapping[str, str] = MappingProxyType({"question": "R5", "coding": "R5"})
"""Types of an item, likewise."""
CONVERT = "only R4 (4.0.1, 4.3.0) is read; convert it first"


def refuse_other_resource(root: Element) -> None:
    """Refuses what is no Questionnaire, and says where in a Bundle one stands.

    Raises:
        InvalidQuestionnaireError: it is none, or one of another version of FHIR.
    """
    kind = root.text("resourceType")
    if kind == "Bundle":
        place = _questionnaire_in(root.peek("entry"))
        where = f"the Questionnaire in it ({place}) as a file of its own" if place else "a Questionnaire"
        raise root.invalid("resourceType", f"must be Questionnaire; this is a Bundle: give {where}")
    if kind != "Questionnaire":
        raise root.invalid("resourceType", "must be Questionnaire")
    _refuse(root, OF_WHOLE)


def refuse_other_version(item: Element) -> None:
    """Refuses an item as other versions of FHIR write it.

    Raises:
        InvalidQuestionnaireError: a field or type of it is STU3's or R5's.
    """
    _refuse(item, OF_ITEM)
    version = TYPES.get(str(item.peek("type")))
    if version is not None:
        raise item.invalid("type", f"is a type of FHIR {version}: {CONVERT}")


def refuse_other_condition(condition: Element) -> None:
    """Refuses an ``enableWhen`` as STU3 writes it.

    Raises:
        InvalidQuestionnaireError: it is one.
    """
    _refuse(condition, OF_CONDITION)


def _refuse(element: Element, fields: Mapping[str, str]) -> None:
    for field, version in fields.items():
        if element.has(field):
            raise element.invalid(field, f"is a field of FHIR {version}: {CONVERT}")


def _questionnaire_in(entries: object) -> str:
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "Questionnaire":
            return f"entry[{number}].resource"
    return ""
