"""Branching: which items are enabled by the answers, as FHIR R4 says (``enableWhen``).

An item is enabled when what it stands in is enabled and its own branch holds. Answers to an item that is not
enabled do not count, whatever is stored. An item that nobody answers (hidden or read-only) counts with its
initial value.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import ge, gt, le, lt

from instruments.definition import (
    NUMBERS,
    Branch,
    Condition,
    Item,
    ItemKind,
    Structure,
    Value,
    every_condition,
    every_item,
)

Values = Mapping[str, tuple[Value, ...]]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}


class Outline:
    """A structure looked up by item: every item in order, and what each stands in."""

    __slots__ = ("items", "parents")

    def __init__(self, structure: Structure) -> None:
        self.items: dict[str, Item] = {item.item_id: item for item in every_item(structure)}
        self.parents: dict[str, str] = {
            child.item_id: item_id
            for item_id, item in self.items.items()
            if item.items
            for child in item.items
        }

    def waits_for(self, item: Item) -> list[str]:
        """The items to decide before ``item``: what it stands in, and what its branch looks at."""
        needed = [condition.item for condition in every_condition(item.branch)] if item.branch else []
        parent = self.parents.get(item.item_id)
        return needed if parent is None else [parent, *needed]


def enabled(outline: Outline, values: Values) -> dict[str, bool]:
    """Whether each item is enabled, by item id; time and memory are linear in items and conditions.

    Items on a cycle (which no import lets through) wait for one another in vain and see no answer.
    """
    decided: dict[str, bool] = {}
    for item_id, item in outline.items.items():
        if item.branch is None and item_id not in outline.parents:
            decided[item_id] = True
        elif item_id not in decided:
            _decide(outline, item, values, decided)
    return decided


def _decide(outline: Outline, item: Item, values: Values, decided: dict[str, bool]) -> None:
    stack = [(item, iter(outline.waits_for(item)))]
    opened = {item.item_id}
    while stack:
        top, needed = stack[-1]
        name = next((name for name in needed if name not in decided and name not in opened), None)
        if name is None:
            stack.pop()
            decided[top.item_id] = _is_enabled(outline, top, values, decided)
        elif name in outline.items:
            opened.add(name)
            stack.append((outline.items[name], iter(outline.waits_for(outline.items[name]))))


def _is_enabled(outline: Outline, item: Item, values: Values, decided: Mapping[str, bool]) -> bool:
    parent = outline.parents.get(item.item_id)
    if parent is not None and not decided.get(parent, False):
        return False
    return item.branch is None or _holds(outline, item.branch, values, decided)


def _holds(outline: Outline, branch: Branch, values: Values, decided: Mapping[str, bool]) -> bool:
    needs_all = branch.needs == "all"
    check = all if needs_all else any
    held = check(_met(outline, condition, values, decided) for condition in branch.conditions)
    if held is not needs_all or not branch.branches:
        return held
    return check(_holds(outline, inner, values, decided) for inner in branch.branches)


def _met(outline: Outline, condition: Condition, values: Values, decided: Mapping[str, bool]) -> bool:
    item = outline.items.get(condition.item)
    answers = current(item, values) if item is not None and decided.get(item.item_id, False) else ()
    kind = item.kind if item is not None else "string"
    return compare(kind, answers, condition)


def current(item: Item, values: Values) -> tuple[Value, ...]:
    """The answers that count for ``item``: the person's, or its initial value where the person has no say."""
    if item.hidden or item.read_only:
        return () if item.initial is None else (item.initial, *item.further_initial)
    return values.get(item.item_id, ())


def compare(kind: ItemKind, answers: tuple[Value, ...], condition: Condition) -> bool:
    """Whether ``answers`` to an item of ``kind`` meet ``condition``.

    ``exists`` asks whether there is an answer; ``=`` whether one is equal; ``!=`` whether none is equal (so
    it holds for an unanswered item); the others whether one compares so. A value of another type never
    compares.
    """
    if condition.operator == "exists":
        return bool(answers) is bool(condition.value)
    if condition.operator in ("=", "!="):
        found = any(_equal(kind, answer, condition.value) for answer in answers)
        return found is (condition.operator == "=")
    return any(_ordered(kind, answer, condition) for answer in answers)


def _equal(kind: ItemKind, answer: Value, value: Value) -> bool:
    if isinstance(answer, bool) or isinstance(value, bool):
        return answer is value
    if kind in ("date-time", "time"):
        return _order(kind, answer, value) == 0
    return answer == value


def _ordered(kind: ItemKind, answer: Value, condition: Condition) -> bool:
    order = _order(kind, answer, condition.value)
    return order is not None and COMPARISONS[condition.operator](order, 0)


def _order(kind: ItemKind, answer: Value, value: Value) -> int | None:
    """Below, at or above zero as ``answer`` is to ``value``; None where they do not compare."""
    if kind in NUMBERS:
        if isinstance(answer, bool | str) or isinstance(value, bool | str):
            return None
        return (answer > value) - (answer < value)
    if not isinstance(answer, str) or not isinstance(value, str):
        return None
    if kind == "date-time":
        return _order_of_moments(answer, value)
    if kind == "time":
        answer, value = with_seconds(answer), with_seconds(value)
    return (answer > value) - (answer < value)


def with_seconds(time: str) -> str:
    """A time of day as HH:MM:SS, so that two compare as texts."""
    return time + ":00" if len(time) == len("13:30") else time


def _order_of_moments(answer: str, value: str) -> int | None:
    try:
        left, right = datetime.fromisoformat(answer), datetime.fromisoformat(value)
    except ValueError:
        return None
    if (left.tzinfo is None) is not (right.tzinfo is None):
        return None
    return (left > right) - (left < right)


def unknown_target(outline: Outline) -> tuple[str, int] | None:
    """The first item, and the number of its condition, that looks at an item that is not there."""
    for item in outline.items.values():
        for number, condition in enumerate(every_condition(item.branch) if item.branch else ()):
            if condition.item not in outline.items:
                return item.item_id, number
    return None


def cycle(outline: Outline) -> tuple[str, ...]:
    """The items of one cycle of branches (each waits for the next, the last for the first), or none."""
    done: set[str] = set()
    for start in outline.items:
        if start not in done:
            found = _cycle_from(outline, start, done)
            if found:
                return found
    return ()


def _cycle_from(outline: Outline, start: str, done: set[str]) -> tuple[str, ...]:
    frames = {start: iter(outline.waits_for(outline.items[start]))}
    while frames:
        name = next(reversed(frames))
        following = next(
            (other for other in frames[name] if other not in done and other in outline.items), None
        )
        if following is None:
            del frames[name]
            done.add(name)
        elif following in frames:
            path = list(frames)
            return tuple(path[path.index(following) :])
        else:
            frames[following] = iter(outline.waits_for(outline.items[following]))
    return ()
