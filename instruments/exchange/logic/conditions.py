"""A tree of logic as a branch: conditions on the answers to items, in brackets where it has them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from operator import eq, ge, gt, le, lt, ne
from types import MappingProxyType
from typing import NamedTuple

from instruments.definition import CHOICES, CONTAINERS, NUMBERS, Branch, Condition, Item, Operator, Value
from instruments.exchange.logic.syntax import (
    Call,
    Expression,
    Literal,
    LogicError,
    Reference,
    UnknownReferenceError,
    number_in,
)
from instruments.expressions import with_seconds
from instruments.soundness import MAX_BRANCH_DEPTH

OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {"=": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
)
TURNED: Mapping[Operator, Operator] = MappingProxyType({"<": ">", ">": "<", "<=": ">=", ">=": "<="})
DENIED: Mapping[Operator, Operator] = MappingProxyType(
    {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
)
COMPARISONS: Mapping[Operator, Callable[[float, float], bool]] = MappingProxyType(
    {"=": eq, "!=": ne, "<": lt, ">": gt, "<=": le, ">=": ge}
)
EMPTY_TESTS = frozenset(("isblankormissingcode", "isblank"))
MAX_OPTIONS = 100
"""Of one item, named one by one where logic asks for all above or below a number."""
Fields = Mapping[str, Item]
Test = Condition | Branch


class Reading(NamedTuple):
    """``fields`` are the items by the name that the logic gives them.

    ``computed`` says whether computed answers count: they do in a calculation, not while a person answers.
    """

    fields: Fields
    computed: bool = False

    def item(self, name: str) -> Item:
        """The item of this name.

        Raises:
            LogicError: it is not there, takes no answer, or its answer is computed and does not count.
        """
        item = self.fields.get(name)
        if item is None:
            raise UnknownReferenceError(name)
        if item.kind in CONTAINERS:
            raise LogicError(f"looks at {name!r}, which takes no answer here")
        if item.calculated is not None and not self.computed:
            raise LogicError(f"looks at {name!r}, whose value is not computed while the person answers")
        return item


def branch_of(expression: Expression, fields: Fields) -> Branch:
    """The branch that holds exactly where the logic does.

    Raises:
        LogicError: the logic is not made of comparisons of an answer with a fixed value.
    """
    test = test_of(expression, Reading(fields))
    return test if isinstance(test, Branch) else Branch(conditions=(test,))


def test_of(expression: Expression, reading: Reading) -> Test:
    """One condition, or a branch of several.

    Raises:
        LogicError: see ``branch_of``.
    """
    test = _test(expression, reading, is_denied=False)
    check_depth(test)
    return test


def check_depth(test: Test) -> None:
    """Holds a test to the depth that a branch may have.

    Raises:
        LogicError: it has more brackets in brackets.
    """
    level, depth = [test], 0
    while level:
        level = [inner for one in level if isinstance(one, Branch) for inner in one.branches]
        depth += 1
        if depth > MAX_BRANCH_DEPTH:
            raise LogicError(f"has brackets more than {MAX_BRANCH_DEPTH} deep")


def _test(expression: Expression, reading: Reading, *, is_denied: bool) -> Test:
    if not isinstance(expression, Call):
        raise LogicError("is not a comparison")
    name, arguments = expression
    if name in ("and", "or"):
        tests = [_test(argument, reading, is_denied=is_denied) for argument in arguments]
        return joined(tests, needs_all=(name == "and") is not is_denied)
    if name == "not" and len(arguments) == 1:
        return _test(arguments[0], reading, is_denied=not is_denied)
    test = _positive(name, arguments, reading)
    return denied(test) if is_denied else test


def joined(tests: list[Test], *, needs_all: bool) -> Test:
    """All or any of the tests; brackets that change nothing are taken away."""
    conditions: list[Condition] = []
    branches: list[Branch] = []
    for test in tests:
        if isinstance(test, Condition):
            conditions.append(test)
        elif (test.needs == "all") is needs_all:
            conditions.extend(test.conditions)
            branches.extend(test.branches)
        else:
            branches.append(test)
    if len(conditions) + len(branches) == 1:
        return (conditions or branches)[0]
    return Branch(tuple(conditions), "all" if needs_all else "any", tuple(branches))


def denied(test: Test) -> Test:
    """The test that holds exactly where ``test`` does not."""
    if isinstance(test, Branch):
        within: tuple[Test, ...] = (*test.conditions, *test.branches)
        return joined([denied(one) for one in within], needs_all=test.needs == "any")
    if test.operator == "exists":
        return Condition(test.item, "exists", not test.value)
    opposite = Condition(test.item, DENIED[test.operator], test.value)
    if test.operator in ("=", "!="):
        return opposite
    return Branch((opposite, Condition(test.item, "exists", value=False)), "any")


def _positive(name: str, arguments: tuple[Expression, ...], reading: Reading) -> Test:
    if name in OPERATORS and len(arguments) == 2:
        return _comparison(OPERATORS[name], arguments[0], arguments[1], reading)
    if name == "selected" and len(arguments) == 2:
        return _selected(arguments[0], arguments[1], reading)
    if name in EMPTY_TESTS and len(arguments) == 1 and isinstance(arguments[0], Reference):
        return Condition(_plain(arguments[0], reading).item_id, "exists", value=False)
    raise LogicError(f"asks whether {name[:40]}(…) holds, which is not said here")


def _selected(chosen: Expression, option: Expression, reading: Reading) -> Test:
    if not isinstance(chosen, Reference) or not isinstance(option, Literal):
        raise LogicError("asks for an option that is not fixed")
    item = _plain(chosen, reading)
    if item.kind not in CHOICES:
        raise LogicError(f"asks which option of {chosen.name!r} is chosen, which has none")
    return Condition(item.item_id, "=", _code(item, option))


def _comparison(operator: Operator, left: Expression, right: Expression, reading: Reading) -> Test:
    left, right = folded(left), folded(right)
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, right, operator = right, left, TURNED.get(operator, operator)
    if not isinstance(right, Literal):
        raise LogicError("compares with something else than a fixed value")
    if isinstance(left, Call):
        return _counted(operator, left, right, reading)
    if not isinstance(left, Reference):
        raise LogicError("compares two fixed values")
    if left.option is not None:
        return _ticked(operator, left, right, reading)
    item = _plain(left, reading)
    if right.text == "":
        return _emptiness(item, operator)
    return _compared(item, operator, right)


def folded(expression: Expression) -> Expression:
    """A number with a sign as one number."""
    if isinstance(expression, Call) and expression.name == "negative":
        number = expression.arguments[0]
        if isinstance(number, Literal) and number.number is not None:
            return Literal("-" + number.text, -number.number)
    return expression


def _plain(reference: Reference, reading: Reading) -> Item:
    if reference.option is not None:
        raise LogicError(f"asks for one option of {reference.name!r} where its answer is meant")
    return reading.item(reference.name)


def _counted(operator: Operator, counted: Call, right: Literal, reading: Reading) -> Test:
    """Whether there is an answer, said by its length or by the number of options chosen."""
    is_count = counted.name in ("count-selected", "string-length", "length") and len(counted.arguments) == 1
    if not is_count or not isinstance(counted.arguments[0], Reference):
        raise LogicError("compares a computed value")
    item = _plain(counted.arguments[0], reading)
    some = {(">", 0.0), ("!=", 0.0), (">=", 1.0)}
    none = {("=", 0.0), ("<=", 0.0), ("<", 1.0)}
    if (operator, right.number) not in some | none:
        raise LogicError("asks for a number of options or characters, which is not said here")
    return Condition(item.item_id, "exists", (operator, right.number) in some)


def _emptiness(item: Item, operator: Operator) -> Condition:
    if operator not in ("=", "!="):
        raise LogicError("asks whether an answer is above or below nothing")
    return Condition(item.item_id, "exists", operator == "!=")


def _ticked(operator: Operator, reference: Reference, right: Literal, reading: Reading) -> Test:
    """Whether an option is chosen, said as 1 or 0."""
    item = reading.item(reference.name)
    if item.kind not in CHOICES:
        raise LogicError(f"asks for an option of {reference.name!r}, which has none")
    if right.number is None:
        raise LogicError("compares whether an option is chosen with something else than 1 or 0")
    code = _code(item, Literal(reference.option or "", number_in(reference.option or "")))
    held = [number for number in (0.0, 1.0) if COMPARISONS[operator](number, right.number)]
    if len(held) != 1:
        raise LogicError("compares whether an option is chosen so that it always or never holds")
    return Condition(item.item_id, "=" if held == [1.0] else "!=", code)


def _code(item: Item, literal: Literal) -> str:
    """The code of the option that is meant: the same text, else the same number."""
    codes = [option.code for option in item.options]
    if literal.text in codes:
        return literal.text
    for code in codes:
        number = number_in(code)
        if number is not None and number == literal.number:
            return code
    raise LogicError(f"names the option {literal.text[:40]!r}, which {item.item_id!r} does not have")


def _compared(item: Item, operator: Operator, right: Literal) -> Test:
    if item.kind in CHOICES:
        return _option_compared(item, operator, right)
    if item.kind == "boolean":
        return _yes_or_no(item, operator, right)
    if item.kind in NUMBERS:
        if right.number is None:
            raise LogicError(f"compares the number {item.item_id!r} with a text")
        return Condition(item.item_id, operator, _number(right.number))
    if item.kind in ("date", "time", "date-time"):
        return Condition(item.item_id, operator, _moment(item, right.text))
    if operator not in ("=", "!="):
        raise LogicError(f"asks for the order of texts in {item.item_id!r}")
    return Condition(item.item_id, operator, right.text)


def _number(number: float) -> Value:
    return int(number) if number.is_integer() else number


def _option_compared(item: Item, operator: Operator, right: Literal) -> Test:
    if operator in ("=", "!="):
        if item.repeats:
            raise LogicError(f"compares all that is chosen in {item.item_id!r} with one value")
        return Condition(item.item_id, operator, _code(item, right))
    numbers = {option.code: number_in(option.code) for option in item.options}
    if right.number is None or item.repeats or None in numbers.values():
        raise LogicError(f"asks for the order of options in {item.item_id!r} that are no numbers")
    compare, bound = COMPARISONS[operator], right.number
    codes = [code for code, number in numbers.items() if number is not None and compare(number, bound)]
    if not 0 < len(codes) <= MAX_OPTIONS:
        raise LogicError(f"holds for {len(codes)} options of {item.item_id!r}, not for 1 to {MAX_OPTIONS}")
    if len(codes) == len(numbers):
        return Condition(item.item_id, "exists", value=True)
    return joined([Condition(item.item_id, "=", code) for code in codes], needs_all=False)


def _yes_or_no(item: Item, operator: Operator, right: Literal) -> Test:
    said = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}.get(right.text.lower(), right.number)
    if said not in (0.0, 1.0):
        raise LogicError(f"compares yes or no in {item.item_id!r} with another value")
    if operator in ("=", "!="):
        return Condition(item.item_id, operator, bool(said))
    held = [value for value in (True, False) if COMPARISONS[operator](float(value), said)]
    if not held:
        raise LogicError(f"holds for no answer to {item.item_id!r}")
    if len(held) == 2:
        return Condition(item.item_id, "exists", value=True)
    return Condition(item.item_id, "=", held[0])


def _moment(item: Item, text: str) -> str:
    try:
        if item.kind == "date":
            return date.fromisoformat(text).isoformat()
        if item.kind == "time":
            datetime.fromisoformat(f"2000-01-01T{text}")
            return with_seconds(text)
        moment = text.replace(" ", "T")
        datetime.fromisoformat(moment)
    except ValueError:
        raise LogicError(f"compares {item.item_id!r} with what is no {item.kind}") from None
    return moment
