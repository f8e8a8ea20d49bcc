"""Rules and trajectories: a drop against the person's own first answer, in the direction that is worse."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from surveys.lateeffects import Change, LateEffectRule, ScoredWave, changes, check_rule, trajectory
from tests.conftest import ROOT

DEMO = ROOT / "api" / "demo" / "documents"
NAMES = {"nb": "Navn", "nn": "Namn", "en": "Name"}
RULE = LateEffectRule(
    rule_id=UUID(int=1),
    version=1,
    instrument_id="garden-work",
    scale_id="digging",
    drop=15.0,
    worse="lower",
    names=NAMES,
    scale_names=NAMES,
    source="made up",
)


def wave(number: int, score: float | None, *, instrument: str = "garden-work", by: str = "a") -> ScoredWave:
    return ScoredWave(number, 0, instrument, {"digging": score}, by)


@pytest.mark.parametrize(
    ("score", "drop"), [(65.0, 15.0), (64.9, 15.1), (65.1, None), (80.0, None), (100.0, None)]
)
def test_a_drop_of_the_rules_size_or_more_is_seen(score: float, drop: float | None) -> None:
    seen = changes(RULE, [wave(1, 80.0)], wave(2, score))
    assert (seen and round(seen.drop, 9)) == drop


def test_a_drop_is_not_lost_to_binary_rounding() -> None:
    rule = replace(RULE, drop=0.3)
    assert changes(rule, [wave(1, 0.4)], wave(2, 0.1)) is not None


def test_on_a_symptom_scale_higher_is_worse() -> None:
    rule = replace(RULE, worse="higher")
    assert changes(rule, [wave(1, 20.0)], wave(2, 40.0)) == Change(rule, 2, 20.0, 40.0, 20.0)
    assert changes(rule, [wave(1, 40.0)], wave(2, 20.0)) is None


def test_the_comparison_is_with_the_baseline_and_not_with_the_answer_before() -> None:
    seen = changes(RULE, [wave(1, 80.0), wave(2, 70.0)], wave(3, 60.0))
    assert seen is not None
    assert (seen.baseline, seen.drop) == (80.0, 20.0)


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ([], wave(2, 10.0)),
        ([wave(1, None)], wave(2, 10.0)),
        ([wave(1, float("nan"))], wave(2, 10.0)),
        ([wave(1, 80.0)], wave(2, None)),
        ([wave(1, 80.0)], wave(2, 10.0, instrument="another")),
        ([wave(1, 80.0, instrument="another")], wave(2, 10.0)),
        ([wave(1, 80.0, by="other scoring")], wave(2, 10.0)),
        ([wave(2, 80.0)], wave(3, 10.0)),
        ([wave(1, 80.0)], wave(1, 10.0)),
    ],
)
def test_what_cannot_be_compared_is_not(earlier: list[ScoredWave], now: ScoredWave) -> None:
    assert changes(RULE, earlier, now) is None


def test_of_two_scorings_of_one_wave_the_later_counts() -> None:
    points = trajectory([wave(1, 80.0), wave(1, 60.0), wave(2, 50.0)], "garden-work", "digging", 1)
    assert [(point.wave, point.score, point.change) for point in points] == [(1, 60.0, 0.0), (2, 50.0, -10.0)]


scores = st.none() | st.floats(0, 100)


@given(scores, scores, st.floats(0.5, 100), st.sampled_from(["lower", "higher"]))
def test_a_signal_means_a_drop_of_at_least_the_rules_size(
    first: float | None, second: float | None, drop: float, worse: str
) -> None:
    rule = msgspec.structs.replace(RULE, drop=drop, worse=worse)
    seen = changes(rule, [wave(1, first)], wave(2, second))
    if first is None or second is None:
        assert seen is None
        return
    fallen = first - second if worse == "lower" else second - first
    assert (seen is not None) == (fallen >= drop - 1e-9)


@given(st.lists(st.tuples(st.integers(1, 5), scores), max_size=8), st.randoms())
def test_a_trajectory_is_in_the_order_of_the_waves(
    answered: list[tuple[int, float | None]], random: object
) -> None:
    points = trajectory([wave(*one) for one in answered], "garden-work", "digging", 1)
    assert [point.wave for point in points] == sorted(
        {number for number, score in answered if score is not None}
    )


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"drop": 0.0}, "$.drop"),
        ({"drop": float("nan")}, "$.drop"),
        ({"baseline_wave": 0}, "$.baseline_wave"),
        ({"names": {"nb": "Navn"}}, "$.names"),
        ({"scale_names": {}}, "$.scale_names"),
        ({"source": ""}, "$.source"),
    ],
)
def test_each_fault_of_a_rule_names_its_place(wrong: dict[str, object], place: str) -> None:
    assert list(check_rule(replace(RULE, **wrong))) == [place]


def test_the_demonstration_rules_fit_the_demonstration_instruments_and_say_that_they_are_not_validated() -> (
    None
):
    rules = msgspec.json.decode((DEMO / "late-effect-rules.json").read_bytes(), type=list[LateEffectRule])
    own = msgspec.json.decode((DEMO / "everyday-life.json").read_bytes())["scoring"]
    imported = msgspec.json.decode((DEMO / "urinary-habits.scoring.json").read_bytes())
    scales = {(one["instrument_id"], scale["scale_id"]) for one in (own, imported) for scale in one["scales"]}
    assert {(rule.instrument_id, rule.scale_id) for rule in rules} == scales
    assert [check_rule(rule) for rule in rules] == [{}] * 3
    assert all("Not validated" in rule.source for rule in rules)
