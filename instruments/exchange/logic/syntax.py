"""Expressions of REDCap and XLSForm read into one kind of tree; bounded, so that a hostile one ends soon."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

MAX_LENGTH = 20_000
MAX_NESTING = 40
MAX_PARTS = 2_000
"""Numbers, texts, names and signs in one expression."""

REDCAP = re.compile(
    r"""(?P<space>\s+)
    | \[(?P<reference>[a-z][a-z0-9_]*)(?:\((?P<option>[^()\[\]]{1,100})\))?\](?!\s*\[)
    | (?P<foreign>(?:\[[^\[\]]*\]\s*)+)
    | (?P<number>\d+(?:\.\d+)?|\.\d+)
    | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign><>|!=|<=|>=|==|&&|\|\||[=<>+\-*/^%(),!])""",
    re.VERBOSE | re.ASCII,
)
XPATH = re.compile(
    r"""(?P<space>\s+)
    | \$\{\s*(?P<reference>[^\s{}\#]+)\s*\}(?P<option>(?!))?
    | (?P<foreign>\$\{[^{}]*\}|/[\w/.\-]*|\.\.[\w/.\-]*)
    | (?P<number>\d+(?:\.\d+)?|\.\d+)
    | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
    | (?P<name>[A-Za-z_][\w:.\-]*|\.)
    | (?P<sign>!=|<=|>=|[=<>+\-*(),])""",
    re.VERBOSE,
)
LEVELS: Mapping[str, int] = MappingProxyType(
    {
        "or": 1, "and": 2, "=": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4,
        "+": 5, "-": 5, "*": 6, "/": 6, "mod": 6, "^": 8,
    }
)  # fmt: skip
NEGATIVE = 7
SAME: Mapping[str, str] = MappingProxyType(
    {"<>": "!=", "==": "=", "&&": "and", "||": "or", "%": "mod", "div": "/"}
)
CHAINS = frozenset(("and", "or", "+"))
"""Operators of which a row is one call with many arguments, so that a long row is not a deep tree."""


class LogicError(Exception):
    """The expression cannot be said here. ``why`` completes a sentence: "it …"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownReferenceError(LogicError):
    """The expression names a field that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"looks at {name[:100]!r}, which is not there")
        self.name = name


class Literal(NamedTuple):
    """A number or a text, as it is written; ``number`` is None for a text that is none."""

    text: str
    number: float | None


class Reference(NamedTuple):
    """The answer to a field; with ``option``, whether that one of its options is chosen (1 or 0)."""

    name: str
    option: str | None = None


class Call(NamedTuple):
    """An operator or function and what it is applied to; ``negative`` is the sign before a number."""

    name: str
    arguments: tuple["Expression", ...]


Expression = Literal | Reference | Call


class _Token(NamedTuple):
    kind: str
    text: str
    option: str | None = None


END = _Token("end", "")


def parse_redcap(text: str) -> Expression:
    """REDCap's branching logic or calculation as a tree.

    Raises:
        LogicError: it cannot be read, or looks at another event, another instance or a smart variable.
    """
    return _Parser(_tokens(text, REDCAP), has_words=False).whole()


def parse_xpath(text: str) -> Expression:
    """An XLSForm expression (XPath with ``${name}``) as a tree; ``.`` is the reference ``.``.

    Raises:
        LogicError: it cannot be read, or is a path.
    """
    return _Parser(_tokens(text, XPATH), has_words=True).whole()


def references(expression: Expression) -> Iterator[str]:
    """The names that an expression looks at, some perhaps twice; the parser has bounded its depth."""
    if isinstance(expression, Reference):
        yield expression.name
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from references(argument)


def number_in(text: str) -> float | None:
    """The number that a text is; None where it is none, or not a finite one of at most 1e15."""
    if not re.fullmatch(r"\s*-?(\d+(\.\d*)?|\.\d+)\s*", text, re.ASCII) or len(text) > 40:
        return None
    number = float(text)
    return number if abs(number) <= 1e15 else None


def _tokens(text: str, language: re.Pattern[str]) -> list[_Token]:
    if len(text) > MAX_LENGTH:
        raise LogicError(f"has more than {MAX_LENGTH} characters")
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        found = language.match(text, position)
        if found is None:
            raise LogicError(f"cannot be read from {text[position : position + 20]!r} on")
        position = found.end()
        kind = next(name for name, part in found.groupdict().items() if part is not None and name != "option")
        if kind == "foreign":
            raise LogicError(
                f"looks at {found[0].strip()[:100]!r}, which is not an answer in this instrument"
            )
        if kind != "space":
            tokens.append(_Token(kind, found[kind], found["option"]))
        if len(tokens) > MAX_PARTS:
            raise LogicError(f"has more than {MAX_PARTS} parts")
    return tokens


class _Parser:
    """Precedence climbing; ``has_words`` says that ``div`` and ``mod`` are operators."""

    def __init__(self, tokens: list[_Token], *, has_words: bool) -> None:
        self._tokens = tokens
        self._next = 0
        self._words = {"and", "or", "div", "mod"} if has_words else {"and", "or"}

    def whole(self) -> Expression:
        expression = self._expression(1, 0)
        if self._peek() is not END:
            raise LogicError(f"goes on with {self._peek().text[:20]!r} where it should end")
        return expression

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else END

    def _take(self) -> _Token:
        token = self._peek()
        self._next += 1
        return token

    def _takes(self, sign: str) -> bool:
        if self._peek().kind == "sign" and self._peek().text == sign:
            self._next += 1
            return True
        return False

    def _operator(self) -> str | None:
        token = self._peek()
        text = token.text.lower()
        if token.kind == "name" and text not in self._words:
            return None
        name = SAME.get(text, text)
        return name if token.kind in ("sign", "name") and name in LEVELS else None

    def _expression(self, level: int, depth: int) -> Expression:
        if depth > MAX_NESTING:
            raise LogicError(f"is nested more than {MAX_NESTING} deep")
        left, steps = self._operand(depth), 0
        while True:
            operator = self._operator()
            if operator is None or LEVELS[operator] < level:
                return left
            self._take()
            right = self._expression(LEVELS[operator] + 1, depth + 1)
            if operator in CHAINS and isinstance(left, Call) and left.name == operator and steps:
                left = Call(operator, (*left.arguments, right))
                continue
            steps += 1
            if depth + steps > MAX_NESTING:
                raise LogicError(f"is nested more than {MAX_NESTING} deep")
            left = Call(operator, (left, right))

    def _operand(self, depth: int) -> Expression:
        if self._takes("-"):
            return Call("negative", (self._expression(NEGATIVE, depth + 1),))
        if self._takes("!"):
            return Call("not", (self._expression(NEGATIVE, depth + 1),))
        if self._takes("("):
            inner = self._expression(1, depth + 1)
            self._close()
            return inner
        token = self._take()
        if token.kind == "name":
            return self._named(token.text, depth)
        return _leaf(token)

    def _named(self, name: str, depth: int) -> Expression:
        if name == ".":
            return Reference(".")
        if not self._takes("("):
            raise LogicError(f"has the word {name[:40]!r}, which is neither a field nor a function")
        arguments: list[Expression] = []
        if not self._takes(")"):
            arguments.append(self._expression(1, depth + 1))
            while self._takes(","):
                arguments.append(self._expression(1, depth + 1))
            self._close()
        return Call(name.lower(), tuple(arguments))

    def _close(self) -> None:
        if not self._takes(")"):
            raise LogicError("lacks a closing bracket")


def _leaf(token: _Token) -> Expression:
    match token.kind:
        case "number":
            number = number_in(token.text)
            if number is None:
                raise LogicError("has a number that is too large")
            return Literal(token.text, number)
        case "single" | "double":
            return Literal(token.text, number_in(token.text))
        case "reference":
            return Reference(token.text, token.option)
    raise LogicError("ends too soon" if token is END else f"has {token.text[:20]!r} where it should not")
