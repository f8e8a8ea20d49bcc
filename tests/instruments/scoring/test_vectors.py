"""Every instrument of the catalogue against what a reference gave; ``vectors/SOURCES.md`` says which."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from instruments.catalogue import Entry, entry, names
from instruments.scoring import ScoringSpec, judge_numbers, label, narrowed, score

VECTORS = Path(__file__).parent.parent / "vectors"
WITHOUT_REFERENCE = {"fact_lym", "promis", "qlq_br45", "qlq_lc29", "qlq_ov28"}
"""No reference implementation was run for these."""


def file_of(one: Entry) -> Path | None:
    return next(
        (path for path in (VECTORS / f"{name}.csv" for name in (one.spec_id, *one.aliases)) if path.exists()),
        None,
    )


def numbers(texts: Iterable[str]) -> NDArray[np.float64]:
    return np.array([float(text) if text else np.nan for text in texts])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answers_of(one: Entry, rows: list[dict[str, str]]) -> tuple[ScoringSpec, dict[str, NDArray[np.float64]]]:
    """The scoring of what the file asks, and its answers by item."""
    assert one.scoring is not None
    headers = {
        item.item_id: next(
            (h for h in (item.item_id, *one.columns.get(item.item_id, ())) if h in rows[0]), ""
        )
        for item in one.scoring.items
    }
    columns = {item: numbers(row[header] for row in rows) for item, header in headers.items() if header}
    return narrowed(one.scoring, columns), columns


def test_every_instrument_with_a_reference_is_held_to_it() -> None:
    assert {name for name in names() if file_of(entry(name)) is None} == WITHOUT_REFERENCE


@pytest.mark.parametrize("name", sorted(set(names()) - WITHOUT_REFERENCE))
def test_the_catalogue_gives_the_reference_scores_and_the_same_missing_ones(name: str) -> None:
    one = entry(name)
    path = file_of(one)
    assert path is not None
    rows = rows_of(path)
    spec, columns = answers_of(one, rows)
    scores = score(spec, columns)
    for scale_id, values in scores.items():
        expected = numbers(row[scale_id] for row in rows)
        assert np.array_equal(np.isnan(values), np.isnan(expected)), scale_id
        assert np.nanmax(np.abs(values - expected), initial=0) < 1e-6, scale_id
    labels = label(spec, scores)
    for banding_id, texts in labels.items():
        assert list(texts) == [row[banding_id] for row in rows]
    explained = {*scores, *labels, *columns, *one.unscored, "case", "id", "profile"}
    explained |= {header for headers in one.columns.values() for header in headers}
    assert set(rows[0]) <= explained, "a column of the reference is neither an answer nor a score"


@pytest.mark.parametrize("name", ["qlq_c30", "facit_fatigue", "phq_9", "eq_5d_5l", "pro_ctcae"])
def test_one_response_scores_as_it_does_among_many_to_the_last_bit(name: str) -> None:
    one = entry(name)
    path = file_of(one)
    assert path is not None
    spec, columns = answers_of(one, rows_of(path))
    scores = score(spec, columns)
    for row in range(0, len(next(iter(columns.values()))), 7):
        verdict = judge_numbers(spec, [columns[item.item_id][row] for item in spec.items])
        for reason in verdict.scores:
            among = scores[reason.scale_id][row]
            assert (reason.value is None and np.isnan(among)) or reason.value == among
