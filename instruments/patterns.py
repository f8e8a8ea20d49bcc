"""Patterns that answers must match, safe against hostile ones: time is linear in the answer.

A pattern comes with an imported instrument, so from a stranger, and a backtracking engine can be made to run
for years on thirty characters. Here a pattern is read into a non-deterministic automaton of at most
``MAX_STATES`` states, which walks an answer of at most ``MAX_LENGTH`` characters once, all alternatives side
by side (Thompson 1968). What cannot be matched so (back-references, look-around, word boundaries, flags) is
refused when it is read. The whole answer must match, as FHIR's ``regex`` and HTML's ``pattern`` mean it;
``^`` and ``$`` at the ends change nothing.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

MAX_STATES = 400
MAX_LENGTH = 1000
MAX_NESTING = 30

Test = Callable[[str], bool]
SPACES = frozenset(" \t\n\r\f\v\u00a0\u2028\u2029\ufeff")
CLASSES: dict[str, Test] = {
    "d": lambda c: "0" <= c <= "9",
    "D": lambda c: not "0" <= c <= "9",
    "w": lambda c: c == "_" or (c.isascii() and c.isalnum()),
    "W": lambda c: not (c == "_" or (c.isascii() and c.isalnum())),
    "s": lambda c: c in SPACES,
    "S": lambda c: c not in SPACES,
}
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
ANCHORS = {"^": "start", "$": "end"}
QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class PatternError(Exception):
    """The pattern cannot be read, or not matched in linear time. ``rule`` says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Node(NamedTuple):
    """A piece of a pattern: ``kind`` is one (character), start, end, then, or, or repeat (low to high)."""

    kind: str
    parts: tuple["Node", ...] = ()
    test: Test | None = None
    low: int = 0
    high: int | None = None


EMPTY = Node("empty")


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` matches ``pattern``; text over ``MAX_LENGTH`` characters never does.

    Raises:
        PatternError: the pattern is not one of those allowed (an imported one always is).
    """
    return len(text) <= MAX_LENGTH and _automaton(pattern).accepts(text)


def check_pattern(pattern: str) -> None:
    """Reads ``pattern`` and forgets it.

    Raises:
        PatternError: it cannot be read, or not matched in linear time.
    """
    _automaton(pattern)


class Automaton:
    """States are numbers; each tests a character and goes on to the next, or jumps, or asserts."""

    def __init__(self, node: Node) -> None:
        self.tests: list[Test | None] = []
        self.jumps: list[tuple[int, ...]] = []
        self.asserts: list[str] = []
        self._build(node)
        self.last = self._state()

    def accepts(self, text: str) -> bool:
        states = self._closure(frozenset((0,)), at_start=True, at_end=not text)
        steps: dict[tuple[frozenset[int], str, bool], frozenset[int]] = {}
        for position, character in enumerate(text, start=1):
            step = (states, character, position == len(text))
            if step not in steps:
                after = (state + 1 for state in states if (test := self.tests[state]) and test(character))
                steps[step] = self._closure(frozenset(after), at_start=False, at_end=step[2])
            states = steps[step]
        return self.last in states

    def _closure(self, states: frozenset[int], *, at_start: bool, at_end: bool) -> frozenset[int]:
        reached, waiting = set(states), list(states)
        while waiting:
            state = waiting.pop()
            kind = self.asserts[state]
            if (kind == "start" and not at_start) or (kind == "end" and not at_end):
                continue
            for following in self.jumps[state]:
                if following not in reached:
                    reached.add(following)
                    waiting.append(following)
        return frozenset(reached)

    def _state(self, test: Test | None = None, kind: str = "") -> int:
        if len(self.tests) >= MAX_STATES:
            raise PatternError("the pattern is too large")
        self.tests.append(test)
        self.asserts.append(kind)
        self.jumps.append(())
        return len(self.tests) - 1

    def _build(self, node: Node) -> None:
        """Appends the states of ``node``; whatever is appended next is where a match goes on."""
        match node.kind:
            case "one":
                self._state(node.test)
            case "start" | "end":
                state = self._state(kind=node.kind)
                self.jumps[state] = (state + 1,)
            case "then":
                for part in node.parts:
                    self._build(part)
            case "or":
                self._build_alternatives(node.parts)
            case "repeat":
                self._build_repeat(node)

    def _build_alternatives(self, parts: tuple[Node, ...]) -> None:
        fork = self._state()
        starts, ends = [], []
        for part in parts:
            starts.append(len(self.tests))
            self._build(part)
            ends.append(self._state())
        self.jumps[fork] = tuple(starts)
        for end in ends:
            self.jumps[end] = (len(self.tests),)

    def _build_repeat(self, node: Node) -> None:
        part = node.parts[0]
        for _ in range(node.low):
            self._build(part)
        if node.high is None:
            fork = self._state()
            self._build(part)
            back = self._state()
            self.jumps[back] = (fork,)
            self.jumps[fork] = (fork + 1, len(self.tests))
            return
        forks = []
        for _ in range(node.high - node.low):
            forks.append(self._state())
            self._build(part)
        for fork in forks:
            self.jumps[fork] = (fork + 1, len(self.tests))


@lru_cache(maxsize=256)
def _automaton(pattern: str) -> Automaton:
    return Automaton(_Reader(pattern).read())


class _Reader:
    """Reads a pattern from left to right; the dialect is what ECMAScript and FHIR's examples share."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.depth = 0

    def read(self) -> Node:
        if len(self.pattern) > MAX_LENGTH:
            raise PatternError("the pattern is too long")
        node = self._alternatives()
        if self._peek():
            raise PatternError("a bracket closes that never opened")
        return node

    def _peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise PatternError("the pattern ends too early")
        self.position += 1
        return character

    def _take(self, text: str) -> bool:
        if not self.pattern.startswith(text, self.position):
            return False
        self.position += len(text)
        return True

    def _alternatives(self) -> Node:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Node("or", tuple(parts))

    def _sequence(self) -> Node:
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._quantified(self._atom()))
        return Node("then", tuple(parts))

    def _quantified(self, node: Node) -> Node:
        low, high = self._quantifier()
        if (low, high) == (1, 1):
            return node
        if node.kind in ("start", "end"):
            raise PatternError("an anchor cannot be repeated")
        if self._take("+"):
            raise PatternError("possessive quantifiers are not supported")
        self._take("?")
        if self._peek() in ("*", "+", "?"):
            raise PatternError("two quantifiers stand side by side")
        return Node("repeat", (node,), low=low, high=high)

    def _quantifier(self) -> tuple[int, int | None]:
        character = self._peek()
        if character in QUANTIFIERS and character:
            self.position += 1
            return QUANTIFIERS[character]
        if character != "{":
            return 1, 1
        end = self.pattern.find("}", self.position)
        low, comma, high = self.pattern[self.position + 1 : end].partition(",")
        if end < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise PatternError("a brace is neither a quantifier nor escaped")
        self.position = end + 1
        least = int(low)
        most = least if not comma else int(high) if high else None
        if least > MAX_STATES or (most is not None and not least <= most <= MAX_STATES):
            raise PatternError("a quantifier's bounds are out of range")
        return least, most

    def _atom(self) -> Node:
        character = self._next()
        if character in ANCHORS:
            return Node(ANCHORS[character])
        if character == "(":
            return self._group()
        if character in ("*", "+", "?", "{"):
            raise PatternError("a quantifier has nothing to repeat")
        return Node("one", test=self._test(character))

    def _test(self, character: str) -> Test:
        match character:
            case ".":
                return lambda c: c not in "\n\r\u2028\u2029"
            case "[":
                return self._character_class()
            case "\\":
                return self._escape()
        return character.__eq__

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise PatternError("the groups are nested too deep")
        if self._take("?") and not self._take(":"):
            if self._peek() != "<" or self.pattern[self.position + 1 : self.position + 2] in ("=", "!", ""):
                raise PatternError("look-around and flags are not supported")
            self.position = self.pattern.find(">", self.position) + 1
            if self.position == 0:
                raise PatternError("a group's name does not end")
        node = self._alternatives()
        if not self._take(")"):
            raise PatternError("a bracket opens that never closes")
        self.depth -= 1
        return node

    def _escape(self) -> Test:
        character = self._next()
        if character in CLASSES:
            return CLASSES[character]
        return self._escaped(character).__eq__

    def _escaped(self, character: str) -> str:
        if character in CONTROLS:
            return CONTROLS[character]
        if character in ("x", "u"):
            length = 2 if character == "x" else 4
            digits = self.pattern[self.position : self.position + length]
            if len(digits) != length or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
                raise PatternError("an escape needs hexadecimal digits")
            self.position += length
            return chr(int(digits, 16))
        if character.isalnum():
            raise PatternError(
                "back-references, boundaries and other escapes by letter or digit are not supported"
            )
        return character

    def _character_class(self) -> Test:
        negated = self._take("^")
        singles: set[str] = set()
        ranges: list[tuple[str, str]] = []
        tests: list[Test] = []
        while not self._take("]"):
            first = self._class_member(tests)
            if not (
                self._peek() == "-" and self.pattern[self.position + 1 : self.position + 2] not in ("]", "")
            ):
                singles.update(first)
                continue
            self.position += 1
            last = self._class_member(tests)
            if not first or not last or first > last:
                raise PatternError("a range in a character class is out of order")
            ranges.append((first, last))
        return _class_test(frozenset(singles), tuple(ranges), tuple(tests), negated)

    def _class_member(self, tests: list[Test]) -> str:
        """One character; or nothing, having added a class such as ``\\d`` to ``tests``."""
        character = self._next()
        if character != "\\":
            return character
        escaped = self._next()
        if escaped in CLASSES:
            tests.append(CLASSES[escaped])
            return ""
        return self._escaped(escaped)


def _class_test(
    singles: frozenset[str], ranges: tuple[tuple[str, str], ...], tests: tuple[Test, ...], negated: object
) -> Test:
    def member(character: str) -> bool:
        found = (
            character in singles
            or any(first <= character <= last for first, last in ranges)
            or any(test(character) for test in tests)
        )
        return found is not bool(negated)

    return member


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len("1000")
