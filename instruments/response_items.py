"""Answers as the items of a FHIR R4 QuestionnaireResponse, in the order and the groups of their version."""

from collections.abc import Collection, Mapping

from instruments.definition import CHOICES, Item, Value
from instruments.primitives import is_address, is_code

Tree = dict[str, object]
Values = Mapping[str, tuple[Value, ...]]

UNITS_SYSTEM = "http://unitsofmeasure.org"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
DECLINED = "asked-declined"
SIMPLE: Mapping[str, str] = {
    "boolean": "valueBoolean", "integer": "valueInteger", "decimal": "valueDecimal", "string": "valueString",
    "text": "valueString", "date": "valueDate", "date-time": "valueDateTime", "time": "valueTime",
    "url": "valueUri",
}  # fmt: skip


def response_items(
    items: tuple[Item, ...],
    values: Values,
    skipped: Collection[str] = (),
    elements: dict[str, Tree] | None = None,
) -> list[Tree]:
    """The items that are answered or skipped, or hold one that is; they are put into ``elements`` by id."""
    written = []
    for item in items:
        answers = values.get(item.item_id, ())
        within = response_items(item.items, values, skipped, elements)
        is_skipped = item.item_id in skipped
        if not (answers or within or is_skipped):
            continue
        tree: Tree = {"linkId": item.item_id}
        if is_skipped:
            tree["extension"] = [{"url": ABSENT, "valueCode": DECLINED}]
        if answers:
            said = [said_of(item, value) for value in answers]
            tree["answer"] = [{**said[0], "item": within}, *said[1:]] if within else said
        elif within:
            tree["item"] = within
        if elements is not None:
            elements[item.item_id] = tree
        written.append(tree)
    return written


def said_of(item: Item, value: Value) -> Tree:
    """One answer as FHIR's ``value[x]`` of the item's kind."""
    if item.kind == "quantity":
        return {"valueQuantity": {"value": value, **unit_of(item.unit)}}
    if item.kind not in CHOICES:
        return {SIMPLE[item.kind]: value}
    option = next((one for one in item.options if one.code == value), None)
    if option is None:
        return {"valueString": value}
    match item.options_are:
        case "integer":
            return {"valueInteger": int(option.code)}
        case "coding":
            return {"valueCoding": coding_of(option.system, option.code)}
        case kind:
            return {f"value{kind.capitalize()}": option.code}


def coding_of(system: str, code: str) -> Tree:
    """An option's coding; its code without the system that stands before it where two share a code."""
    return {"system": system, "code": code.removeprefix(f"{system}|")} if system else {"code": code}


def unit_of(unit: str | None) -> Tree:
    """System and code of a unit: UCUM's, unless a system stands before the code."""
    if unit is None:
        return {}
    system, _, code = unit.rpartition("|")
    system = system or UNITS_SYSTEM
    return {"system": system, "code": code} if is_code(code) and is_address(system) else {}
