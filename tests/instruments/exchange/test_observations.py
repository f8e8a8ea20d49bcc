"""Scores go out as FHIR Observations, with the reason where there is none."""

import json
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from instruments.catalogue import entry, names
from instruments.exchange.observations import Scored, write_observations
from instruments.scoring.spec import ScoringSpec, shown_scales
from instruments.scoring.verdict import judge_numbers
from instruments.versions import content_hash

SCORED = Scored("2026-11-24T10:00:00Z", "QuestionnaireResponse/1", "Patient/2")
SCORABLE = [name for name in names() if entry(name).scoring is not None]
NAN = float("nan")


def spec_of(name: str) -> ScoringSpec:
    spec = entry(name).scoring
    assert spec is not None
    return spec


def observations(name: str, numbers: list[float] | None = None, scored: Scored = SCORED) -> dict[str, Any]:
    """By the scale or flag that each is of."""
    spec = spec_of(name)
    answered = [NAN] * len(spec.items) if numbers is None else numbers
    bundle = json.loads(write_observations(spec, judge_numbers(spec, answered), scored))
    found = [one["resource"] for one in bundle["entry"]]
    return {one["code"]["coding"][0]["code"].rpartition("#")[2]: one for one in found}


@pytest.mark.parametrize("name", SCORABLE)
def test_what_is_written_is_fhir_and_has_each_shown_scale_and_flag_once(name: str) -> None:
    spec = spec_of(name)
    tables = {recode.name: recode.pairs for recode in spec.recodes}
    lowest = [tables[item.recode][0][0] if item.recode else item.lowest for item in spec.items]
    for numbers in ([NAN] * len(spec.items), lowest):
        content = write_observations(spec, judge_numbers(spec, numbers), SCORED)
        Bundle.model_validate_json(content)
        found = [one["resource"]["code"]["coding"][0]["code"] for one in json.loads(content)["entry"]]
        shown = [one.scale_id for one in shown_scales(spec)] + [one.flag_id for one in spec.flags]
        assert found == [f"{spec.instrument_id}#{part}" for part in shown]


def test_a_score_has_its_value_its_possible_range_its_band_and_its_rule() -> None:
    total = observations("phq_9", [1.0] * 9)["total_prorated_max2"]
    assert total["valueQuantity"]["value"] == 9
    assert total["referenceRange"][0]["high"]["value"] == 27
    assert [one["text"] for one in total["interpretation"]]
    assert "9 of 9 parts" in total["note"][0]["text"]
    assert "dataAbsentReason" not in total


def test_a_score_that_could_not_be_given_says_why_it_is_absent() -> None:
    total = observations("phq_9")["total_prorated_max2"]
    assert "valueQuantity" not in total
    assert total["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert "0 of 9 parts" in total["note"][0]["text"]


def test_a_flag_is_a_yes_a_no_or_absent() -> None:
    values = [
        observations("phq_9", [0.0] * 8 + [last])["item9_alert"].get("valueBoolean")
        for last in (0.0, 3.0, NAN)
    ]
    assert values == [False, True, None]


def test_each_names_the_answers_the_person_and_the_exact_scoring() -> None:
    total = observations("phq_9", [1.0] * 9)["total_prorated_max2"]
    assert total["derivedFrom"] == [{"reference": "QuestionnaireResponse/1"}]
    assert total["subject"] == {"reference": "Patient/2"}
    assert total["extension"][0]["valueString"] == content_hash(spec_of("phq_9")).hex()


def test_who_is_not_named_is_left_out() -> None:
    assert (
        observations("phq_9", [1.0] * 9, Scored())["total_prorated_max2"]
        .keys()
        .isdisjoint(("subject", "derivedFrom", "effectiveDateTime"))
    )
