"""The engine against figures that reference implementations gave; ``vectors/SOURCES.md`` says which."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from instruments.scoring import Linear, MissingRule, Recode, Scale, ScoredItem, ScoringSpec, check_spec, score

VECTORS = Path(__file__).parent.parent / "vectors"
HALF, ALL, FOUR_FIFTHS = MissingRule("half"), MissingRule("all"), MissingRule("percent", 80)


def numbers(texts: Iterable[str]) -> NDArray[np.float64]:
    return np.array([float(text) if text else np.nan for text in texts])


def columns_of(name: str) -> dict[str, NDArray[np.float64]]:
    with (VECTORS / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    kept = [index for index, head in enumerate(rows[0]) if not head.endswith(("category", "_cat"))]
    return {rows[0][index]: numbers(row[index] for row in rows[1:]) for index in kept}


def items(
    names: Iterable[str], lowest: float, highest: float, recode: str | None = None
) -> tuple[ScoredItem, ...]:
    return tuple(ScoredItem(name, lowest, highest, recode) for name in names)


def named(prefix: str, *ids: int | str) -> tuple[str, ...]:
    return tuple(f"{prefix}{one}" for one in ids)


def who_5() -> ScoringSpec:
    names = named("q", 1, 2, 3, 4, 5)
    percent = Scale("percent", names, combine="sum", missing=ALL, transform=Linear(0, 25))
    raw = Scale("raw", names, combine="sum", missing=ALL, highest=25)
    return ScoringSpec("who-5", "1", items(names, 0, 5), (raw, percent))


def hads() -> ScoringSpec:
    anxiety, depression = named("q", *range(1, 15, 2)), named("q", *range(2, 15, 2))
    one_missing = MissingRule("n-of", 6)
    return ScoringSpec(
        "hads",
        "1",
        items(anxiety + depression, 0, 3),
        (
            Scale("A_complete", anxiety, combine="sum", missing=ALL, direction="higher-worse", highest=21),
            Scale("D_complete", depression, combine="sum", missing=ALL, direction="higher-worse", highest=21),
            Scale("A_prorated_max1", anxiety, combine="prorated-sum", missing=one_missing, highest=21),
            Scale("D_prorated_max1", depression, combine="prorated-sum", missing=one_missing, highest=21),
        ),
    )


def epic_26() -> ScoringSpec:
    tables = {
        "A": ((1, 0), (2, 25), (3, 50), (4, 75), (5, 100)),
        "B": ((1, 0), (2, 33), (3, 67), (4, 100)),
        "C": ((0, 100), (1, 67), (2, 33), (3, 0)),
        "D": ((0, 100), (1, 75), (2, 50), (3, 25), (4, 0)),
        "E": ((1, 100), (2, 75), (3, 50), (4, 25), (5, 0)),
    }
    of_table = {
        "A": named("Q", "01", "08a", "08b", "10", "11"),
        "B": named("Q", "02", "09"),
        "C": named("Q", "03"),
        "D": named("Q", *(f"{number}{letter}" for number in ("04", "06", "13") for letter in "abcde")),
        "E": named("Q", "05", "07", "12"),
    }
    scales = {
        "UI": named("Q", "01", "02", "03", "04a"),
        "UIO": named("Q", "04b", "04c", "04d", "04e"),
        "BOW": named("Q", "06a", "06b", "06c", "06d", "06e", "07"),
        "SEX": named("Q", "08a", "08b", "09", "10", "11", "12"),
        "HOR": named("Q", "13a", "13b", "13c", "13d", "13e"),
    }
    return ScoringSpec(
        "epic-26",
        "1",
        tuple(one for table, names in of_table.items() for one in items(names, 0, 100, table)),
        tuple(Scale(name, names, missing=FOUR_FIFTHS) for name, names in scales.items()),
        tuple(Recode(name, pairs) for name, pairs in tables.items()),
    )


def qlq_c30() -> ScoringSpec:
    function = {"PF": (1, 2, 3, 4, 5), "RF": (6, 7), "EF": (21, 22, 23, 24), "CF": (20, 25), "SF": (26, 27)}
    symptom = {
        "FA": (10, 12, 18), "NV": (14, 15), "PA": (9, 19), "DY": (8,), "SL": (11,), "AP": (13,), "CO": (16,),
        "DI": (17,), "FI": (28,),
    }  # fmt: skip
    summed = tuple(name for name in (*function, *symptom) if name != "FI")
    return ScoringSpec(
        "qlq-c30",
        "3",
        items(named("q", *range(1, 29)), 1, 4) + items(named("q", 29, 30), 1, 7),
        (
            Scale("QL", named("q", 29, 30), transform=Linear(1, 7)),
            *(Scale(name, named("q", *ids), transform=Linear(4, 1)) for name, ids in function.items()),
            *(Scale(name, named("q", *ids), transform=Linear(1, 4)) for name, ids in symptom.items()),
            Scale("SUMMARY", scales=summed, missing=ALL, reverse=tuple(n for n in symptom if n != "FI")),
        ),
    )


def lars() -> ScoringSpec:
    weights = {
        "flatus(0 never,1 <1/wk,2 >=1/wk)": (0, 4, 7),
        "liquid": (0, 3, 3),
        "frequency(0 >7/d,1 4-7/d,2 1-3/d,3 <1/d)": (4, 2, 0, 5),
        "clustering": (0, 9, 11),
        "urgency": (0, 11, 16),
    }
    recodes = tuple(Recode(name, tuple(enumerate(row))) for name, row in weights.items())
    scored = tuple(ScoredItem(name, 0, max(row), recode=name) for name, row in weights.items())
    scale = Scale("score", tuple(weights), combine="sum", missing=ALL, direction="higher-worse", highest=42)
    return ScoringSpec("lars", "1", scored, (scale,), recodes)


def facit_f() -> ScoringSpec:
    physical, social = named("GP", *range(1, 8)), named("GS", *range(1, 8))
    emotional, functional = named("GE", *range(1, 7)), named("GF", *range(1, 8))
    fatigue = (*named("HI", 7, 12), *named("An", 1, 2, 3, 4, 5, 7, 8, 12, 14, 15, 16))
    worse = (*physical, *(name for name in emotional if name != "GE2"))
    worse += tuple(name for name in fatigue if name not in ("An5", "An7"))

    def subscale(name: str, parts: tuple[str, ...]) -> Scale:
        more_than_half = MissingRule("n-of", len(parts) // 2 + 1)
        backwards = tuple(part for part in parts if part in worse)
        highest = 4.0 * len(parts)
        return Scale(name, parts, (), backwards, "prorated-sum", more_than_half, highest=highest)

    return ScoringSpec(
        "facit-f",
        "4",
        tuple(
            ScoredItem(name, 0, 4, absent=(8, 9))
            for name in (*physical, *social, *emotional, *functional, *fatigue)
        ),
        (
            subscale("PWB", physical),
            subscale("SWB", social),
            subscale("EWB", emotional),
            subscale("FWB", functional),
            subscale("FS", fatigue),
        ),
    )


SPECS = {
    "who_5.csv": who_5(), "hads.csv": hads(), "epic_26.csv": epic_26(),
    "qlq_c30.csv": qlq_c30(), "lars.csv": lars(), "facit_f.csv": facit_f(),
}  # fmt: skip


PRECISION = {"facit_f.csv": 0.00051}
"""Where the reference rounded its scores: to three decimals."""


@pytest.mark.parametrize("name", SPECS)
def test_the_engine_gives_the_reference_scores_and_the_same_missing_ones(name: str) -> None:
    spec, columns = SPECS[name], columns_of(name)
    assert check_spec(spec) == []
    scores = score(spec, columns)
    for scale_id, values in scores.items():
        expected = columns[scale_id]
        assert np.array_equal(np.isnan(values), np.isnan(expected)), scale_id
        assert np.nanmax(np.abs(values - expected)) < PRECISION.get(name, 1e-6), scale_id
    assert scores
