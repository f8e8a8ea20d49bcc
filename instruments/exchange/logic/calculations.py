"""A tree of arithmetic as FHIRPath over the QuestionnaireResponse.

An answer that is missing makes a sum with ``+`` missing; ``sum`` and ``mean`` pass over it, as REDCap does.
An option counts as the number that its code is.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from instruments.definition import CHOICES, NUMBERS, Branch, Item
from instruments.exchange.logic.branch_paths import (
    answers_path,
    as_fhirpath,
    condition_path,
    number_literal,
    quoted,
)
from instruments.exchange.logic.conditions import Fields, Reading, test_of
from instruments.exchange.logic.syntax import (
    Call,
    Expression,
    Literal,
    LogicError,
    Reference,
    UnknownReferenceError,
    number_in,
)
from instruments.fhirpath import FhirPathError, read_path

OVER_MANY: Mapping[str, str] = MappingProxyType({"sum": "sum", "mean": "avg", "min": "min", "max": "max"})
OF_ONE: Mapping[str, str] = MappingProxyType(
    {"abs": "abs", "sqrt": "sqrt", "exp": "exp", "ln": "ln", "int": "truncate"}
)
WHOLE: Mapping[str, str] = MappingProxyType({"round": "", "roundup": "ceiling", "rounddown": "floor"})
ARITHMETIC: Mapping[str, str] = MappingProxyType(
    {"+": " + ", "-": " - ", "*": " * ", "/": " / ", "mod": " mod "}
)
COMPARED = frozenset(("=", "!=", "<", ">", "<=", ">="))


def calculation(expression: Expression, fields: Fields) -> str:
    """FHIRPath of the number that the calculation gives; empty where it gives none.

    ``fields`` are the items by the name that the calculation gives them.

    Raises:
        LogicError: it uses a function or an answer that FHIRPath has no number for.
    """
    path = _number(expression, Reading(fields, computed=True))
    try:
        return read_path(path).text
    except FhirPathError as error:
        raise LogicError(error.rule) from error


def _number(expression: Expression, reading: Reading) -> str:
    match expression:
        case Literal():
            if expression.text == "":
                return "{}"
            if expression.number is None:
                raise LogicError(f"counts with the text {expression.text[:40]!r}")
            return number_literal(expression.number)
        case Reference():
            return _answer(expression, reading)
        case Call():
            return _call(expression, reading)


def _answer(reference: Reference, reading: Reading) -> str:
    item = reading.item(reference.name)
    answers = answers_path(item.item_id)
    if reference.option is not None:
        return f"iif({answers}.where(code = {quoted(_option(item, reference.option))}).exists(), 1, 0)"
    if item.kind == "boolean":
        return f"{answers}.select(iif($this, 1, 0))"
    if item.kind in NUMBERS:
        return f"{answers}.value.toDecimal()" if item.kind == "quantity" else f"{answers}.toDecimal()"
    if item.kind not in CHOICES or item.repeats:
        raise LogicError(f"counts with the answer to {reference.name!r}, which is no number")
    if any(number_in(option.code) is None for option in item.options):
        raise LogicError(f"counts with {reference.name!r}, whose options are not all numbers")
    return f"{answers}.code.toDecimal()"


def _option(item: Item, code: str) -> str:
    if item.kind not in CHOICES or code not in {option.code for option in item.options}:
        raise LogicError(f"asks for an option {code!r} that {item.item_id!r} does not have")
    return code


def _call(call: Call, reading: Reading) -> str:
    name, arguments = call
    if name in ARITHMETIC and len(arguments) > 1:
        return "(" + ARITHMETIC[name].join(_number(one, reading) for one in arguments) + ")"
    if name == "negative":
        return f"(0 - {_number(arguments[0], reading)})"
    if name in OVER_MANY and arguments:
        return f"{_together(arguments, reading)}.{OVER_MANY[name]}()"
    if name in OF_ONE and len(arguments) == 1:
        return f"({_number(arguments[0], reading)}).{OF_ONE[name]}()"
    if name in WHOLE and len(arguments) in (1, 2):
        return _rounded(name, arguments, reading)
    special = SPECIAL.get((name, len(arguments)))
    if special is None:
        raise LogicError(f"uses {name[:40]} with {len(arguments)} values, which is not computed here")
    return special(arguments, reading)


def _together(arguments: tuple[Expression, ...], reading: Reading) -> str:
    """The values as one collection, each as often as it stands there."""
    first, *others = (f"({_number(one, reading)})" for one in arguments)
    return first + "".join(f".combine({one})" for one in others)


def _rounded(name: str, arguments: tuple[Expression, ...], reading: Reading) -> str:
    """Halves go away from zero, said in full: engines differ in what they make of FHIRPath's ``round``."""
    digits = arguments[1].number if len(arguments) > 1 and isinstance(arguments[1], Literal) else None
    if len(arguments) == 1:
        digits = 0
    if digits is None or digits not in range(16):
        raise LogicError(f"rounds with {name} to something else than 0 to 15 decimals")
    number = f"({_number(arguments[0], reading)})"
    shift = 10 ** int(digits)
    up, down = (f" * {shift}", f" / {shift}") if digits else ("", "")
    if name != "round":
        return f"{number}.select(($this{up}).{WHOLE[name]}(){down})"
    positive, negative = f"($this{up} + 0.5).floor(){down}", f"($this{up} - 0.5).ceiling(){down}"
    return f"{number}.select(iif($this < 0, {negative}, {positive}))"


def _if(arguments: tuple[Expression, ...], reading: Reading) -> str:
    condition, then, otherwise = arguments
    return f"iif({_truth(condition, reading)}, {_number(then, reading)}, {_number(otherwise, reading)})"


def _power(arguments: tuple[Expression, ...], reading: Reading) -> str:
    return f"({_number(arguments[0], reading)}).power({_number(arguments[1], reading)})"


def _logarithm(arguments: tuple[Expression, ...], reading: Reading) -> str:
    number = f"({_number(arguments[0], reading)})"
    return f"{number}.log({_number(arguments[1], reading)})" if len(arguments) > 1 else f"{number}.ln()"


def _first_there(arguments: tuple[Expression, ...], reading: Reading) -> str:
    return f"{_together(arguments, reading)}.first()"


def _same(arguments: tuple[Expression, ...], reading: Reading) -> str:
    return _number(arguments[0], reading)


def _chosen(arguments: tuple[Expression, ...], reading: Reading) -> str:
    chosen = arguments[0]
    if not isinstance(chosen, Reference) or chosen.option is not None:
        raise LogicError("counts what is chosen in something else than an item")
    return f"{answers_path(reading.item(chosen.name).item_id)}.count()"


SPECIAL: Mapping[tuple[str, int], Callable[[tuple[Expression, ...], Reading], str]] = MappingProxyType(
    {
        ("if", 3): _if,
        ("^", 2): _power,
        ("pow", 2): _power,
        ("log", 1): _logarithm,
        ("log", 2): _logarithm,
        ("coalesce", 2): _first_there,
        ("number", 1): _same,
        ("count-selected", 1): _chosen,
    }
)


def _truth(expression: Expression, reading: Reading) -> str:
    """A test as FHIRPath: one of an answer as branches say it, else a comparison of two numbers."""
    if isinstance(expression, Call) and expression.name in ("and", "or"):
        joint = f" {expression.name} "
        return "(" + joint.join(_truth(one, reading) for one in expression.arguments) + ")"
    if isinstance(expression, Call) and expression.name == "not" and len(expression.arguments) == 1:
        return f"iif({_truth(expression.arguments[0], reading)}, false, true)"
    items = {item.item_id: item for item in reading.fields.values()}
    try:
        test = test_of(expression, reading)
    except UnknownReferenceError:
        raise
    except LogicError:
        return _compared(expression, reading)
    return f"({as_fhirpath(test, items)})" if isinstance(test, Branch) else condition_path(test, items)


def _compared(expression: Expression, reading: Reading) -> str:
    if not isinstance(expression, Call) or expression.name not in COMPARED or len(expression.arguments) != 2:
        raise LogicError("tests something else than a comparison")
    left, right = (_number(one, reading) for one in expression.arguments)
    if expression.name == "!=":
        return f"iif({left} = {right}, false, true)"
    return f"({left} {expression.name} {right})"
