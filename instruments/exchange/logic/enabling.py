"""FHIRPath of an ``enableWhenExpression`` as a branch that holds exactly where the expression is true.

FHIRPath knows a third answer beside true and false: nothing, where it looks at an item without an answer. So
each part of an expression is read into two tests, where it is true and where it is false; an item is enabled
where the whole is true. What a branch cannot say exactly is refused.
Source: hl7.org/fhirpath/N1 (5.1, 5.2, 6.5); FHIR Structured Data Capture 3.0, ``enableWhenExpression``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from instruments.definition import Branch
from instruments.exchange.logic.conditions import check_depth
from instruments.exchange.logic.meanings import (
    WHOLE,
    Chosen,
    Literal,
    Literals,
    Meaning,
    Places,
    as_held,
    both,
    compared,
    either,
    within,
)
from instruments.exchange.logic.steps import FUNCTIONS, TYPED, Step, filtered, member, typed
from instruments.exchange.logic.syntax import LogicError
from instruments.fhirpath import FhirPathError, from_resource, words_in

LEVELS: Mapping[str, int] = MappingProxyType(
    {"or": 1, "and": 2, "in": 3, "contains": 3, "=": 4, "!=": 4, "<": 5, ">": 5, "<=": 5, ">=": 5, "|": 6}
)
"""The operators that are read, the loosest first."""
MAX_WORDS = 30_000
"""Words of all expressions of a questionnaire, those of the variables in them counted each time."""
NOWHERE = Places({}, {})
MAX_DEPTH = 32
"""Brackets and variables within one another."""
ESCAPES: Mapping[str, str] = MappingProxyType({"n": "\n", "r": "\r", "t": "\t", "f": "\f"})


class Enabling:
    """Reads the expressions of one questionnaire, whose items stand at ``places``."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._count = 0

    def branch(self, text: str, variables: Mapping[str, str]) -> Branch:
        """The branch that holds exactly where the FHIRPath ``text`` is true.

        ``variables`` has the FHIRPath of each ``%name`` in scope.

        Raises:
            LogicError: it is not made of tests of answers that a branch can say; ``why`` completes "it …".
        """
        held = as_held(self._read(text, variables, ()))
        check_depth(held.true)
        return held.true if isinstance(held.true, Branch) else Branch((held.true,))

    def _read(self, text: str, variables: Mapping[str, str], names: tuple[str, ...]) -> Meaning:
        """What an expression means that stands in the variables ``names``."""
        if self._count > MAX_WORDS:
            raise LogicError(f"and those before it have more than {MAX_WORDS} words")
        try:
            words = words_in(from_resource(text))
        except FhirPathError as error:
            raise LogicError(error.rule) from error
        self._count += len(words)

        def variable(name: str) -> Meaning:
            if name == "resource":
                return WHOLE
            if name not in variables or name in names or len(names) > MAX_DEPTH:
                raise LogicError(f"needs %{name[:40]}, which is not known here")
            return self._read(variables[name], variables, (*names, name))

        return _Parser(words, self._places, variable).whole()


class _Parser:
    """Precedence climbing over the words of one expression."""

    def __init__(self, words: list[str], places: Places, variable: Callable[[str], Meaning]) -> None:
        self._words = words
        self._places = places
        self._variable = variable
        self._at = 0
        self._depth = 0
        self._focus: list[Meaning] = []

    def whole(self) -> Meaning:
        meaning = self._expression(1)
        if self._at < len(self._words):
            raise LogicError(f"uses {self._words[self._at][:40]!r}, which a branch cannot say")
        return meaning

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _take(self, expected: str = "") -> str:
        word = self._peek()
        if not word or (expected and word != expected):
            raise LogicError("is no FHIRPath that is understood here")
        self._at += 1
        return word

    def _expression(self, level: int) -> Meaning:
        self._depth += 1
        if self._depth > MAX_DEPTH * len(LEVELS):
            raise LogicError("is nested too deep")
        left = self._term()
        while LEVELS.get(self._peek(), 0) >= level:
            operator = self._take()
            left = _combined(operator, left, self._expression(LEVELS[operator] + 1))
        self._depth -= 1
        return left

    def _term(self) -> Meaning:
        word = self._take()
        if word == "(":
            meaning = self._expression(1)
            self._take(")")
        elif word == "%":
            meaning = self._variable(self._take().strip("`"))
        elif word == "-":
            meaning = _negative(self._term())
        elif word == "$this" and self._focus:
            meaning = self._focus[-1]
        elif self._focus and word.isidentifier() and word not in ("true", "false"):
            self._at -= 1
            meaning = self._step(self._focus[-1])
        else:
            meaning = _literal(word)
        while self._peek() == ".":
            self._take()
            meaning = self._step(meaning)
        return meaning

    def _step(self, meaning: Meaning) -> Meaning:
        name = self._take()
        if self._peek() != "(":
            return member(meaning, name, self._places)
        self._take()
        if name in ("where", "exists") and self._peek() != ")":
            self._focus.append(within(meaning))
            test = self._expression(1)
            self._focus.pop()
            self._take(")")
            kept = filtered(meaning, test)
            return FUNCTIONS["exists"](kept, self._places) if name == "exists" else kept
        if name in TYPED:
            word = self._take()
            self._take(")")
            return typed(meaning, name, word, self._places)
        step: Step | None = FUNCTIONS.get(name)
        if step is None or self._peek() != ")":
            raise LogicError(f"uses {name[:40]}(…), which a branch cannot say")
        self._take()
        return step(meaning, self._places)


def _combined(operator: str, left: Meaning, right: Meaning) -> Meaning:
    match operator:
        case "and":
            return both(as_held(left), as_held(right))
        case "or":
            return either(as_held(left), as_held(right))
        case "|":
            return Literals((*_listed(left), *_listed(right)))
        case "in":
            return _member_of(left, right)
        case "contains":
            return _member_of(right, left)
    return compared(operator, left, right)


def _listed(meaning: Meaning) -> tuple[Literal, ...]:
    if isinstance(meaning, Literals):
        return meaning.values
    if isinstance(meaning, Literal):
        return (meaning,)
    raise LogicError("puts answers together, which a branch cannot say")


def _member_of(one: Meaning, many: Meaning) -> Meaning:
    """``one in many``: whether an answer is among fixed values, or a fixed value among the answers."""
    if isinstance(one, Literal) and isinstance(many, Chosen):
        # An answer that is not there is not among them: there is no third case.
        found = compared("=", within(many), one)
        return FUNCTIONS["exists"](filtered(many, found), NOWHERE)
    if isinstance(many, Literal | Literals):
        tests = [as_held(compared("=", one, value)) for value in _listed(many)]
        held = tests[0]
        for test in tests[1:]:
            held = either(held, test)
        return held
    raise LogicError("asks whether an answer is among others, which a branch cannot say")


def _negative(meaning: Meaning) -> Meaning:
    if isinstance(meaning, Literal) and isinstance(meaning.value, int | float):
        return Literal(meaning.kind, -meaning.value)
    raise LogicError("computes with answers, which a branch cannot do")


def _literal(word: str) -> Literal:
    if word in ("true", "false"):
        return Literal("boolean", word == "true")
    if word.startswith("'"):
        return Literal("text", _text(word[1:-1]))
    if word.startswith("@"):
        return Literal("time", word[2:]) if word.startswith("@T") else Literal("date", word[1:])
    if word[0].isdigit():
        return Literal("number", float(word) if "." in word else int(word))
    raise LogicError(f"holds {word[:40]!r} in a place that is not understood here")


def _text(escaped: str) -> str:
    parts = escaped.split("\\")
    text = [parts[0]]
    rest = iter(parts[1:])
    for part in rest:
        if not part:
            text.append("\\" + next(rest, ""))
        elif part[0] == "u":
            raise LogicError("holds a character by its number")
        else:
            text.append(ESCAPES.get(part[0], part[0]) + part[1:])
    return "".join(text)
