"""The synthetic item bank of the reference figures, and those figures."""

import csv
from pathlib import Path

import numpy as np

from instruments.definition import Bank, BankItem
from instruments.graded_response import Matrix

VECTORS = Path(__file__).parents[1] / "instruments" / "vectors"
BANK_FILE = VECTORS / "irt_synthetic_grm_bank.csv"


def rows_of(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def synthetic_bank() -> Bank:
    return Bank(
        tuple(
            BankItem(row["item"], float(row["a"]), tuple(float(row[f"b{k}"]) for k in (1, 2, 3, 4)))
            for row in rows_of(BANK_FILE.name)
        )
    )


def answers_of(bank: Bank, rows: list[dict[str, str]]) -> Matrix:
    return np.array(
        [[float(row[i.item_id]) if row[i.item_id] else np.nan for i in bank.items] for row in rows]
    )
