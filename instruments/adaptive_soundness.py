"""What an adaptive test must be before it is used: its items there, together, in the bank's categories."""

from collections import Counter
from collections.abc import Iterator
from math import isfinite

from instruments.bank import BankError, check_bank, check_grid
from instruments.definition import AdaptiveRule, AdaptiveTest, BankItem, Item, Structure, every_condition
from instruments.expressions import Outline

Fault = tuple[str, str]
"""The item or scale where it stands, and the rule that it breaks."""


def faults_of_adaptive(structure: Structure) -> list[Fault]:
    """Every fault of the adaptive tests of a structure; none where they can be used."""
    if not structure.adaptive:
        return []
    outline = Outline(structure)
    faults: list[Fault] = []
    for test in structure.adaptive:
        faults.extend(_wrong_test(test))
        faults.extend(_wrong_place(structure, outline, test))
        for one in test.bank.items:
            if one.item_id in outline.items:
                faults.extend((one.item_id, rule) for rule in _wrong_item(one, outline.items[one.item_id]))
    faults.extend(_across(structure, outline))
    return faults


def _wrong_test(test: AdaptiveTest) -> Iterator[Fault]:
    try:
        check_bank(test.bank)
        check_grid(test.rule.grid)
    except BankError as error:
        yield test.scale, f"is asked adaptively on a bank that cannot be used: {error}"
    for rule in _wrong_rule(test.rule, len(test.bank.items)):
        yield test.scale, f"is asked adaptively by a rule that {rule}"
    if test.rule.first is not None and test.rule.first not in {one.item_id for one in test.bank.items}:
        yield test.scale, "is asked adaptively from a first item that is not in the bank"


def _wrong_rule(rule: AdaptiveRule, items: int) -> Iterator[str]:
    if not 1 <= rule.min_items <= rule.max_items <= items:
        yield "needs 1 item at least, and no more at most than the bank has"
    if not (isfinite(rule.se_stop) and rule.se_stop > 0):
        yield "stops at an error that is not above zero"
    if rule.se_change_stop is not None and not (isfinite(rule.se_change_stop) and rule.se_change_stop > 0):
        yield "stops at a change of the error that is not above zero"
    if not (isfinite(rule.start_theta) and isfinite(rule.prior_mean)):
        yield "starts from a number that is not finite"
    if not (isfinite(rule.prior_sd) and rule.prior_sd > 0):
        yield "has a prior without a spread"


def _wrong_place(structure: Structure, outline: Outline, test: AdaptiveTest) -> Iterator[Fault]:
    """The items stand side by side, so that one place in the order is that of the whole test."""
    names = [one.item_id for one in test.bank.items]
    unknown = [name for name in names if name not in outline.items]
    yield from ((name, "is asked adaptively and is no item of the instrument") for name in unknown)
    parents = {outline.parents.get(name) for name in names if name in outline.items}
    if unknown or len(parents) != 1:
        if not unknown:
            yield test.scale, "is asked adaptively by items that do not stand in one group"
        return
    parent = parents.pop()
    siblings = structure.items if parent is None else outline.items[parent].items
    places = sorted(place for place, item in enumerate(siblings) if item.item_id in names)
    if places and places[-1] - places[0] >= len(places):
        yield test.scale, "is asked adaptively by items that have others between them"


def _wrong_item(one: BankItem, item: Item) -> Iterator[str]:
    if item.kind != "choice" or item.repeats:
        yield "is asked adaptively and is no choice of one option"
        return
    if item.branch is not None or item.items:
        yield "is asked adaptively, so it can have no branch and hold no items"
    if item.hidden or item.read_only or item.calculated is not None or item.initial is not None:
        yield "is asked adaptively, so it can be neither hidden, read-only, calculated nor filled in"
    if {option.score for option in item.options} != set(range(len(one.b) + 1)):
        yield f"is asked adaptively, so its options' scores must be the categories 0 to {len(one.b)}"


def _across(structure: Structure, outline: Outline) -> Iterator[Fault]:
    counts = Counter(one.item_id for test in structure.adaptive for one in test.bank.items)
    scales = Counter(test.scale for test in structure.adaptive)
    yield from ((name, "is asked by two adaptive tests") for name, count in scales.items() if count > 1)
    in_two = (name for name, count in counts.items() if count > 1 and name in outline.items)
    if len(structure.adaptive) > 1:
        yield from ((name, "is in the bank of two adaptive tests") for name in in_two)
    for item_id, item in outline.items.items():
        conditions = every_condition(item.branch) if item.branch else ()
        if any(condition.item in counts for condition in conditions):
            yield item_id, "is shown on an answer that an adaptive test may never ask for"
