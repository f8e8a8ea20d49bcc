"""Which items of an adaptive test somebody with these answers was asked: the test, run through again.

Two engines reckon the same figures to some 14 digits, so where two items tell equally much, or the error is
just at where the rule stops, one engine may go one way and the other the other. A set that either way
explains is one that the rule gives: no answer is lost to the last digit of a number.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from instruments.adaptive.estimating import (
    Standing,
    Tables,
    after_answer,
    after_refusal,
    begin,
    information_of_all,
    tables_of,
)
from instruments.adaptive.stepping import change_of
from instruments.definition import AdaptiveRule, AdaptiveTest, Structure, Value, every_item

NEAR = 1e-6
"""Two informations so near in proportion, or two errors so near, may be either way around."""
MOST_STANDINGS = 500
"""So many ways to have been asked are tried. A set that needs more, and is neither too small nor too large
for the rule, is given the benefit of the doubt.
"""


class Course(NamedTuple):
    """How a test went: the items ``asked``, in order; the ``following`` one, which has neither an answer nor
    a refusal, or None where the test is over; and what was answered or declined ``beside``, and not asked.
    """

    asked: tuple[str, ...]
    following: str | None
    beside: tuple[str, ...]


class _Given(NamedTuple):
    test: AdaptiveTest
    tables: Tables
    answered: Mapping[str, int]
    declined: Collection[str]


class _Way(NamedTuple):
    """What may have been asked, in order, and where the test stood before the last of it."""

    standing: Standing
    asked: tuple[str, ...]


def replay(test: AdaptiveTest, answered: Mapping[str, int], declined: Collection[str] = ()) -> Course:
    """The course that explains most of what was answered (the category by item) and declined.

    Raises:
        BankError: the bank cannot be used, or an answer is none of its item's.
    """
    given = _Given(test, tables_of(test.bank, test.rule), answered, declined)
    whole = {*answered, *declined}
    waiting: list[_Way] = [_Way(begin(given.tables, test.rule), ())]
    seen: set[tuple[frozenset[str], str]] = set()
    reached: list[Course] = []
    for _ in range(MOST_STANDINGS):
        if not waiting:
            break
        asked = waiting[-1].asked
        standing = _after(given, waiting.pop())
        ended, nexts = _ways(given, standing, asked)
        following = None if ended else next((one for one in nexts if one not in whole), None)
        if ended or following is not None:
            reached.append(Course(asked, following, tuple(sorted(whole - set(asked)))))
            # In whatever order all of them are asked, the error is the same in the end, if not its change.
            if not reached[-1].beside and (ended or test.rule.se_change_stop is None):
                return reached[-1]
        onward = [(frozenset((*asked, one)), one) for one in nexts if one in whole]
        waiting.extend(_Way(standing, (*asked, key[1])) for key in reversed(onward) if key not in seen)
        seen.update(onward)
    if waiting and test.rule.min_items <= len(whole) <= test.rule.max_items:
        return Course(tuple(sorted(whole)), None, ())
    nothing = Course((), None, tuple(sorted(whole)))
    return max(reached, key=lambda course: len(course.asked), default=nothing)


def _after(given: _Given, way: _Way) -> Standing:
    """Where the test stands once the last of the way's items was answered or declined."""
    if not way.asked:
        return way.standing
    item_id = way.asked[-1]
    if item_id in given.answered:
        return after_answer(given.tables, way.standing, item_id, given.answered[item_id])
    return after_refusal(way.standing)


def _ways(given: _Given, standing: Standing, asked: tuple[str, ...]) -> tuple[bool, list[str]]:
    """Whether the test may be over here, and the items that may be asked next, the likeliest first."""
    rule, items = given.test.rule, given.test.bank.items
    left = [place for place, item in enumerate(items) if item.item_id not in asked]
    if standing.asked >= rule.max_items or not left:
        return True, []
    ended, goes_on = _ends(rule, standing)
    if not goes_on:
        return True, []
    if not asked and rule.first is not None:
        return ended, [rule.first]
    known = information_of_all(given.tables, standing.theta)[left]
    near = np.flatnonzero(known >= known.max() * (1 - NEAR))
    likeliest = near[np.argsort(-known[near], kind="stable")]
    return ended, [items[left[place]].item_id for place in likeliest]


def _ends(rule: AdaptiveRule, standing: Standing) -> tuple[bool, bool]:
    """Whether the rule may stop here, and whether it may go on; both where it is a matter of digits."""
    if standing.answered < rule.min_items:
        return False, True
    beyond = [standing.se - rule.se_stop]
    if rule.se_change_stop is not None:
        beyond.append(change_of(standing) - rule.se_change_stop)
    return min(beyond) < NEAR, min(beyond) >= -NEAR


class _Coded(NamedTuple):
    """A test, and the category that each option's code of each of its items stands for."""

    test: AdaptiveTest
    categories: Mapping[str, Mapping[Value, int]]


@lru_cache(maxsize=256)
def coded_tests(structure: Structure) -> tuple[_Coded, ...]:
    """The adaptive tests of a sound structure with the categories of their items' options."""
    items = {item.item_id: item for item in every_item(structure)}
    return tuple(
        _Coded(
            test,
            {
                one.item_id: {option.code: int(option.score or 0) for option in items[one.item_id].options}
                for one in test.bank.items
            },
        )
        for test in structure.adaptive
    )


def courses(
    structure: Structure,
    shown: Collection[str],
    values: Mapping[str, tuple[Value, ...]],
    skipped: Collection[str],
) -> list[tuple[AdaptiveTest, Course]]:
    """The course of each adaptive test of ``structure`` whose items branching has ``shown``.

    A test with an answer that is none of its item's options is left out: nobody knows what follows from it.
    """
    found = []
    for test, categories in coded_tests(structure):
        if not all(item_id in shown for item_id in categories):
            continue
        given = {item_id: values[item_id] for item_id in categories if values.get(item_id)}
        if all(len(one) == 1 and one[0] in categories[item_id] for item_id, one in given.items()):
            answered = {item_id: categories[item_id][one[0]] for item_id, one in given.items()}
            declined = [item_id for item_id in skipped if item_id in categories and item_id not in given]
            found.append((test, replay(test, answered, declined)))
    return found
