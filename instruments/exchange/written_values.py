"""Values as FHIR writes them: answers of conditions, answers to begin with, and texts that FHIR may hold."""

import re
from datetime import date, datetime, time

from instruments.definition import CHOICES, Condition, Item, Value
from instruments.primitives import is_address, is_text
from instruments.response_items import unit_of

Json = dict[str, object]

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
GREATEST = 1e300
"""The largest number that an import takes."""


def is_number(value: object) -> bool:
    """Whether it is a number that an import would take."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= GREATEST


def number_of(value: float, start: str = "value", *, whole: bool) -> Json:
    """A number as ``valueInteger`` where it is whole and should be (``whole``), else as ``valueDecimal``."""
    if whole and float(value).is_integer() and abs(value) < 2**31:
        return {f"{start}Integer": int(value)}
    return {f"{start}Decimal": value}


def condition_of(condition: Condition, target: Item, options: dict[str, Json]) -> Json | None:
    """One ``enableWhen``; None where FHIR has no way to say it of ``target``, which has ``options``."""
    answer = _answer_of(condition, target, options)
    return None if answer is None else {"question": condition.item, "operator": condition.operator} | answer


def _answer_of(condition: Condition, target: Item, options: dict[str, Json]) -> Json | None:
    value, operator = condition.value, condition.operator
    if operator == "exists" or target.kind == "boolean":
        is_said = isinstance(value, bool) and operator in ("exists", "=", "!=")
        return {"answerBoolean": value} if is_said else None
    if target.kind in CHOICES:
        return _option_asked(condition, target, options)
    return plain_value(value, target, "answer")


def _option_asked(condition: Condition, target: Item, options: dict[str, Json]) -> Json | None:
    value = condition.value
    if condition.operator not in ("=", "!=") or not isinstance(value, str):
        return None
    if value in options:
        return _asked(options[value])
    if target.kind == "open-choice" or not options:
        return {"answerString": value} if is_text(value) else None
    return None


def _asked(option: Json) -> Json:
    """An option as a condition names it: without its words, unless they are all that it has."""
    coding = option.get("valueCoding")
    if isinstance(coding, dict):
        name = "code" if "code" in coding else "display"
        return {"answerCoding": {key: coding[key] for key in ("system", name) if key in coding}}
    return {f"answer{key.removeprefix('value')}": option[key] for key in option if key.startswith("value")}


def plain_value(value: Value, item: Item, start: str) -> Json | None:
    """A value of an item without options, as ``start`` (``value`` or ``answer``) and its type; or nothing."""
    if item.kind == "boolean":
        return {f"{start}Boolean": value} if isinstance(value, bool) else None
    if item.kind in ("integer", "decimal"):
        whole = isinstance(value, int) and item.kind == "integer"
        return number_of(float_or_int(value), start, whole=whole) if is_number(value) else None
    if item.kind == "quantity":
        quantity: Json = {"value": value} | unit_of(item.unit)
        return {f"{start}Quantity": quantity} if is_number(value) else None
    if not isinstance(value, str) or not is_text(value):
        return None
    return _text_or_moment(value, item, start)


def float_or_int(value: Value) -> float:
    """A number that is known to be one, for the type checker."""
    return value if isinstance(value, int | float) else 0


def _text_or_moment(value: str, item: Item, start: str) -> Json | None:
    match item.kind:
        case "date":
            return {f"{start}Date": value} if is_date(value) else None
        case "time":
            return {f"{start}Time": value} if is_time(value) else None
        case "date-time":
            return {f"{start}DateTime": value} if is_moment(value) else None
        case "url" if start == "value":
            return {"valueUri": value} if is_address(value) else None
        case _:
            return {f"{start}String": value}


def is_partial_date(text: str) -> bool:
    """Whether it is a year, a month or a date."""
    return is_date(text + "0001-01-01"[len(text) :]) and len(text) in (4, 7, 10)


def is_date(text: str) -> bool:
    """Whether it is a whole date."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_time(text: str) -> bool:
    """Whether it is a time of day as HH:MM:SS."""
    try:
        return len(text) == len("13:30:00") and time.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_moment(text: str) -> bool:
    """Whether it is a date and time of day with its zone."""
    try:
        return bool(MOMENT.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False
