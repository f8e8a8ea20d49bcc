"""``etterklang cat``: the traces of the reference, from the files that a researcher has."""

import csv
from pathlib import Path

import pytest

from tests.builders.banks import BANK_FILE, rows_of, synthetic_bank
from tests.builders.command_line import etterklang

ITEMS = [item.item_id for item in synthetic_bank().items]


def answers_file(folder: Path, name: str) -> Path:
    """The answers that a reference trace was given, a row a run."""
    runs: dict[str, dict[str, str]] = {}
    for row in rows_of(name):
        runs.setdefault(row["run"], {})[row["item"]] = row["response"]
    file = folder / "answers.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["run", *ITEMS])
        writer.writerows([run, *(given.get(item, "NA") for item in ITEMS)] for run, given in runs.items())
    return file


@pytest.mark.parametrize(
    ("spec_id", "name"),
    [
        ("promis", "cat_trace_synthetic.csv"),
        ("promis-adult-recommended", "cat_trace_synthetic_recommended_rule.csv"),
    ],
)
def test_the_command_writes_the_reference_traces(tmp_path: Path, spec_id: str, name: str) -> None:
    out = tmp_path / "trace.csv"
    ended = etterklang("cat", spec_id, BANK_FILE, "--answers", answers_file(tmp_path, name), "--out", out)
    assert ended == (0, "", "")
    with out.open(newline="") as stream:
        for step, expected in zip(csv.DictReader(stream), rows_of(name), strict=True):
            for column, value in expected.items():
                if column in ("run", "step", "item", "response", "stop"):
                    assert step[column] == value
                else:
                    precision = 5.1e-5 if column == "t_score" else 1e-6
                    assert float(step[column]) == pytest.approx(float(value), abs=precision)


@pytest.mark.parametrize(
    ("bank", "answers", "place", "rule"),
    [
        ("item,a\nx,1\n", "x\n1\n", "bank.csv", "must begin with item, a, b1"),
        ("item,a,b1\nx,one,0\n", "x\n1\n", "bank.csv: row 1", "no number"),
        ("item,a,b1,b2\nx,1,2,1\n", "x\n1\n", "bank.csv: x", "do not rise"),
        ("item,a,b1\nx,1,0\n", "y\n1\n", "answers.csv: the header", "none of the bank's items"),
        ("item,a,b1\nx,1,0\n", "x\n2\n", "answers.csv: row 1, column 'x'", "none of 0 to 1"),
        ("item,a,b1\nx,1,0\n", "x,y\nNA,1\n", "answers.csv: row 1", "answers none"),
        ("item,a,b1\nx,1,0\n", "x\nyes\n", "answers.csv: row 1, column 'x'", "no whole number"),
        ("", "x\n1\n", "bank.csv", "empty"),
    ],
)
def test_a_wrong_file_is_refused_by_place_and_rule(
    tmp_path: Path, bank: str, answers: str, place: str, rule: str
) -> None:
    (tmp_path / "bank.csv").write_text(bank)
    (tmp_path / "answers.csv").write_text(answers)
    ended = etterklang("cat", "promis", tmp_path / "bank.csv", "--answers", tmp_path / "answers.csv")
    assert ended.code == 2
    assert place in ended.error
    assert rule in ended.error


def test_an_unknown_test_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("SYN01\n1\n")
    ended = etterklang("cat", "other", BANK_FILE, "--answers", tmp_path / "answers.csv")
    assert "promis-adult-recommended" in ended.error
