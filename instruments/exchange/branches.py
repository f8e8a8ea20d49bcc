"""``enableWhen``: each condition resolved against the item that it looks at, or named as lost, or refused."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import NamedTuple

from instruments.definition import CONTAINERS, NUMBERS, Branch, Condition, ItemKind, Operator, Value
from instruments.exchange.calculations import read_expression
from instruments.exchange.choices import Choices
from instruments.exchange.element import Element
from instruments.exchange.fhir_versions import refuse_other_condition
from instruments.exchange.item_extensions import unit_in
from instruments.exchange.logic import Enabling, LogicError
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.expressions import with_seconds

OPERATORS: dict[str, Operator] = {
    "exists": "exists", "=": "=", "!=": "!=", ">": ">", "<": "<", ">=": ">=", "<=": "<=",
}  # fmt: skip
ANSWERS = (
    "answerBoolean", "answerDecimal", "answerInteger", "answerDate", "answerDateTime", "answerTime",
    "answerString", "answerCoding", "answerQuantity", "answerReference",
)  # fmt: skip
LEFT_OUT = "the condition is left out, so the item is asked of more people"
BOTH = "it says otherwise than the conditions in enableWhen, which are kept"
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", re.ASCII)


class Target(NamedTuple):
    """What a condition needs to know of the item that it looks at."""

    kind: ItemKind
    choices: Choices | None
    unit: str | None
    is_calculated: bool = False


class _Unmet(Exception):  # noqa: N818 - never leaves this module
    """A condition that no answer can meet, since the option that it names is not there."""


def read_branch(item: Element, targets: dict[str, Target]) -> Branch | None:
    """When ``item`` is asked; None where always.

    Raises:
        InvalidQuestionnaireError: a condition looks at an item that is not there, or names an option that is
            not there so that the item could never be asked.
    """
    elements = item.children("enableWhen")
    behavior = item.text("enableBehavior")
    if behavior not in (None, "all", "any"):
        raise item.invalid("enableBehavior", "must be all or any")
    if behavior is None and len(elements) > 1:
        what = f"{len(elements)} conditions without enableBehavior"
        item.lose("enableBehavior", what, "it is not said whether all or any must hold; any is taken")
    needs_all = behavior == "all"
    conditions = [one for one in _conditions(elements, targets, needs_all=needs_all) if one is not None]
    if not conditions:
        return None
    return Branch(conditions=tuple(conditions), needs="all" if needs_all or len(conditions) == 1 else "any")


def read_enabling(
    item: Element, enabling: Enabling, variables: Mapping[str, str], said: Branch | None
) -> Branch | None:
    """The branch of ``enableWhenExpression``; ``said``, which ``enableWhen`` gave, where there is none.

    An expression that a branch cannot say, or that says otherwise than ``enableWhen``, is lost.
    """
    extension = item.extension("enableWhenExpression")
    if extension is None:
        return said
    _, text = read_expression(extension)
    if text is None:
        return said
    try:
        branch = enabling.branch(text, variables)
    except LogicError as error:
        extension.abandon("an expression", f"it {error.why}; the page cannot tell when the item is asked")
        return said
    if said is not None and branch != said:
        extension.abandon("an expression beside enableWhen", BOTH)
        return said
    return branch


def _conditions(
    elements: list[Element], targets: dict[str, Target], *, needs_all: bool
) -> list[Condition | None]:
    """The conditions one by one, None for each that is lost."""
    conditions: list[Condition | None] = []
    unmet: list[Element] = []
    for element in elements:
        try:
            conditions.append(_read_condition(element, targets))
        except _Unmet:
            unmet.append(element)
    if unmet and (needs_all or not conditions):
        raise InvalidQuestionnaireError(
            unmet[0].path, "names an option that the item it looks at does not have"
        )
    for element in unmet:
        why = "the item that it looks at has no such option, so it never holds; it is left out"
        element.reading.lose(element.path, "a condition", why)
    return conditions


def _read_condition(element: Element, targets: dict[str, Target]) -> Condition | None:
    question = element.text("question")
    if not question or question not in targets:
        raise element.invalid("question", "looks at an item that is not there")
    refuse_other_condition(element)
    operator = OPERATORS.get(element.text("operator") or "")
    if operator is None:
        raise element.invalid("operator", "must be one of exists, =, !=, >, <, >= and <=")
    given = [key for key in ANSWERS if element.has(key)]
    if len(given) != 1:
        raise InvalidQuestionnaireError(element.path, "must have one answer[x]")
    target = targets[question]
    if target.kind in CONTAINERS:
        element.lose(given[0], "a condition on an item that takes no answer", LEFT_OUT)
        return None
    if target.is_calculated:
        element.lose(given[0], "a condition on a calculated item", f"the page does not calculate; {LEFT_OUT}")
        return None
    value = _read_value(element, given[0], operator, target)
    return None if value is None else Condition(item=question, operator=operator, value=value)


def _read_value(element: Element, key: str, operator: Operator, target: Target) -> Value | None:
    if operator == "exists":
        exists = element.flag(key) if key == "answerBoolean" else None
        if exists is None:
            raise element.invalid(key, "exists needs answerBoolean")
        return exists
    if target.choices is not None:
        return _option(element, key, operator, target.kind, target.choices)
    if target.kind == "boolean" and operator not in ("=", "!="):
        element.lose(key, f"a condition {operator} on a boolean", f"yes and no have no order; {LEFT_OUT}")
        return None
    value = _plain(element, key, target)
    if value is None:
        element.lose(key, f"{key} for an item of the kind {target.kind}", f"the types do not fit; {LEFT_OUT}")
    return value


def _option(element: Element, key: str, operator: Operator, kind: ItemKind, choices: Choices) -> Value | None:
    if operator not in ("=", "!="):
        element.lose(key, f"a condition {operator} on an option", f"options have no order; {LEFT_OUT}")
        return None
    system, value = _named_option(element, key)
    if value is None:
        element.lose(key, f"{key} for a choice", f"the types do not fit; {LEFT_OUT}")
        return None
    if not choices.is_known:
        return value
    codes = choices.codes_for(system, value)
    if not codes and system and (codes := choices.codes_for("", value)):
        what = "an option by another code system"
        element.reading.lose(
            element.at(key), what, "the item's option with the same code is taken to be meant"
        )
    if len(codes) == 1:
        return codes[0]
    if kind == "open-choice" and key == "answerString":
        return value
    raise _Unmet


def _named_option(element: Element, key: str) -> tuple[str, str | None]:
    """The code system and the code (or the text of the value) that a condition names."""
    if key == "answerCoding":
        coding = element.child(key)
        if coding is None:
            return "", None
        system, code, display = coding.text("system"), coding.text("code"), coding.text("display")
        return system or "", code or display
    value = element.raw(key)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return "", None
    if key == "answerInteger" and not isinstance(value, int):
        why = "it is a text where a number should be; the option with just this text is meant"
        element.reading.note(element.at(key), "answerInteger", why)
    return "", str(value)


def _plain(element: Element, key: str, target: Target) -> Value | None:
    """The value of a condition on an item without options; None where it is not of the item's type."""
    if target.kind == "boolean":
        return element.flag(key) if key == "answerBoolean" else None
    if target.kind in NUMBERS:
        return _number(element, key, target)
    value = element.raw(key)
    if not isinstance(value, str):
        return None
    if target.kind in ("string", "text", "url"):
        return value if key == "answerString" else None
    return _moment(key, value, target.kind)


def _number(element: Element, key: str, target: Target) -> Value | None:
    if key == "answerQuantity":
        quantity = element.child(key)
        if quantity is None:
            return None
        number, unit = quantity.number("value"), unit_in(quantity)
        quantity.text("unit")
        return None if unit not in (None, target.unit) else number
    value = element.raw(key)
    if key not in ("answerInteger", "answerDecimal") or isinstance(value, bool):
        return None
    return value if isinstance(value, int | float) else None


def _moment(key: str, value: str, kind: ItemKind) -> Value | None:
    """A whole date, time or date-time; a year or month alone does not compare with a day."""
    try:
        if (key, kind) == ("answerDate", "date"):
            return value if date.fromisoformat(value).isoformat() == value else None
        if (key, kind) == ("answerTime", "time"):
            return with_seconds(value) if time.fromisoformat(value) is not None else None
        if (key, kind) == ("answerDateTime", "date-time") and MOMENT.match(value):
            return value if datetime.fromisoformat(value) is not None else None
    except ValueError:
        return None
    return None
