"""Scores as FHIR R4 Observations: one for each scale and each flag, with the rule that decided.

A score that could not be given is an Observation too, with the reason why it is absent, so that nobody takes
"not enough answers" for "was never asked" (data-absent-reason, FHIR R4).
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from instruments.exchange.canonicals import OWN
from instruments.exchange.json_tree import Tree
from instruments.response_items import UNITS_SYSTEM
from instruments.scoring.spec import Scale, ScoringSpec, shown_scales
from instruments.scoring.verdict import Raised, ScaleScore, Verdict
from instruments.versions import content_hash

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SCORING = f"{OWN}scoring-hash"
SCALES = "https://etterklang.example/fhir/CodeSystem/scale"


class Scored(NamedTuple):
    """Which answers were scored: when they were given (FHIR dateTime), and what the response and the person
    are known by (FHIR references). What is empty is left out.
    """

    authored: str = ""
    response: str = ""
    subject: str = ""


def write_observations(
    spec: ScoringSpec, verdict: Verdict, scored: Scored, names: Mapping[str, str] = {}
) -> bytes:
    """The verdict as a Bundle (collection) of Observations (JSON, UTF-8), in the order of scales and flags.

    ``names`` are the scales' and flags' names in the reader's language, by id; an id stands for itself.
    Each Observation names the scoring by its instrument, version and content hash.
    """
    common = _common(spec, scored)
    ranges = {scale.scale_id: scale for scale in shown_scales(spec)}
    labels: dict[str, list[str]] = {}
    scale_of = {banding.banding_id: banding.scale for banding in spec.bandings}
    for banding_id, band in verdict.bands:
        labels.setdefault(scale_of[banding_id], []).append(band)
    found = [
        {
            **common,
            "code": _code(spec, one.scale_id, names),
            **_measured(one, ranges[one.scale_id], labels.get(one.scale_id, [])),
        }
        for one in verdict.scores
    ]
    found += [{**common, "code": _code(spec, one.flag_id, names), **_raised(one)} for one in verdict.flags]
    bundle: Tree = {"resourceType": "Bundle", "type": "collection"}
    if found:
        bundle["entry"] = [{"resource": one} for one in found]
    return msgspec.json.encode(bundle)


def _common(spec: ScoringSpec, scored: Scored) -> Tree:
    tree: Tree = {
        "resourceType": "Observation",
        "extension": [{"url": SCORING, "valueString": content_hash(spec).hex()}],
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "survey"}]}],
        "method": {"text": f"{spec.instrument_id}, scoring {spec.version}"},
    }
    if scored.subject:
        tree["subject"] = {"reference": scored.subject}
    if scored.authored:
        tree["effectiveDateTime"] = scored.authored
    if scored.response:
        tree["derivedFrom"] = [{"reference": scored.response}]
    return tree


def _code(spec: ScoringSpec, part: str, names: Mapping[str, str]) -> Tree:
    coding = {"system": SCALES, "version": spec.version, "code": f"{spec.instrument_id}#{part}"}
    return {"coding": [coding], "text": names.get(part, part)}


def _measured(one: ScaleScore, scale: Scale, labels: list[str]) -> Tree:
    tree: Tree = {"note": [{"text": one.rule}]}
    if one.value is None:
        return tree | {"dataAbsentReason": _absent("unknown" if one.applies else "not-applicable")}
    tree["valueQuantity"] = _points(one.value)
    tree["referenceRange"] = [
        {"low": _points(scale.lowest), "high": _points(scale.highest), "text": "possible range"}
    ]
    if labels:
        tree["interpretation"] = [{"text": label} for label in labels]
    return tree


def _raised(one: Raised) -> Tree:
    if one.value is None:
        return {"dataAbsentReason": _absent("unknown")}
    return {"valueBoolean": one.value}


def _points(value: float) -> Tree:
    return {"value": value, "unit": "points", "system": UNITS_SYSTEM, "code": "{score}"}


def _absent(code: str) -> Tree:
    return {"coding": [{"system": ABSENT, "code": code}]}
