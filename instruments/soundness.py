"""What a structure must be before it is used: ids unique, branches that end, bounds that can be met."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, time
from math import isfinite

from msgspec.structs import replace

from instruments.adaptive_soundness import faults_of_adaptive
from instruments.answers import MAX_ANSWERS, wrong_answer
from instruments.calculation import faults_of_calculations
from instruments.definition import (
    CHOICES,
    CONTAINERS,
    REPEATABLE,
    Branch,
    Document,
    Item,
    Structure,
    every_condition,
    every_item,
)
from instruments.expressions import Outline, cycle, unknown_target
from instruments.patterns import PatternError, check_pattern
from instruments.translation import ambiguous_keys

MAX_ITEMS = 5_000
"""The longest instruments in use have a few hundred."""
MAX_DEPTH = 64
MAX_BRANCH_DEPTH = 16
"""Brackets within brackets in what decides whether an item is asked."""


class StructureFault(Document, frozen=True):
    """Something wrong with a structure: the item where it stands and the ``rule`` that it breaks."""

    where: str
    rule: str


def faults_of(structure: Structure) -> list[StructureFault]:
    """What is wrong with ``structure``; an empty list if it is sound."""
    names = Counter(item.item_id for item in every_item(structure))
    if len(names) > MAX_ITEMS:
        return [StructureFault(structure.instrument_id, f"has more than {MAX_ITEMS} items")]
    faults = [StructureFault(name, "is named twice") for name, count in names.items() if count > 1]
    faults.extend(StructureFault(name, "has an empty id") for name in names if not name.strip())
    if _is_deep(structure):
        faults.append(StructureFault(structure.instrument_id, f"is nested more than {MAX_DEPTH} deep"))
    faults.extend(_faults_of_branches(structure))
    faults.extend(StructureFault(*fault) for fault in faults_of_calculations(structure))
    faults.extend(StructureFault(*fault) for fault in faults_of_adaptive(structure))
    faults.extend(
        StructureFault(key, "is the wording key of two things; change one of the ids")
        for key in sorted(ambiguous_keys(structure))
    )
    for item in every_item(structure):
        faults.extend(StructureFault(item.item_id, rule) for rule in _wrong_item(item))
    return faults


def _is_deep(structure: Structure) -> bool:
    level = list(structure.items)
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in item.items]
    return bool(level)


def _faults_of_branches(structure: Structure) -> Iterator[StructureFault]:
    outline = Outline(structure)
    lost = unknown_target(outline)
    if lost is not None:
        yield StructureFault(lost[0], "is shown on the answer to an item that is not there")
    for item_id, item in outline.items.items():
        if item.branch and any(_is_calculated(outline, one.item) for one in every_condition(item.branch)):
            yield StructureFault(item_id, "is shown on a calculated value, which the page does not know")
    circle = cycle(outline)
    if circle:
        yield StructureFault(circle[0], "is shown on an answer that waits, in a circle, for its own")


def _is_calculated(outline: Outline, item_id: str) -> bool:
    item = outline.items.get(item_id)
    return item is not None and item.calculated is not None


def _is_answered(item: Item) -> bool:
    is_filled_in = item.initial is not None or item.calculated is not None
    return item.required or item.read_only or is_filled_in


def _wrong_item(item: Item) -> Iterator[str]:
    if item.options and item.kind not in CHOICES:
        yield f"has options, and its kind {item.kind} takes none"
    if len({option.code for option in item.options}) < len(item.options):
        yield "has two options with one code"
    if item.repeats and item.kind not in REPEATABLE:
        yield f"repeats, and its kind {item.kind} takes one answer"
    yield from _wrong_numbers_of_answers(item)
    if item.items and item.kind == "display":
        yield "is a text to read and holds items"
    if item.branch is not None:
        yield from _wrong_branch(item.branch)
    if item.kind in CONTAINERS and _is_answered(item):
        yield "takes no answer, so it can be neither required, read-only, filled in nor calculated"
    if item.further_initial and item.initial is None:
        yield "is filled in with further answers and no first one"
    if item.initial is not None and item.kind not in CONTAINERS:
        # A person may begin with fewer answers than are needed in the end.
        begun = replace(item, min_answers=None) if item.min_answers is not None else item
        rule = wrong_answer(begun, (item.initial, *item.further_initial))
        if rule is not None:
            yield f"is filled in with what could not be answered ({rule})"
    yield from _wrong_bounds(item)


def _wrong_numbers_of_answers(item: Item) -> Iterator[str]:
    least, most = item.min_answers, item.max_answers
    if least is None and most is None:
        return
    if not item.repeats:
        yield "bounds how many answers it takes, and takes one"
    if (least is not None and least < 1) or (most is not None and not 1 <= most <= MAX_ANSWERS):
        yield f"has a bound of its answers that is below one, or above {MAX_ANSWERS}"
    if least is not None and most is not None and least > most:
        yield "needs more answers than it takes"
    if least is not None and item.kind == "choice" and item.options and least > len(item.options):
        yield "needs more answers than it has options"


def _wrong_branch(branch: Branch) -> Iterator[str]:
    level = [branch]
    for _ in range(MAX_BRANCH_DEPTH):
        if any(not one.conditions and not one.branches for one in level):
            yield "has a branch without a condition"
            return
        level = [inner for one in level for inner in one.branches]
    if level:
        yield f"has a branch nested more than {MAX_BRANCH_DEPTH} deep"


def _wrong_bounds(item: Item) -> Iterator[str]:
    numbers = (item.minimum, item.maximum, item.step, *(option.score for option in item.options))
    if any(number is not None and not isfinite(number) for number in numbers):
        yield "has a number that is not finite"
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        yield "has a minimum above its maximum"
    if item.step is not None and item.step <= 0:
        yield "has a step that is not above zero"
    if item.min_length is not None and item.max_length is not None and item.min_length > item.max_length:
        yield "has a least length above its greatest"
    if item.pattern is not None:
        try:
            check_pattern(item.pattern)
        except PatternError as error:
            yield f"has a pattern that cannot be used: {error.rule}"
    if not (_is_moment(item, item.earliest) and _is_moment(item, item.latest)):
        yield "has a bound that is no date (YYYY-MM-DD) or time (HH:MM:SS), or is of another kind"


def _is_moment(item: Item, bound: str | None) -> bool:
    if bound is None:
        return True
    try:
        if item.kind == "date":
            return date.fromisoformat(bound).isoformat() == bound
        return item.kind == "time" and time.fromisoformat(bound).isoformat() == bound
    except ValueError:
        return False
