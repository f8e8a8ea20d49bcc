"""The answer that an item begins with: ``initial``, or the options that are selected from the start."""

from instruments.definition import ItemKind, Value
from instruments.exchange.choices import PLAIN_VALUES, Choices
from instruments.exchange.element import Element
from instruments.exchange.losses import InvalidQuestionnaireError

TEXT_FIELDS: dict[ItemKind, str] = {
    "string": "valueString", "text": "valueString", "url": "valueUri",
    "date": "valueDate", "date-time": "valueDateTime", "time": "valueTime",
}  # fmt: skip
SECOND = "one answer can be filled in; the first is kept"


def read_initial(item: Element, kind: ItemKind, choices: Choices | None) -> Value | None:
    """The answer that stands there before the person has answered.

    A value of another type is left to be lost; so is every one after the first.

    Raises:
        InvalidQuestionnaireError: it is an option that the item does not have.
    """
    values: list[Value] = list(choices.selected()) if choices is not None else []
    if len(values) > 1:
        item.reading.lose(item.at("answerOption"), "more than one option selected from the start", SECOND)
    for element in item.children("initial"):
        value = _option(element, choices) if choices is not None else _plain(element, kind)
        if value is None:
            continue
        if values:
            element.reading.lose(element.path, "a second answer to begin with", SECOND)
        values.append(value)
    return values[0] if values else None


def _option(element: Element, choices: Choices) -> Value | None:
    if not choices.is_known:
        element.abandon("an option to begin with", "the options stand in a place that is not fetched")
        return None
    system, value = "", None
    if element.has("valueCoding"):
        coding = element.child("valueCoding")
        if coding is not None:
            display = coding.text("display")
            system, value = coding.text("system") or "", coding.text("code") or display
    for key, kind in PLAIN_VALUES.items():
        if element.has(key):
            value = str(element.whole(key)) if kind == "integer" else element.text(key)
    if value is None:
        return None
    codes = choices.codes_for(system, value)
    if len(codes) != 1:
        raise InvalidQuestionnaireError(element.path, "names an option that the item does not have")
    return codes[0]


def _plain(element: Element, kind: ItemKind) -> Value | None:
    if kind == "boolean":
        return element.flag("valueBoolean")
    if kind == "integer":
        return element.whole("valueInteger")
    if kind == "decimal":
        return element.number("valueDecimal" if element.has("valueDecimal") else "valueInteger")
    if kind == "quantity":
        quantity = element.child("valueQuantity")
        if quantity is None:
            return None
        for key in ("unit", "system", "code"):
            quantity.text(key)
        return quantity.number("value")
    return element.text(TEXT_FIELDS[kind])
