"""What an answer must be, as the bounds, lengths and pattern of an item where it is made of them."""

from collections.abc import Collection, Iterator
from datetime import date, time, timedelta
from math import ceil, floor

from msgspec.structs import replace

from instruments.answers import MAX_TEXT
from instruments.definition import CHOICES, NUMBERS, TEXTS, Item, Operator
from instruments.exchange.drafts import Book
from instruments.exchange.logic import LogicError
from instruments.exchange.logic.conditions import OPERATORS, TURNED, folded
from instruments.exchange.logic.syntax import (
    Call,
    Expression,
    Literal,
    Reference,
    UnknownReferenceError,
    references,
)
from instruments.exchange.table_rows import Row
from instruments.patterns import PatternError, check_pattern

CONSTRAINT = "constraint"
NOT_CHECKED = "so answers are taken that it would refuse"
OWN = Reference(".")
LEAST, GREATEST = (">", ">="), ("<", "<=")
LENGTH = Call("string-length", (OWN,))
COUNT = Call("count-selected", (OWN,))
MORE_THAN_ONE = (Call(">", (COUNT, Literal("1", 1.0))), Call(">=", (COUNT, Literal("2", 2.0))))


def with_constraint(row: Row, item: Item, text: str, book: Book, names: Collection[str]) -> Item:
    """The item with as much of its constraint as can be kept; each part that cannot is named as lost.

    ``names`` are those of all questions.

    Raises:
        InvalidQuestionnaireError: no answer would be left, or it looks at what is not among ``names``.
    """
    try:
        expression = book.tree(row, CONSTRAINT, text)
    except LogicError as error:
        row.lose(CONSTRAINT, text, f"it {error.why}, {NOT_CHECKED}")
        return item
    for name in references(expression):
        if name != OWN.name and name not in names:
            raise row.invalid(CONSTRAINT, UnknownReferenceError(name).why)
    for part in _parts(expression):
        try:
            item = _with(part, item)
        except LogicError as error:
            row.lose(CONSTRAINT, text, f"it {error.why}, {NOT_CHECKED}")
    _refuse_empty(row, item)
    return item


def _parts(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Call) and expression.name == "and":
        for argument in expression.arguments:
            yield from _parts(argument)
    else:
        yield expression


def _with(part: Expression, item: Item) -> Item:
    if not isinstance(part, Call):
        raise LogicError("is not a comparison of the answer")
    exclusive = _ruling_out_others(part)
    if exclusive is not None:
        return _with_exclusive(item, exclusive)
    if part.name == "regex" and len(part.arguments) == 2 and part.arguments[0] == OWN:
        return _with_pattern(item, part.arguments[1])
    if part.name not in ("=", *LEAST, *GREATEST) or len(part.arguments) != 2:
        raise LogicError(f"asks whether {part.name[:40]}(…) holds, which is no bound of an answer")
    operator, (left, right) = OPERATORS[part.name], part.arguments
    if left not in (OWN, LENGTH):
        operator, left, right = TURNED.get(operator, operator), right, left
    bound = _fixed(right)
    if left == OWN:
        return _with_bound(item, operator, bound)
    if left == LENGTH and item.kind in TEXTS:
        return _with_length(item, operator, bound)
    raise LogicError("compares something else than the answer itself")


def _fixed(expression: Expression) -> Literal:
    expression = folded(expression)
    if isinstance(expression, Call) and expression.name == "date" and len(expression.arguments) == 1:
        expression = expression.arguments[0]
    if not isinstance(expression, Literal):
        raise LogicError("has a bound that is not fixed")
    return expression


def _with_bound(item: Item, operator: Operator, bound: Literal) -> Item:
    if operator not in (*LEAST, *GREATEST):
        raise LogicError("asks for one answer only")
    if item.kind in NUMBERS:
        if bound.number is None:
            raise LogicError("bounds a number by a text")
        return _with_number(item, operator, bound.number)
    if item.kind in ("date", "time"):
        return _with_moment(item, operator, bound.text)
    raise LogicError(f"bounds an answer of the kind {item.kind}, which has no bounds here")


def _with_number(item: Item, operator: Operator, bound: float) -> Item:
    if item.kind == "integer":
        bound = floor(bound) if operator in ("<=", ">") else ceil(bound)
        bound = float(bound + {">": 1, "<": -1}.get(operator, 0))
    elif operator in ("<", ">"):
        raise LogicError("has a bound that is itself refused, which is kept for whole numbers only")
    if operator in LEAST:
        return replace(item, minimum=bound if item.minimum is None else max(bound, item.minimum))
    return replace(item, maximum=bound if item.maximum is None else min(bound, item.maximum))


def _with_moment(item: Item, operator: Operator, text: str) -> Item:
    try:
        if item.kind == "time" and operator in ("<=", ">="):
            bound = time.fromisoformat(text).replace(tzinfo=None).isoformat("seconds")
        elif item.kind == "date":
            day = date.fromisoformat(text)
            bound = (day + timedelta({">": 1, "<": -1}.get(operator, 0))).isoformat()
        else:
            raise LogicError("has a bound that is itself refused")
    except (ValueError, OverflowError):
        raise LogicError(f"has a bound that is no {item.kind}") from None
    if operator in LEAST:
        return replace(item, earliest=max(bound, item.earliest or bound))
    return replace(item, latest=min(bound, item.latest or bound))


def _with_length(item: Item, operator: Operator, bound: Literal) -> Item:
    if bound.number is None or not bound.number.is_integer():
        raise LogicError("bounds a length by what is no whole number")
    length = int(bound.number) + {">": 1, "<": -1}.get(operator, 0)
    if not 0 <= length <= MAX_TEXT:
        raise LogicError(f"bounds a length by something else than 0 to {MAX_TEXT}")
    if operator in (*LEAST, "="):
        item = replace(item, min_length=max(length, item.min_length or 0))
    if operator in (*GREATEST, "="):
        item = replace(item, max_length=length if item.max_length is None else min(length, item.max_length))
    return item


def _with_pattern(item: Item, pattern: Expression) -> Item:
    if item.kind not in TEXTS or item.pattern is not None or not isinstance(pattern, Literal):
        raise LogicError("has a pattern for what is no text, or a second one")
    try:
        check_pattern(pattern.text)
    except PatternError as error:
        raise LogicError(f"has a pattern that cannot be used ({error.rule})") from None
    return replace(item, pattern=pattern.text)


def _ruling_out_others(part: Call) -> str | None:
    """The option alone in ``not(selected(., 'none') and count-selected(.) > 1)``."""
    inner = part.arguments[0] if part.name == "not" and len(part.arguments) == 1 else None
    if not isinstance(inner, Call) or inner.name != "and" or len(inner.arguments) != 2:
        return None
    for chosen, counted in (inner.arguments, inner.arguments[::-1]):
        is_chosen = isinstance(chosen, Call) and chosen.name == "selected" and chosen.arguments[:1] == (OWN,)
        if is_chosen and counted in MORE_THAN_ONE and isinstance(chosen, Call):
            option = chosen.arguments[-1]
            return option.text if isinstance(option, Literal) else None
    return None


def _with_exclusive(item: Item, code: str) -> Item:
    if item.kind not in CHOICES or code not in {option.code for option in item.options}:
        raise LogicError(f"names the option {code[:40]!r}, which there is none of")
    options = (replace(one, exclusive=True) if one.code == code else one for one in item.options)
    return replace(item, options=tuple(options))


def _refuse_empty(row: Row, item: Item) -> None:
    for least, greatest in (
        (item.minimum, item.maximum),
        (item.min_length, item.max_length),
    ):
        if least is not None and greatest is not None and least > greatest:
            raise row.invalid(CONSTRAINT, "leaves no answer that could be given")
    if item.earliest is not None and item.latest is not None and item.earliest > item.latest:
        raise row.invalid(CONSTRAINT, "leaves no answer that could be given")
