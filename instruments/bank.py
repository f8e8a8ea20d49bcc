"""The rules of a graded-response item bank and of the grid of its estimates.

Apart from what computes with them (``graded_response``), so that reading an instrument needs no NumPy.
"""

from collections import Counter
from itertools import pairwise
from math import isfinite

from instruments.definition import Bank, Grid

MOST_ITEMS = 1000
MOST_NODES = 10_001


CATR_GRID = Grid(-4.0, 4.0, 81)
"""The grid that the reference figures of the R package catR were made with (trapezoid rule)."""


class BankError(Exception):
    """A bank or grid that cannot be used: the item (or the grid) and the rule that it breaks."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(f"{where}: {rule}")
        self.where = where
        self.rule = rule


def check_bank(bank: Bank) -> Bank:
    """The bank itself, held to the rules of the model.

    Raises:
        BankError: no items or too many, an item twice, a slope that is not above zero, thresholds that do not
            rise, or a number that is not finite.
    """
    if not 0 < len(bank.items) <= MOST_ITEMS:
        raise BankError("bank", f"has no items, or more than {MOST_ITEMS}")
    twice = [name for name, count in Counter(item.item_id for item in bank.items).items() if count > 1]
    if twice:
        raise BankError(twice[0], "is in the bank twice")
    for item in bank.items:
        if not isfinite(item.a) or item.a <= 0:
            raise BankError(item.item_id, "has a slope that is not above zero")
        if not item.b or not all(isfinite(one) for one in item.b):
            raise BankError(item.item_id, "has no thresholds, or one that is not finite")
        if any(low >= high for low, high in pairwise(item.b)):
            raise BankError(item.item_id, "has thresholds that do not rise")
    return bank


def check_grid(grid: Grid) -> None:
    """Holds a grid to its rules.

    Raises:
        BankError: it has fewer than two nodes, too many, or no extent.
    """
    if not (isfinite(grid.low) and isfinite(grid.high) and grid.low < grid.high):
        raise BankError("grid", "has no extent")
    if not 2 <= grid.nodes <= MOST_NODES:
        raise BankError("grid", f"has fewer than 2 nodes, or more than {MOST_NODES}")
