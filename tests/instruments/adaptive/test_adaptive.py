"""Adaptive testing asks the items of the reference traces, one by one, and stops where they stop."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.adaptive import RULES, AnswerMissingError, Ask, Done, next_step, trace
from instruments.bank import BankError
from instruments.definition import Bank
from tests.builders.banks import rows_of, synthetic_bank

BANK = synthetic_bank()
CASES = Path(__file__).parent / "cases.json"
TRACES = {"adult": "cat_trace_synthetic.csv", "adult-recommended": "cat_trace_synthetic_recommended_rule.csv"}


def runs_of(name: str) -> dict[str, list[dict[str, str]]]:
    runs: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(name):
        runs.setdefault(row["run"], []).append(row)
    return runs


@pytest.mark.parametrize("rule", TRACES)
def test_a_trace_is_the_reference_s_item_by_item(rule: str) -> None:
    for rows in runs_of(TRACES[rule]).values():
        steps = trace(BANK, RULES[rule], {row["item"]: int(row["response"]) for row in rows})
        assert [step.item_id for step in steps] == [row["item"] for row in rows]
        assert [step.stop for step in steps] == [row["stop"] for row in rows]
        for step, row in zip(steps, rows, strict=True):
            assert (step.theta, step.se) == pytest.approx((float(row["theta"]), float(row["se"])), abs=1e-6)
            if "info_at_selection" in row:
                before = (float(row["info_at_selection"]), float(row["theta_before"]))
                assert (step.information, step.theta_before) == pytest.approx(before, abs=1e-6)
                assert step.t == pytest.approx(float(row["t_score"]), abs=5.1e-5)


def test_the_cases_that_the_phone_is_held_to_are_the_same_traces() -> None:
    cases = json.loads(CASES.read_text(encoding="utf-8"))
    for rule, name in TRACES.items():
        told = [[step["item"] for step in run] for run in cases["traces"][rule]]
        assert told == [[row["item"] for row in rows] for rows in runs_of(name).values()]


def test_an_item_that_was_skipped_is_passed_over_and_not_asked_again() -> None:
    first = next_step(BANK, RULES["adult"], {})
    assert isinstance(first, Ask)
    second = next_step(BANK, RULES["adult"], {}, frozenset({first.item_id}))
    assert isinstance(second, Ask)
    assert second.item_id != first.item_id
    assert second.theta == first.theta == 0


def test_a_test_ends_when_there_is_nothing_left_to_ask() -> None:
    few = Bank(BANK.items[:3])
    done = next_step(few, RULES["adult"], {}, frozenset(item.item_id for item in few.items))
    assert isinstance(done, Done)
    assert done.stop == "no_items"


def test_whoever_declines_everything_is_asked_no_more_than_the_most_items() -> None:
    asked: list[str] = []
    while isinstance(found := next_step(BANK, RULES["adult"], {}, frozenset(asked)), Ask):
        asked.append(found.item_id)
    assert (len(asked), found.stop) == (RULES["adult"].max_items, "max_items")


@given(st.lists(st.integers(0, 4), min_size=20, max_size=20), st.sampled_from(sorted(RULES)))
@settings(max_examples=25, deadline=None)
def test_no_item_is_asked_twice_and_the_rule_s_bounds_are_kept(answers: list[int], name: str) -> None:
    rule = RULES[name]
    steps = trace(BANK, rule, dict(zip((item.item_id for item in BANK.items), answers, strict=True)))
    asked = [step.item_id for step in steps]
    assert len(set(asked)) == len(asked)
    assert rule.min_items <= len(asked) <= rule.max_items
    assert [step.stop == "" for step in steps[:-1]] == [True] * (len(steps) - 1)
    assert steps[-1].stop


def test_nobody_who_answered_nothing_has_a_trace() -> None:
    with pytest.raises(AnswerMissingError):
        trace(BANK, RULES["adult"], {})


def test_an_answer_outside_the_bank_is_refused() -> None:
    with pytest.raises(BankError, match="not in the bank"):
        next_step(BANK, RULES["adult"], {"other": 1})
