"""Cut-offs and bands: which side of a figure a score is on, and what is said of it."""

import math

import numpy as np
import pytest

from instruments.interpretation import (
    Evidence,
    Threshold,
    UnknownNameError,
    band,
    bands,
    interpretation_of,
    judge,
    past,
)
from instruments.interpretation.document import Side

MADE_UP = Evidence("made up for this test", "verified")


def test_a_low_function_score_is_a_problem_and_the_reason_names_figure_source_and_certainty() -> None:
    (reason,) = judge("PF", 80.0, interpretation_of("qlq-c30"))
    assert reason.problem
    assert reason.figure_id == "clinical-importance-PF"
    assert reason.says == "80 is below 83.3, the cut-off for a clinically important problem"
    assert "10.1016/j.jclinepi.2019.10.003" in reason.evidence.source
    assert reason.evidence.status == "domain-knowledge-unverified-here"


def test_a_low_symptom_score_is_none() -> None:
    (reason,) = judge("FA", 33.3, interpretation_of("qlq-c30"))
    assert reason.problem is False
    assert reason.says == "33.3 is not above 38.9, the cut-off for a clinically important problem"


def test_a_band_is_a_name_and_no_judgement() -> None:
    (reason,) = judge("total_complete_only", 12, interpretation_of("phq-9"))
    assert (reason.kind, reason.says, reason.problem) == ("band", "moderate", None)


def test_a_scale_can_be_judged_by_several_sources() -> None:
    reasons = judge("mean", 4.4, interpretation_of("fss"))
    assert {reason.figure_id: reason.problem for reason in reasons} == {"original": True, "norwegian": False}


def test_nothing_is_said_of_a_missing_score_or_of_a_scale_without_figures() -> None:
    assert judge("PF", math.nan, interpretation_of("qlq-c30")) == ()
    assert judge("QL", 10, interpretation_of("qlq-c30")) == ()


def test_a_scale_that_the_instrument_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="has no scale 'PF2'"):
        judge("PF2", 80, interpretation_of("qlq-c30"))


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("below", [1, 0, 0, math.nan]),
        ("at-or-below", [1, 1, 0, math.nan]),
        ("above", [0, 0, 1, math.nan]),
        ("at-or-above", [0, 1, 1, math.nan]),
    ],
)
def test_the_side_says_whether_the_figure_itself_is_a_problem(side: Side, expected: list[float]) -> None:
    threshold = Threshold("made-up", ("a",), 0.3, side, "a problem", MADE_UP)
    np.testing.assert_array_equal(past(threshold, [0.2, 0.1 + 0.2, 0.4, math.nan]), expected)


@pytest.mark.parametrize(
    ("instrument", "values", "names"),
    [
        ("phq-9", [0, 4, 4.5, 5, 14.142857, 20, 27], "none none none mild moderate severe severe"),
        ("gad-7", [4, 8.4, 12.6, 15], "minimal mild moderate severe"),
        ("hads", [7, 10.5, 11], "normal borderline abnormal"),
        ("lars", [20, 21, 29, 30, 42], "none minor minor major major"),
        (
            "promis",
            [0, 55, 55.1, 60, 70, 70.1],
            "within-normal-limits within-normal-limits mild mild moderate severe",
        ),
    ],
)
def test_every_score_of_the_range_has_one_band(instrument: str, values: list[float], names: str) -> None:
    (banding,) = interpretation_of(instrument).bandings
    found = [band(banding, value) for value in values]
    assert " ".join(one.band_id for one in found if one) == names


def test_a_score_that_is_missing_or_outside_has_no_band() -> None:
    (banding,) = interpretation_of("lars").bandings
    np.testing.assert_array_equal(bands(banding, [math.nan, -1, 43, 42]), [-1, -1, -1, 2])
    assert band(banding, math.nan) is None


def test_no_attainable_c30_score_lies_on_a_cut_off() -> None:
    items = {"PF": 5, "RF": 2, "EF": 4, "CF": 2, "SF": 2, "FA": 3, "NV": 2, "PA": 2}
    for threshold in interpretation_of("qlq-c30").thresholds:
        steps = 3 * items.get(threshold.scales[0], 1)
        attainable = [100 * step / steps for step in range(steps + 1)]
        assert min(abs(score - threshold.value) for score in attainable) > 1
