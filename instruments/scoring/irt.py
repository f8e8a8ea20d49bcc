"""Graded-response scoring: EAP by response pattern, and tables for summed scores.

The estimate is the mean of the posterior under a standard normal prior over a grid (EAP: Bock & Mislevy
1982), its error the posterior's standard deviation, and T = 50 + 10 theta.
"""

from typing import NamedTuple

import numpy as np

from instruments.bank import BankError, check_bank
from instruments.definition import Bank, Grid
from instruments.graded_response import Column, Matrix, logarithms, nodes_of, probabilities, trapezoid

ROWS_AT_ONCE = 2048


class Estimates(NamedTuple):
    """One number a response each: theta, its standard error, and both as T scores."""

    theta: Column
    se: Column
    t: Column
    t_se: Column


class SummedScore(NamedTuple):
    """One row of a table from summed score to T."""

    raw: int
    t: float
    t_se: float


def estimate(bank: Bank, answers: Matrix, grid: Grid | None = None) -> Estimates:
    """EAP of every response: ``answers`` has a row a response and a column an item, NaN where not answered.

    A response without an answer has no estimate: NaN.

    Raises:
        BankError: the bank or grid cannot be used, or an answer is none of its item's; it names the row.
    """
    check_bank(bank)
    theta = nodes_of(grid or Grid())
    given = np.asarray(answers, dtype=np.float64).reshape(-1, len(bank.items))
    _check_answers(bank, given)
    tables = [logarithms(probabilities(item, theta)) for item in bank.items]
    found = [
        _posterior(tables, given[start : start + ROWS_AT_ONCE], theta)
        for start in range(0, len(given), ROWS_AT_ONCE)
    ]
    mean = np.concatenate([one for one, _ in found]) if found else np.empty(0)
    deviation = np.concatenate([one for _, one in found]) if found else np.empty(0)
    return Estimates(mean, deviation, 50 + 10 * mean, 10 * deviation)


def _check_answers(bank: Bank, given: Matrix) -> None:
    highest = np.array([len(item.b) for item in bank.items])
    wrong = ~np.isnan(given) & ~((given >= 0) & (given <= highest) & (given == np.floor(given)))
    if wrong.any():
        row, column = (int(one) for one in np.argwhere(wrong)[0])
        name = bank.items[column].item_id
        raise BankError(f"row {row + 1}, item {name!r}", f"the answer is none of 0 to {highest[column]}")


def _posterior(tables: list[Matrix], given: Matrix, theta: Column) -> tuple[Column, Column]:
    log = np.tile(-(theta**2) / 2, (len(given), 1))
    for column, table in enumerate(tables):
        there = ~np.isnan(given[:, column])
        log[there] += table[given[there, column].astype(np.intp)]
    weights = np.exp(log - log.max(axis=1, keepdims=True)) * trapezoid(len(theta))
    weights /= weights.sum(axis=1, keepdims=True)
    # Summed row by row, so that a response scores to the last bit as it does among others.
    mean = (weights * theta).sum(axis=1)
    deviation = np.sqrt((weights * (theta - mean[:, np.newaxis]) ** 2).sum(axis=1))
    unanswered = np.isnan(given).all(axis=1)
    return np.where(unanswered, np.nan, mean), np.where(unanswered, np.nan, deviation)


def summed_scores(bank: Bank, grid: Grid | None = None) -> tuple[SummedScore, ...]:
    """The table from summed score (answers counted from 0) to T.

    The likelihood of each sum is built item by item (Lord & Wingersky 1984), and its EAP taken as Thissen,
    Pommerich, Billeaud & Williams (1995) do.

    Raises:
        BankError: the bank or grid cannot be used.
    """
    check_bank(bank)
    theta = nodes_of(grid or Grid())
    likelihood = np.ones((1, len(theta)))
    for item in bank.items:
        steps = probabilities(item, theta)
        longer = np.zeros((len(likelihood) + len(steps) - 1, len(theta)))
        for answer, step in enumerate(steps):
            longer[answer : answer + len(likelihood)] += likelihood * step
        likelihood = longer
    weights = likelihood * np.exp(-(theta**2) / 2) * trapezoid(len(theta))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = weights @ theta
    deviation = np.sqrt((weights * (theta - mean[:, np.newaxis]) ** 2).sum(axis=1))
    return tuple(
        SummedScore(raw, 50 + 10 * float(one), 10 * float(error))
        for raw, (one, error) in enumerate(zip(mean, deviation, strict=True))
    )
