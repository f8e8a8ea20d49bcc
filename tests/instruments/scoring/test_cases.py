"""A scoring carries its own reference cases, and is held to them."""

import csv
from pathlib import Path

import pytest
from msgspec.structs import replace

from instruments.catalogue import entry, names
from instruments.scoring import Case, Linear, Scale, ScoredItem, ScoringSpec, failing_cases

VECTORS = Path(__file__).parent.parent / "vectors"
SPEC = ScoringSpec(
    "made-up",
    "1",
    (ScoredItem("a", 1, 4), ScoredItem("b", 1, 4)),
    (Scale("s", ("a", "b"), transform=Linear(1, 4)), Scale("disputed", ("a",), off="which way?")),
)
ANSWERS = (("a", 1.0), ("b", 2.0))


def failures(case: Case) -> list[str]:
    return [f"{fault.where}: {fault.rule}" for fault in failing_cases(replace(SPEC, cases=(case,)))]


def test_a_scoring_that_agrees_with_its_cases_has_no_failures() -> None:
    assert failures(Case(ANSWERS, (("s", 16.666667),))) == []
    assert failures(Case((), (("s", None),))) == []


@pytest.mark.parametrize(
    ("case", "failure"),
    [
        (Case(ANSWERS, (("s", 16.66),)), "case 1: s is 16.6666667, and should be 16.66"),
        (Case(ANSWERS, (("s", None),)), "case 1: s is 16.6666667, and should be missing"),
        (Case((), (("s", 0.0),)), "case 1: s is missing, and should be 0"),
        (
            Case(ANSWERS, (("disputed", 0.0),)),
            "case 1: gives a score for 'disputed', which is no scale or is off",
        ),
        (Case((("c", 1.0),), ()), "case 1: answers 'c', which is not scored"),
        (Case((("a", 5.0),), ()), "case 1: answers 'a' by a number that is out of range"),
        (Case(ANSWERS, (("s", float("nan")),)), "case 1: s is 16.6666667, and should be nan"),
    ],
)
def test_a_case_that_fails_is_named_with_both_figures(case: Case, failure: str) -> None:
    assert failures(case) == [failure]


@pytest.mark.parametrize("name", [name for name in names() if entry(name).scoring is not None])
def test_the_catalogue_agrees_with_the_cases_that_it_carries(name: str) -> None:
    spec = entry(name).scoring
    assert spec is not None
    assert failing_cases(spec) == []
    assert spec.cases or name in {"fact_lym", "promis", "qlq_br45", "qlq_lc29"}


def test_the_composite_grades_are_the_published_table() -> None:
    spec = entry("pro_ctcae").scoring
    assert spec is not None
    tables = {table.name: {row[:-1]: row[-1] for row in table.rows} for table in spec.tables}
    with (VECTORS / "pro_ctcae_composite_table.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            given = {name: float(row[name]) for name in ("frq", "sev", "int") if row[name]}
            assert tables[" ".join(given)][tuple(given.values())] == float(row["comp"])
