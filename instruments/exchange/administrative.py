"""What is noted and left: metadata that changes neither what a person sees nor what answers mean.

It is still walked field by field, so that an extension or an unknown field inside it is named as a loss.
"""

from collections.abc import Mapping
from types import MappingProxyType

from instruments.exchange.element import Element

Shape = Mapping[str, str]
"""Field to the name of the data type in ``SHAPES``; an empty name is a primitive, or a list of them."""

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "Meta": {
            "versionId": "",
            "lastUpdated": "",
            "source": "",
            "profile": "",
            "security": "Coding",
            "tag": "Coding",
        },
        "Coding": {"system": "", "version": "", "code": "", "display": "", "userSelected": ""},
        "CodeableConcept": {"coding": "Coding", "text": ""},
        "Identifier": {"use": "", "type": "CodeableConcept", "system": "", "value": "", "period": "Period"},
        "Period": {"start": "", "end": ""},
        "ContactDetail": {"name": "", "telecom": "ContactPoint"},
        "ContactPoint": {"system": "", "value": "", "use": "", "rank": "", "period": "Period"},
        "UsageContext": {"code": "Coding", "valueCodeableConcept": "CodeableConcept"},
        "Narrative": {"status": "", "div": ""},
        "Property": {"code": "", "uri": "", "description": "", "type": ""},
    }
)

QUESTIONNAIRE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "id": ("", "names the copy on the server that it came from"),
        "meta": ("Meta", "is about the copy on that server"),
        "identifier": ("Identifier", "is another name; ours is the canonical address"),
        "name": ("", "is a name for programmers"),
        "derivedFrom": ("", "says where it comes from, and brings nothing along"),
        "status": ("", "is the publisher's state; ours is kept with the version"),
        "experimental": ("", "is the publisher's state; ours is kept with the version"),
        "date": ("", "is when the publisher last changed it"),
        "publisher": ("", "is who answers for it, not what it asks"),
        "contact": ("ContactDetail", "is who answers for it, not what it asks"),
        "description": ("", "is for those who choose an instrument, not for those who answer"),
        "purpose": ("", "is for those who choose an instrument, not for those who answer"),
        "useContext": ("UsageContext", "is for those who search for instruments"),
        "jurisdiction": ("CodeableConcept", "is for those who search for instruments"),
        "approvalDate": ("", "is the publisher's own record of it"),
        "lastReviewDate": ("", "is the publisher's own record of it"),
        "effectivePeriod": ("Period", "is when the publisher means to use it; ours is a protocol's window"),
        "text": ("Narrative", "is a rendering of the same for readers of the resource"),
    }
)
"""Fields of a Questionnaire that are noted only: their data type, and why nothing is lost by it."""

VALUE_SET: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        name: QUESTIONNAIRE[name]
        for name in QUESTIONNAIRE
        if name not in ("derivedFrom", "approvalDate", "lastReviewDate")
    }
    | {
        "url": ("", "is where the list is published; the list itself is here"),
        "version": ("", "is the published list's; the list itself is here"),
        "title": ("", "names the list, not an option"),
        "language": ("", "is the questionnaire's"),
        "immutable": ("", "binds the publisher"),
        "copyright": ("", "stands with the questionnaire's"),
    }
)
"""Fields of a contained ValueSet that are noted only."""

_OF_CODES = ("", "is about all of the codes; those that are used are here")
CODE_SYSTEM: Mapping[str, tuple[str, str]] = MappingProxyType(
    {name: VALUE_SET[name] for name in VALUE_SET if name not in ("url", "immutable")}
    | dict.fromkeys(
        (
            "content",
            "caseSensitive",
            "compositional",
            "versionNeeded",
            "hierarchyMeaning",
            "count",
            "valueSet",
        ),
        _OF_CODES,
    )
    | {"property": ("Property", "says what the properties of the codes mean")}
)
"""Fields of a contained CodeSystem that are noted only."""


def note(element: Element, fields: Mapping[str, tuple[str, str]]) -> None:
    """Reads the administrative ``fields`` of ``element``, keeps nothing, and notes that they were there."""
    for key, (shape, why) in fields.items():
        if element.has(key):
            _read(element, key, shape)
            if not element.has(key):
                element.reading.note(element.at(key), f"the field {key}", f"it {why}")


def _read(element: Element, key: str, shape: str) -> None:
    if not element.has(key):
        return
    if not shape:
        if element.is_primitive(key):
            element.raw(key)
        return
    for child in element.objects(key):
        for inner, inner_shape in SHAPES[shape].items():
            _read(child, inner, inner_shape)
