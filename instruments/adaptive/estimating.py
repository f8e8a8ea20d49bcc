"""The estimate of an adaptive test as it goes on, one answer after another, and what each item would tell."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from instruments.bank import BankError, check_bank
from instruments.definition import AdaptiveRule, Bank
from instruments.graded_response import Column, Matrix, logarithms, nodes_of, probabilities, trapezoid


class Tables(NamedTuple):
    """A bank laid out for a rule: ``places`` of its items, the nodes, the logarithm of the prior at each
    (with the weight of the node), and the logarithms of each item's answers (a row an answer, a column a
    node).

    ``slopes`` are those of the items, ``thresholds`` theirs (a row an item), filled up with infinity.
    """

    places: Mapping[str, int]
    theta: Column
    prior: Column
    logs: tuple[Matrix, ...]
    slopes: Column
    thresholds: Matrix


class Standing(NamedTuple):
    """Where a test stands: the posterior's logarithm, its mean and deviation, the deviation ``before`` the
    last answer (None before the second), and how many items were answered, and asked.
    """

    log: Column
    theta: float
    se: float
    before: float | None
    answered: int
    asked: int


@lru_cache(maxsize=64)
def tables_of(bank: Bank, rule: AdaptiveRule) -> Tables:
    """The tables of a bank for a rule; kept for those in use.

    Raises:
        BankError: the bank or the grid cannot be used.
    """
    check_bank(bank)
    theta = nodes_of(rule.grid)
    thresholds = np.full((len(bank.items), max(len(item.b) for item in bank.items)), np.inf)
    for row, item in zip(thresholds, bank.items, strict=True):
        row[: len(item.b)] = item.b
    return Tables(
        places={item.item_id: place for place, item in enumerate(bank.items)},
        theta=theta,
        prior=np.log(trapezoid(len(theta))) - ((theta - rule.prior_mean) / rule.prior_sd) ** 2 / 2,
        logs=tuple(logarithms(probabilities(item, theta)) for item in bank.items),
        slopes=np.array([[item.a] for item in bank.items]),
        thresholds=thresholds,
    )


def begin(tables: Tables, rule: AdaptiveRule) -> Standing:
    """A test of which nothing was asked."""
    return Standing(tables.prior, rule.start_theta, float("inf"), None, 0, 0)


def after_answer(tables: Tables, standing: Standing, item_id: str, answer: int) -> Standing:
    """The test after one more answer.

    Raises:
        BankError: the item is not in the bank, or has no such answer.
    """
    place = tables.places.get(item_id)
    if place is None:
        raise BankError(item_id, "is not in the bank")
    if not 0 <= answer < len(tables.logs[place]):
        raise BankError(item_id, f"the answer is none of 0 to {len(tables.logs[place]) - 1}")
    log = standing.log + tables.logs[place][answer]
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    mean = float(weights @ tables.theta)
    deviation = float(np.sqrt(weights @ (tables.theta - mean) ** 2))
    before = standing.se if standing.answered else None
    return Standing(log, mean, deviation, before, standing.answered + 1, standing.asked + 1)


def after_refusal(standing: Standing) -> Standing:
    """The test after an item that was asked and declined."""
    return standing._replace(asked=standing.asked + 1)


def information_of_all(tables: Tables, theta: float) -> Column:
    """Fisher's information of every item of the bank at one theta (Samejima 1969)."""
    above = 1 / (1 + np.exp(-tables.slopes * (theta - tables.thresholds)))
    slopes = tables.slopes * above * (1 - above)
    ones, zeros = np.ones((len(above), 1)), np.zeros((len(above), 1))
    steps = np.hstack([ones, above]) - np.hstack([above, zeros])
    change = np.hstack([zeros, slopes]) - np.hstack([slopes, zeros])
    parts = np.divide(change**2, steps, out=np.zeros_like(steps), where=steps > 0)
    total: Column = parts.sum(axis=1)
    return total
