"""Puts together what a patient sees of their assessments: rows, drafts and opened documents."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Literal

from api.patient.messages import AssessmentSummary, Part, Questionnaire
from api.visits import Visit
from instruments.definition import CONTAINERS, every_item
from instruments.versions import Instrument, content_hash
from surveys.answering import (
    AssessmentNotFoundError,
    AssessmentNotOpenError,
    assessments_with_draft,
    own_draft,
)
from surveys.clock import local_date
from surveys.followup import Assessment, AssessmentState, own_assessment, own_assessments
from surveys.identifiers import AssessmentId

SECONDS_AN_ITEM = 12
TAG_BYTES = 12


async def list_assessments(visit: Visit) -> tuple[AssessmentSummary, ...]:
    """What the person can answer today, what closes first before the rest, and then what they have answered.

    Raises:
        UnknownVersionError: the pinned documents are not in the catalogue.
        KeysError: a document does not open, or the key service could not be reached.
    """
    found = await own_assessments(visit.connection, local_date(visit.now))
    drafted = await assessments_with_draft(visit.connection)
    return tuple([await _summary(visit, one, drafted) for one in found])


async def open_questionnaire(visit: Visit, assessment_id: AssessmentId) -> Questionnaire:
    """One of the person's open assessments with its pinned documents and their own draft.

    Raises:
        AssessmentNotFoundError: they have no such assessment.
        AssessmentNotOpenError: it takes no answers today.
        UnknownVersionError: the pinned documents are not in the catalogue.
        KeysError: the draft or a document does not open, or the key service could not be reached.
    """
    found = await own_assessment(visit.connection, assessment_id)
    if found is None:
        raise AssessmentNotFoundError(assessment_id)
    if found.state != AssessmentState.OPEN or not found.opens_on <= local_date(visit.now) <= found.closes_on:
        raise AssessmentNotOpenError(assessment_id, found.state)
    parts = await visit.process.library.parts(found.protocol_version_id, found.wave)
    draft = await own_draft(
        visit.connection, visit.process.keys, found.person_id, assessment_id, visit.session.grant
    )
    return Questionnaire(
        assessment_id=assessment_id,
        closes_on=found.closes_on,
        parts=tuple(_part(number, one) for number, one in enumerate(parts)),
        draft=draft,
        content=_tag(parts),
    )


async def _summary(visit: Visit, one: Assessment, drafted: frozenset[AssessmentId]) -> AssessmentSummary:
    parts = await visit.process.library.parts(one.protocol_version_id, one.wave)
    is_submitted = one.state == AssessmentState.SUBMITTED
    state: Literal["open", "submitted"] = "submitted" if is_submitted else "open"
    return AssessmentSummary(
        assessment_id=one.assessment_id,
        opens_on=one.opens_on,
        closes_on=one.closes_on,
        minutes=sum(minutes(part) for part in parts),
        state=state,
        has_draft=one.assessment_id in drafted,
        # Submitting is the last move of an assessment, so its time is that of the submission.
        submitted_at=one.changed_at if is_submitted else None,
    )


def minutes(instrument: Instrument) -> int:
    """About how long it takes: as the presentation says, else 12 seconds an item, one minute at least.

    Of an adaptive test, as many items as it asks at most.
    """
    said = instrument.presentation.minutes
    if said is not None:
        return said
    structure = instrument.structure
    asked = sum(item.kind not in CONTAINERS and not item.hidden for item in every_item(structure))
    passed_over = sum(len(test.bank.items) - test.rule.max_items for test in structure.adaptive)
    return max(1, round((asked - passed_over) * SECONDS_AN_ITEM / 60))


def _part(number: int, instrument: Instrument) -> Part:
    return Part(
        part=number,
        structure=instrument.structure,
        presentation=instrument.presentation,
        translations={one.language: one.texts for one in instrument.translations},
    )


def _tag(parts: Sequence[Instrument]) -> str:
    """Changes when anything that is pinned does, and says nothing of what it is."""
    digest = hashlib.sha256(b"".join(content_hash(one) for one in parts)).digest()
    return urlsafe_b64encode(digest[:TAG_BYTES]).decode()
