"""The adaptive test step by step: the next item or the end, and the whole trace of a person's answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from instruments.adaptive.estimating import (
    Standing,
    after_answer,
    after_refusal,
    begin,
    information_of_all,
    tables_of,
)
from instruments.bank import CATR_GRID
from instruments.definition import AdaptiveRule, Bank, Document

Stop = Literal["se", "dse", "max_items", "no_items"]

SOURCE = (
    "https://www.healthmeasures.net/resource-center/measurement-science/computer-adaptive-tests-cats/"
    "stopping-rules/335-stopping-rules"
)

RULES: Mapping[str, AdaptiveRule] = MappingProxyType(
    {
        "adult": AdaptiveRule(4, 12, 0.3, grid=CATR_GRID, source=SOURCE),
        "adult-recommended": AdaptiveRule(4, 8, 0.3, 0.01, grid=CATR_GRID, source=SOURCE),
        "paediatric": AdaptiveRule(5, 12, 0.4, grid=CATR_GRID, source=SOURCE),
    }
)
"""The stopping rules of PROMIS, on the grid that the reference figures were made with; see ``SOURCE``."""


class Ask(Document, frozen=True):
    """The next item, its information at the present estimate, and that estimate."""

    item_id: str
    information: float
    theta: float


class Done(Document, frozen=True):
    """The test is over: the estimate, its error, the T score, and why."""

    theta: float
    se: float
    t: float
    stop: Stop


class Step(NamedTuple):
    """One asked item of a trace, and the estimate after its answer; ``stop`` is empty but at the end."""

    item_id: str
    information: float
    theta_before: float
    answer: int
    theta: float
    se: float
    t: float
    stop: str


class AnswerMissingError(Exception):
    """A trace needs the answer to an item that was not answered, and every item that is left is so."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"item {item_id!r} is asked and has no answer")
        self.item_id = item_id


def next_step(
    bank: Bank, rule: AdaptiveRule, answers: Mapping[str, int], skipped: frozenset[str] = frozenset()
) -> Ask | Done:
    """What to do after ``answers``, in the order given; an item that was ``skipped`` is not asked again.

    Raises:
        BankError: the bank cannot be used, or an answer is none of its item's.
    """
    tables = tables_of(bank, rule)
    standing = begin(tables, rule)
    for item_id, answer in answers.items():
        standing = after_answer(tables, standing, item_id, answer)
    for _ in skipped:
        standing = after_refusal(standing)
    return _step(bank, rule, standing, frozenset(answers) | skipped)


def trace(bank: Bank, rule: AdaptiveRule, answers: Mapping[str, int]) -> tuple[Step, ...]:
    """The test that a person with these answers is led through; an item without an answer is not asked.

    Raises:
        BankError: the bank cannot be used, or an answer is none of its item's.
        AnswerMissingError: no item of the bank has an answer.
    """
    tables = tables_of(bank, rule)
    lacking = frozenset(tables.places) - frozenset(answers)
    if len(lacking) == len(tables.places):
        raise AnswerMissingError(min(lacking))
    standing, asked = begin(tables, rule), set[str]()
    steps: list[Step] = []
    while isinstance(found := _step(bank, rule, standing, lacking | asked), Ask):
        answer = answers[found.item_id]
        standing = after_answer(tables, standing, found.item_id, answer)
        asked.add(found.item_id)
        t = 50 + 10 * standing.theta
        before = found.information, found.theta
        steps.append(Step(found.item_id, *before, answer, standing.theta, standing.se, t, ""))
    return (*steps[:-1], steps[-1]._replace(stop=found.stop))


def _step(
    bank: Bank, rule: AdaptiveRule, standing: Standing, passed: frozenset[str] | set[str]
) -> Ask | Done:
    left = [place for place, item in enumerate(bank.items) if item.item_id not in passed]
    stop = stop_of(rule, standing, len(left))
    if stop is not None:
        return Done(standing.theta, standing.se, 50 + 10 * standing.theta, stop)
    known = information_of_all(tables_of(bank, rule), standing.theta)
    best = left[int(np.argmax(known[left]))]
    if standing.asked == 0 and rule.first is not None and rule.first not in passed:
        best = tables_of(bank, rule).places[rule.first]
    return Ask(bank.items[best].item_id, float(known[best]), standing.theta)


def stop_of(rule: AdaptiveRule, standing: Standing, left: int) -> Stop | None:
    """Why the test ends here, with so many items ``left``; None where it goes on."""
    if standing.answered >= rule.min_items:
        if standing.se < rule.se_stop:
            return "se"
        change = change_of(standing)
        if rule.se_change_stop is not None and change < rule.se_change_stop:
            return "dse"
    if standing.asked >= rule.max_items:
        return "max_items"
    return "no_items" if left == 0 else None


def change_of(standing: Standing) -> float:
    """By how much the last answer changed the standard error; infinite before the second answer."""
    return float("inf") if standing.before is None else abs(standing.before - standing.se)
