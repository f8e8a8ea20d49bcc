"""The record of one person as FHIR R4: what they answered, and what was made of it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from instruments.exchange.observations import Scored, write_observations
from instruments.exchange.response import write_response
from instruments.scoring.verdict import ScaleScore, Verdict
from surveys.own.holdings import Fact
from surveys.own.reading import HeldResponse, HeldScores, Record

Tree = dict[str, object]

GENDERS: Mapping[object, str] = {1: "male", 2: "female"}


def write_bundle(record: Record, patient: UUID, now: datetime) -> bytes:
    """A Bundle (collection): the Patient, a QuestionnaireResponse each answered part, and its Observations.

    The patient has an identifier of ours and no national one. A later scoring's Observations stand beside the
    earlier ones, each with the scoring that it names.
    """
    entries = [_entry(patient, _patient(patient, record.facts))]
    for response in record.responses:
        entries.append(_entry(response.place.response_id, _response(response, patient)))
        for made in response.scorings:
            entries += _observations(response, made, patient)
    bundle: Tree = {"resourceType": "Bundle", "type": "collection", "timestamp": _time(now), "entry": entries}
    return msgspec.json.encode(bundle)


def _patient(patient: UUID, facts: Iterable[Fact]) -> Tree:
    tree: Tree = {"resourceType": "Patient", "id": str(patient)}
    known = next((one.fact for one in facts if one.kind == "person" and one.holds), None)
    if known is None:
        return tree
    return tree | {"gender": GENDERS.get(known["sex"], "unknown"), "birthDate": known["birth_date"]}


def _response(response: HeldResponse, patient: UUID) -> Tree:
    stored = response.stored
    content = write_response(
        response.instrument.structure,
        stored.answers,
        authored=_time(stored.submitted_at),
        language=stored.language,
    )
    tree: Tree = msgspec.json.decode(content)
    return tree | {"id": str(response.place.response_id), "subject": {"reference": _urn(patient)}}


def _observations(response: HeldResponse, made: HeldScores, patient: UUID) -> list[Tree]:
    scores = tuple(ScaleScore(one.scale_id, one.value, (), (), one.rule) for one in made.scores.scores)
    scored = Scored(
        authored=_time(response.stored.submitted_at),
        response=_urn(response.place.response_id),
        subject=_urn(patient),
    )
    bundle: Tree = msgspec.json.decode(write_observations(made.spec, Verdict(scores), scored))
    found = msgspec.convert(bundle.get("entry", []), list[dict[str, Tree]])
    return [
        _entry(made_id, one["resource"] | {"id": str(made_id)})
        for score, one in zip(scores, found, strict=True)
        if (made_id := uuid5(response.place.response_id, f"{made.scored_at}/{score.scale_id}"))
    ]


def _entry(identifier: UUID, resource: Tree) -> Tree:
    return {"fullUrl": _urn(identifier), "resource": resource}


def _urn(identifier: UUID) -> str:
    return f"urn:uuid:{identifier}"


def _time(moment: datetime) -> str:
    return moment.isoformat()
