"""The graded-response model: the probability of each answer, and what an item tells at a theta.

Samejima (1969) with D = 1: P(X >= k) = 1 / (1 + exp(-a (theta - b_k))).
"""

import numpy as np
from numpy.typing import NDArray

from instruments.bank import check_grid
from instruments.definition import BankItem, Grid

Column = NDArray[np.float64]
Matrix = NDArray[np.float64]


def nodes_of(grid: Grid) -> Column:
    """The nodes of a grid.

    Raises:
        BankError: see ``check_grid``.
    """
    check_grid(grid)
    return np.linspace(grid.low, grid.high, grid.nodes)


def probabilities(item: BankItem, theta: Column) -> Matrix:
    """The probability of each answer: a row an answer from 0, a column a theta."""
    above = 1 / (1 + np.exp(-item.a * (theta - np.array(item.b)[:, np.newaxis])))
    ones, zeros = np.ones((1, len(theta))), np.zeros((1, len(theta)))
    steps: Matrix = np.vstack([ones, above]) - np.vstack([above, zeros])
    return steps


def information(item: BankItem, theta: Column) -> Column:
    """Fisher's information of an item at each theta: the sum over answers of P'^2 / P (Samejima 1969)."""
    above = 1 / (1 + np.exp(-item.a * (theta - np.array(item.b)[:, np.newaxis])))
    slopes = item.a * above * (1 - above)
    zeros = np.zeros((1, len(theta)))
    change = np.vstack([zeros, slopes]) - np.vstack([slopes, zeros])
    steps = probabilities(item, theta)
    parts = np.divide(change**2, steps, out=np.zeros_like(steps), where=steps > 0)
    total: Column = parts.sum(axis=0)
    return total


def logarithms(steps: Matrix) -> Matrix:
    """The logarithms of probabilities, of nought as of the least number."""
    logs: Matrix = np.log(np.maximum(steps, 1e-300))
    return logs


def trapezoid(nodes: int) -> Column:
    """The weights of a grid's nodes in a sum that stands for an integral."""
    weights = np.ones(nodes)
    weights[[0, -1]] = 0.5
    return weights
