"""Computer-adaptive testing on a graded-response bank: which item to ask next, and when to stop.

The next item is the one with the most information at the present estimate (EAP), the first among equals.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from instruments.definition import Document
from instruments.scoring.bank import CATR_GRID, Bank, BankError, Grid, check_bank
from instruments.scoring.irt import estimate, information

Stop = Literal["se", "dse", "max_items", "no_items"]

SOURCE = (
    "https://www.healthmeasures.net/resource-center/measurement-science/computer-adaptive-tests-cats/"
    "stopping-rules/335-stopping-rules"
)


class AdaptiveRule(Document, frozen=True):
    """When to stop: not before ``min_items``, at the latest after ``max_items``.

    In between once the standard error is below ``se_stop``, or changed by less than ``se_change_stop`` with
    the last answer. ``grid`` and ``start_theta`` are those of the estimate.
    """

    min_items: int
    max_items: int
    se_stop: float
    se_change_stop: float | None = None
    start_theta: float = 0.0
    grid: Grid = CATR_GRID
    source: str = SOURCE


RULES: Mapping[str, AdaptiveRule] = MappingProxyType(
    {
        "adult": AdaptiveRule(4, 12, 0.3),
        "adult-recommended": AdaptiveRule(4, 8, 0.3, 0.01),
        "paediatric": AdaptiveRule(5, 12, 0.4),
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


class _State(NamedTuple):
    theta: float
    se: float
    before: float | None


def next_step(
    bank: Bank, rule: AdaptiveRule, answers: Mapping[str, int], skipped: frozenset[str] = frozenset()
) -> Ask | Done:
    """What to do after ``answers``, in the order given; an item that was ``skipped`` is not asked again.

    Raises:
        BankError: the bank cannot be used, or an answer is none of its item's.
    """
    check_bank(bank)
    state = _state(bank, rule, answers)
    stop = _stop(rule, state, len(answers))
    left = [item for item in bank.items if item.item_id not in answers and item.item_id not in skipped]
    if stop is None and not left:
        stop = "no_items"
    if stop is not None:
        return Done(state.theta, state.se, 50 + 10 * state.theta, stop)
    here = np.array([state.theta])
    known = [float(information(item, here)[0]) for item in left]
    best = int(np.argmax(known))
    return Ask(left[best].item_id, known[best], state.theta)


def trace(bank: Bank, rule: AdaptiveRule, answers: Mapping[str, int]) -> tuple[Step, ...]:
    """The test that a person with these answers is led through; an item without an answer is passed over.

    Raises:
        BankError: the bank cannot be used, or an answer is none of its item's.
        AnswerMissingError: no item that is asked has an answer.
    """
    given: dict[str, int] = {}
    skipped: set[str] = set()
    steps: list[Step] = []
    while True:
        asked = next_step(bank, rule, given, frozenset(skipped))
        if isinstance(asked, Done):
            return _ended(steps, asked, skipped)
        if asked.item_id not in answers:
            skipped.add(asked.item_id)
            continue
        given[asked.item_id] = answers[asked.item_id]
        state = _state(bank, rule, given)
        t = 50 + 10 * state.theta
        step = (
            asked.item_id,
            asked.information,
            asked.theta,
            given[asked.item_id],
            state.theta,
            state.se,
            t,
            "",
        )
        steps.append(Step(*step))


def _ended(steps: list[Step], done: Done, skipped: set[str]) -> tuple[Step, ...]:
    if not steps:
        raise AnswerMissingError(min(skipped))
    return (*steps[:-1], steps[-1]._replace(stop=done.stop))


def _state(bank: Bank, rule: AdaptiveRule, answers: Mapping[str, int]) -> _State:
    """The estimate after the answers, and its error before the last one."""
    if not answers:
        return _State(rule.start_theta, float("inf"), None)
    columns = {item.item_id: column for column, item in enumerate(bank.items)}
    rows = np.full((2, len(bank.items)), np.nan)
    for number, (item_id, answer) in enumerate(answers.items()):
        if item_id not in columns:
            raise BankError(item_id, "is not in the bank")
        rows[1, columns[item_id]] = answer
        if number < len(answers) - 1:
            rows[0, columns[item_id]] = answer
    found = estimate(bank, rows, rule.grid)
    before = float(found.se[0]) if len(answers) > 1 else None
    return _State(float(found.theta[1]), float(found.se[1]), before)


def _stop(rule: AdaptiveRule, state: _State, asked: int) -> Stop | None:
    if asked < rule.min_items:
        return None
    if state.se < rule.se_stop:
        return "se"
    change = rule.se_change_stop
    if change is not None and state.before is not None and abs(state.before - state.se) < change:
        return "dse"
    return "max_items" if asked >= rule.max_items else None
