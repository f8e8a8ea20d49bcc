"""A branch in FHIR: ``enableWhen`` where that can say it, else FHIRPath for ``enableWhenExpression``."""

from collections.abc import Mapping

from instruments.definition import CHOICES, Branch, Condition, Item, Value


def flat(branch: Branch) -> Branch | None:
    """The same branch without brackets, which is all that FHIR's ``enableWhen`` can say; None where they
    are needed.
    """
    conditions, waiting = list(branch.conditions), list(branch.branches)
    while waiting:
        inner = waiting.pop(0)
        is_single = len(inner.conditions) + len(inner.branches) == 1
        if inner.needs != branch.needs and not is_single:
            return None
        conditions.extend(inner.conditions)
        waiting.extend(inner.branches)
    return Branch(tuple(conditions), branch.needs)


def as_fhirpath(branch: Branch, items: Mapping[str, Item]) -> str:
    """The branch as FHIRPath over the QuestionnaireResponse (``%resource``); true or false, never empty.

    ``items`` are those that the conditions look at, by id. The depth of a sound branch bounds the recursion.
    """
    joint = " and " if branch.needs == "all" else " or "
    said = [condition_path(one, items) for one in branch.conditions]
    said.extend(f"({as_fhirpath(inner, items)})" for inner in branch.branches)
    return joint.join(said)


def answers_path(item_id: str) -> str:
    """FHIRPath of the answers to an item, whatever it stands in."""
    return f"%resource.descendants().where(linkId = {quoted(item_id)}).answer.value"


def condition_path(condition: Condition, items: Mapping[str, Item]) -> str:
    """One condition as FHIRPath; true or false, never empty."""
    answers = answers_path(condition.item)
    if condition.operator == "exists":
        return f"{answers}.exists()" if condition.value else f"{answers}.empty()"
    item = items.get(condition.item)
    if item is not None and item.kind in CHOICES:
        found = f"{answers}.where({_option_test(item, condition.value)}).exists()"
    else:
        operator = "=" if condition.operator == "!=" else condition.operator
        about = "$this.value" if item is not None and item.kind == "quantity" else "$this"
        found = f"{answers}.where({about} {operator} {_literal(item, condition.value)}).exists()"
    return f"{found}.not()" if condition.operator == "!=" else found


def _option_test(item: Item, value: Value) -> str:
    """Whether an answer is the option ``value``, or the free text where it is none."""
    option = next((option for option in item.options if option.code == value), None)
    if option is None or item.options_are == "string":
        return f"$this = {quoted(str(value))}"
    if item.options_are == "coding":
        return f"code = {quoted(option.code.removeprefix(f'{option.system}|'))}"
    if item.options_are == "integer":
        return f"$this = {option.code}"
    return f"$this = {'@T' if item.options_are == 'time' else '@'}{option.code}"


def _literal(item: Item | None, value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_literal(value)
    if item is not None and item.kind in ("date", "date-time"):
        return f"@{value}"
    return f"@T{value}" if item is not None and item.kind == "time" else quoted(value)


def number_literal(number: float) -> str:
    """A number as FHIRPath writes it: digits, never an exponent."""
    if float(number).is_integer():
        return str(int(number))
    return f"{number:.15f}".rstrip("0") if abs(number) >= 1e-4 else f"{number:.30f}".rstrip("0")


def quoted(text: str) -> str:
    """A text as FHIRPath writes it."""
    kept = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + kept.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"
