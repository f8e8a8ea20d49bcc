"""The answer that an item begins with: ``initial``, or the options that are selected from the start."""

from instruments.definition import Item, ItemKind, Value
from instruments.exchange.choices import PLAIN_VALUES, Choices
from instruments.exchange.element import Element
from instruments.exchange.item_extensions import unit_in
from instruments.exchange.losses import InvalidQuestionnaireError

TEXT_FIELDS: dict[ItemKind, str] = {
    "string": "valueString", "text": "valueString", "url": "valueUri",
    "date": "valueDate", "date-time": "valueDateTime", "time": "valueTime",
}  # fmt: skip
SECOND = "one answer can be filled in here; the first is kept"
NO_OPTION = "names an option that the item does not have"


def read_initial(item: Element, about: Item, choices: Choices | None) -> tuple[Value, ...]:
    """The answers that stand there before the person has answered.

    A value of another type is left to be lost; so is every one after the first, unless the item repeats.

    Raises:
        InvalidQuestionnaireError: it is an option that the item does not have.
    """
    values: list[Value] = list(choices.selected()) if choices is not None else []
    if len(values) > 1 and not about.repeats:
        item.reading.lose(item.at("answerOption"), "more than one option selected from the start", SECOND)
    for element in item.children("initial"):
        value = _plain(element, about) if choices is None else _option(element, about.kind, choices)
        if value is None:
            continue
        if values and not about.repeats:
            element.reading.lose(element.path, "a second answer to begin with", SECOND)
        values.append(value)
    return tuple(values) if about.repeats else tuple(values[:1])


def _option(element: Element, kind: ItemKind, choices: Choices) -> Value | None:
    if not choices.is_known:
        element.abandon("an option to begin with", "the options stand in a place that is not fetched")
        return None
    system, value = "", None
    if element.has("valueCoding"):
        coding = element.child("valueCoding")
        if coding is not None:
            display = coding.text("display")
            system, value = coding.text("system") or "", coding.text("code") or display
    is_text = kind == "open-choice" and element.has("valueString")
    for key, option_kind in PLAIN_VALUES.items():
        if element.has(key):
            value = str(element.whole(key)) if option_kind == "integer" else element.text(key)
    if value is None:
        return None
    codes = choices.codes_for(system, value)
    if len(codes) == 1:
        return codes[0]
    if is_text:
        return value
    raise InvalidQuestionnaireError(element.path, NO_OPTION)


def _plain(element: Element, about: Item) -> Value | None:
    match about.kind:
        case "boolean":
            return element.flag("valueBoolean")
        case "integer":
            return element.whole("valueInteger")
        case "decimal":
            return element.number("valueDecimal" if element.has("valueDecimal") else "valueInteger")
        case "quantity":
            return _quantity(element.child("valueQuantity"), element, about)
        case _:
            return element.text(TEXT_FIELDS[about.kind])


def _quantity(quantity: Element | None, element: Element, about: Item) -> float | None:
    if quantity is None:
        return None
    quantity.text("unit")
    unit = unit_in(quantity)
    if unit is not None and about.unit is not None and unit != about.unit:
        element.abandon(f"an answer to begin with in {unit!r}", f"the item is answered in {about.unit!r}")
        return None
    return quantity.number("value")
