"""What a part of an expression over a QuestionnaireResponse means: items, answers, values, or a test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from typing import NamedTuple, TypeAlias

from instruments.definition import (
    CHOICES,
    CONTAINERS,
    NUMBERS,
    TEXTS,
    Branch,
    Condition,
    Item,
    Operator,
    Structure,
    Value,
    every_item,
)
from instruments.exchange.logic.conditions import COMPARISONS, DENIED, OPERATORS, TURNED, Test, joined
from instruments.exchange.logic.syntax import LogicError
from instruments.expressions import with_seconds

POSITIVE = frozenset(("=", "<", ">", "<=", ">="))
"""Operators by which a condition holds where one of several answers compares so."""
MAX_COUNT = 1_000


@dataclass(frozen=True)
class Places:
    """The items of a questionnaire by id, and the ids of those that stand in each; in the whole, under ""."""

    items: Mapping[str, Item]
    within: Mapping[str, tuple[str, ...]]

    def in_group(self, item_id: str) -> tuple[str, ...]:
        """What stands in a group, or in the whole; what stands in a question stands in its answer."""
        is_group = item_id == "" or self.items[item_id].kind == "group"
        return self.within.get(item_id, ()) if is_group else ()

    @cached_property
    def everything(self) -> "Nodes":
        """All items, wherever they stand."""
        return Nodes(frozenset(self.items))

    @cached_property
    def grouped(self) -> "Nodes":
        """The items that stand in groups alone, in none of the answers."""
        return self.beneath(WHOLE, self.in_group)

    @staticmethod
    def beneath(nodes: "Nodes", step: Callable[[str], tuple[str, ...]]) -> "Nodes":
        """What is reached from ``nodes`` by steps from an item to those in it."""
        found: set[str] = set()
        waiting = list(nodes.ids)
        while waiting:
            ids = step(waiting.pop())
            found.update(ids)
            waiting.extend(ids)
        return Nodes(frozenset(found))


def places_of(structure: Structure) -> Places:
    """Where the items of ``structure`` stand."""
    items = {item.item_id: item for item in every_item(structure)}
    within = {item_id: tuple(one.item_id for one in item.items) for item_id, item in items.items()}
    return Places(items, within | {"": tuple(item.item_id for item in structure.items)})


class Nodes(NamedTuple):
    """Items of the response by id, or the response itself, whose id is empty."""

    ids: frozenset[str]


WHOLE = Nodes(frozenset(("",)))
"""The response itself."""


class LinkIds(NamedTuple):
    """The ``linkId`` of the item that a ``where`` looks at."""


class NamedNodes(NamedTuple):
    """Whether an item has this id."""

    item_id: str


class Chosen(NamedTuple):
    """The answers to an item: ``aspect`` says what of them. ``is_one`` where there is one at most."""

    item: Item
    aspect: str
    is_one: bool


class Kept(NamedTuple):
    """Those of an item's answers that a ``where`` keeps: there is one where ``test`` holds."""

    item: Item
    test: Test


class Count(NamedTuple):
    """How many answers an item has."""

    item: Item


class Literal(NamedTuple):
    """A fixed value; ``kind`` is text, number, boolean, date or time."""

    kind: str
    value: Value


class Literals(NamedTuple):
    """Several fixed values."""

    values: tuple[Literal, ...]


class Held(NamedTuple):
    """Where a test is true, and where it is false; where neither holds it is empty."""

    true: Test
    false: Test


Meaning: TypeAlias = Nodes | LinkIds | NamedNodes | Chosen | Kept | Count | Literal | Literals | Held


def chosen(item_id: str, places: Places) -> Chosen:
    """The answers to an item.

    Raises:
        LogicError: it takes none, or they are not known while a person answers.
    """
    item = places.items[item_id]
    if item.kind in CONTAINERS:
        raise LogicError(f"looks at {item_id[:60]!r}, which takes no answer here")
    if item.calculated is not None:
        raise LogicError(f"looks at {item_id[:60]!r}, whose value is not computed while the person answers")
    return Chosen(item, "answer", is_one=not item.repeats)


def within(meaning: Meaning) -> Meaning:
    """What a ``where`` looks at: one of the items or answers."""
    return meaning._replace(is_one=True) if isinstance(meaning, Chosen) else meaning


def as_held(meaning: Meaning) -> Held:
    """A part of an expression as a test: the answer to a yes-or-no item is one too.

    Raises:
        LogicError: it is none.
    """
    if isinstance(meaning, Held):
        return meaning
    if isinstance(meaning, Chosen) and meaning.item.kind == "boolean" and meaning.aspect == "value":
        return compared_answer("=", meaning, Literal("boolean", value=True))
    raise LogicError("is not a test of answers that a branch can say")


def both(left: Held, right: Held) -> Held:
    """``and``: false where one of the two is, whatever the other."""
    return Held(
        joined([left.true, right.true], needs_all=True), joined([left.false, right.false], needs_all=False)
    )


def either(left: Held, right: Held) -> Held:
    """``or``: true where one of the two is, whatever the other."""
    return Held(
        joined([left.true, right.true], needs_all=False), joined([left.false, right.false], needs_all=True)
    )


def has_answer(item: Item, *, is_so: bool) -> Condition:
    """Whether there is an answer to the item."""
    return Condition(item.item_id, "exists", is_so)


def compared(sign: str, left: Meaning, right: Meaning) -> Meaning:
    """A comparison of answers with a fixed value.

    Raises:
        LogicError: it compares something else, or cannot be said of the item exactly.
    """
    operator = OPERATORS[sign]
    if isinstance(left, Literal):
        left, right, operator = right, left, TURNED.get(operator, operator)
    if not isinstance(right, Literal):
        raise LogicError("compares with something else than a fixed value")
    if isinstance(left, LinkIds) and operator == "=" and right.kind == "text":
        return NamedNodes(str(right.value))
    if isinstance(left, Count):
        return _counted(operator, left.item, right)
    if isinstance(left, Held) and operator in ("=", "!=") and right.kind == "boolean":
        return left if right.value is (operator == "=") else Held(left.false, left.true)
    if isinstance(left, Chosen):
        return compared_answer(operator, left, right)
    raise LogicError("compares what is no answer")


def compared_answer(operator: Operator, left: Chosen, right: Literal) -> Held:
    """A comparison of one answer: neither true nor false where there is none.

    Raises:
        LogicError: see ``compared``.
    """
    item = left.item
    if not left.is_one:
        raise LogicError(f"compares all answers to {item.item_id[:60]!r} with one value")
    if left.aspect == "answer":
        raise LogicError(f"compares the answer to {item.item_id[:60]!r} without its value")
    value = _value(left, right)
    if operator not in ("=", "!="):
        if item.kind not in NUMBERS and item.kind not in ("date", "time"):
            raise LogicError(f"asks for an order among answers to {item.item_id[:60]!r}")
        return Held(
            Condition(item.item_id, operator, value), Condition(item.item_id, DENIED[operator], value)
        )
    equal: Test = Condition(item.item_id, "=", value)
    other: Test = Condition(item.item_id, "!=", value)
    if item.kind == "boolean":
        other = Condition(item.item_id, "=", not value)
    else:
        other = joined([has_answer(item, is_so=True), other], needs_all=True)
    return Held(equal, other) if operator == "=" else Held(other, equal)


def _counted(operator: Operator, item: Item, right: Literal) -> Held:
    """A number of answers, where it asks no more than whether there is one."""
    if not isinstance(right.value, int | float) or right.kind != "number" or abs(right.value) > MAX_COUNT:
        raise LogicError("compares a number of answers with what is none")
    most = 1 if not item.repeats else int(right.value) + 2
    none, *some = (COMPARISONS[operator](float(count), right.value) for count in range(max(1, most) + 1))
    if len(set(some)) > 1 or none in some:
        raise LogicError(f"asks how many answers {item.item_id[:60]!r} has, which a branch cannot say")
    return Held(has_answer(item, is_so=not none), has_answer(item, is_so=none))


def _value(left: Chosen, right: Literal) -> Value:
    item = left.item
    if item.kind in CHOICES:
        return _option(left, right)
    kinds = {"boolean": "boolean", "date": "date", "time": "time"} | dict.fromkeys(TEXTS, "text")
    wanted = "number" if item.kind in NUMBERS else kinds.get(item.kind)
    if right.kind != wanted or left.aspect != ("number" if item.kind == "quantity" else "value"):
        raise LogicError(f"compares {item.item_id[:60]!r} with a value of another type")
    return _moment(right) if right.kind in ("date", "time") else right.value


def _moment(literal: Literal) -> str:
    text = str(literal.value)
    try:
        if literal.kind == "date" and date.fromisoformat(text).isoformat() == text:
            return text
        if literal.kind == "time":
            return with_seconds(time.fromisoformat(text).isoformat())
    except ValueError:
        pass
    raise LogicError(f"compares with {text[:40]!r}, which is no whole date or time")


def _option(left: Chosen, right: Literal) -> str:
    """The code of the option that is meant, or the free text of an open choice."""
    item = left.item
    is_coding = item.options_are == "coding"
    wanted = str(right.value)
    found = [
        option.code
        for option in item.options
        if wanted == (option.code.removeprefix(f"{option.system}|") if option.system else option.code)
    ]
    is_of_kind = right.kind == {"integer": "number", "date": "date", "time": "time"}.get(
        item.options_are, "text"
    )
    if left.aspect == ("code" if is_coding else "value") and is_of_kind and len(found) == 1:
        return found[0]
    is_own_words = item.kind == "open-choice" and left.aspect == "value" and right.kind == "text"
    if is_own_words and all(option.code != wanted for option in item.options):
        return wanted
    raise LogicError(f"compares {item.item_id[:60]!r} with what is no single option of it")


def is_positive(test: Test, item: Item) -> bool:
    """Whether a test holds where one of the answers to ``item`` compares so, and looks at nothing else."""
    if isinstance(test, Branch):
        alone = len(test.conditions) == 1 or test.needs == "any"
        return alone and not test.branches and all(is_positive(one, item) for one in test.conditions)
    return test.item == item.item_id and test.operator in POSITIVE
