"""Graded-response scoring against the figures of catR, and what holds for any bank."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.bank import CATR_GRID, BankError, check_bank
from instruments.definition import Bank, BankItem, Grid
from instruments.graded_response import information, probabilities
from instruments.scoring.irt import estimate, summed_scores
from tests.builders.banks import answers_of, rows_of, synthetic_bank

BANK = synthetic_bank()
ITEMS = {item.item_id: item for item in BANK.items}


def test_probabilities_and_information_are_the_reference_s() -> None:
    for row in rows_of("irt_grm_prob_info_synthetic.csv"):
        theta = np.array([float(row["theta"])])
        item = ITEMS[row["item"]]
        expected = [float(row[f"p{k}"]) for k in range(5)]
        assert probabilities(item, theta)[:, 0] == pytest.approx(expected, abs=1e-6)
        assert information(item, theta)[0] == pytest.approx(float(row["info"]), abs=1e-6)


def test_estimates_are_the_reference_s_with_answers_missing() -> None:
    rows = rows_of("irt_eap_synthetic.csv")
    found = estimate(BANK, answers_of(BANK, rows), CATR_GRID)
    for name, values in (
        ("theta_eap", found.theta),
        ("se_eap", found.se),
        ("t_score", found.t),
        ("t_se", found.t_se),
    ):
        assert values == pytest.approx([float(row[name] or "nan") for row in rows], abs=1e-6, nan_ok=True), (
            name
        )


def test_the_table_of_summed_scores_is_the_reference_s() -> None:
    table = {one.raw: one for one in summed_scores(Bank(BANK.items[:6]))}
    for row in rows_of("irt_summed_score_tables.csv"):
        if row["form"].startswith("SYNTHETIC"):
            one = table[int(row["raw"])]
            assert (one.t, one.t_se) == pytest.approx((float(row["T"]), float(row["SE"])), abs=5.1e-5)
    assert len(table) == 25


def test_the_wider_grid_takes_back_what_the_narrow_one_loses_at_the_ceiling() -> None:
    highest = np.full((1, len(BANK.items)), 4.0)
    wide, narrow = estimate(BANK, highest).t[0], estimate(BANK, highest, CATR_GRID).t[0]
    assert 0.05 < wide - narrow < 0.5


def test_without_an_answer_there_is_no_estimate() -> None:
    found = estimate(BANK, np.full((1, len(BANK.items)), np.nan))
    assert np.isnan([*found.theta, *found.se, *found.t, *found.t_se]).all()


@given(
    st.floats(0.2, 5),
    st.lists(st.floats(-4, 4), min_size=1, max_size=6, unique_by=lambda one: round(one, 2)),
    st.lists(st.floats(-6, 6), min_size=1, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_probabilities_sum_to_one_and_information_is_never_negative(
    slope: float, thresholds: list[float], theta: list[float]
) -> None:
    item = BankItem("one", slope, tuple(sorted(thresholds)))
    assert probabilities(item, np.array(theta)).sum(axis=0) == pytest.approx(1)
    assert (information(item, np.array(theta)) >= 0).all()


@given(st.lists(st.sampled_from([np.nan, 0.0, 1.0, 2.0, 3.0, 4.0]), min_size=20, max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_answers_give_an_estimate_and_one_response_scores_as_among_many(answers: list[float]) -> None:
    alone = estimate(BANK, np.array([answers]))
    among = estimate(BANK, np.array([[0.0] * 20, answers, [4.0] * 20]))
    assert among.theta[1] == pytest.approx(alone.theta[0], abs=1e-12, nan_ok=True)
    if not np.isnan(answers).all():
        assert np.isfinite(alone.theta).all()
        assert 0 < alone.se[0] <= 1.01


@pytest.mark.parametrize(
    ("bank", "where", "rule"),
    [
        (Bank(()), "bank", "no items"),
        (Bank((BankItem("a", 1, (0,)), BankItem("a", 1, (0,)))), "a", "twice"),
        (Bank((BankItem("a", 0, (0,)),)), "a", "slope"),
        (Bank((BankItem("a", float("nan"), (0,)),)), "a", "slope"),
        (Bank((BankItem("a", 1, ()),)), "a", "no thresholds"),
        (Bank((BankItem("a", 1, (0, float("inf"))),)), "a", "not finite"),
        (Bank((BankItem("a", 1, (1, 0)),)), "a", "do not rise"),
    ],
)
def test_a_bank_that_cannot_be_used_is_named_by_item_and_rule(bank: Bank, where: str, rule: str) -> None:
    with pytest.raises(BankError, match=rule) as caught:
        check_bank(bank)
    assert caught.value.where == where


@pytest.mark.parametrize("answer", [5.0, -1.0, 1.5, np.inf])
def test_an_answer_that_is_none_of_the_item_s_is_named(answer: float) -> None:
    with pytest.raises(BankError, match="row 2, item 'SYN01'"):
        estimate(BANK, np.array([[0.0] * 20, [answer] + [0.0] * 19]))


@pytest.mark.parametrize("grid", [Grid(1, 1, 5), Grid(0, 1, 1), Grid(0, float("nan"), 9), Grid(0, 1, 10**6)])
def test_a_grid_without_extent_or_nodes_is_refused(grid: Grid) -> None:
    with pytest.raises(BankError, match="grid"):
        estimate(BANK, np.full((1, 20), np.nan), grid)
