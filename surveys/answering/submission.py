"""Submission: checked, sealed to the inbox, stored once; audit entry and state change in one statement."""

from collections.abc import Sequence
from datetime import datetime
from secrets import compare_digest

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.answers import check
from instruments.versions import Instrument
from surveys.answering.errors import (
    AlreadySubmittedError,
    AnswersRefusedError,
    AssessmentNotOpenError,
    PartFault,
)
from surveys.answering.library import Library
from surveys.answering.messages import PartAnswers, Receipt, SealedSubmission, Submission
from surveys.answering.own import OwnAssessment, Received, find_own
from surveys.answering.receipts import RECEIVED, canonical_body, make_receipt
from surveys.audit import AuditEntry, encode
from surveys.clock import local_date
from surveys.keys import Binding, Commitment, InboxKey, commitment, seal_to_inbox

STORE = text(
    """
    WITH moved AS (
      UPDATE followup.assessment SET state = 'submitted', changed_at = :now
      WHERE person_id = :person_id AND assessment_id = :assessment_id AND state = 'open'
        AND opens_on <= :today AND closes_on >= :today AND protocol_version_id = :protocol_version_id
      RETURNING protocol_version_id, study_id
    ), entry AS MATERIALIZED (
      SELECT audit.append(:entry) AS hash FROM moved
    ), inboxed AS (
      INSERT INTO answering.inbox
        (person_id, submission_id, assessment_id, protocol_version_id, study_id, sealed, received_at)
      SELECT :person_id, :submission_id, :assessment_id, protocol_version_id, study_id, :sealed, :now
      FROM moved
    ), undrafted AS (
      DELETE FROM answering.draft USING moved
      WHERE person_id = :person_id AND assessment_id = :assessment_id
    )
    INSERT INTO answering.submission
      (person_id, assessment_id, submission_id, commitment, audit_hash, received_at)
    SELECT :person_id, :assessment_id, :submission_id, :commitment, hash, :now FROM entry
    RETURNING submission_id
    """
)


async def submit(
    connection: AsyncConnection,
    receipt_key: bytes,
    inbox_key: InboxKey,
    library: Library,
    submission: Submission,
    now: datetime,
) -> Receipt:
    """Stores a submission once and gives its receipt; the same submission again gives the same receipt.

    Raises:
        AssessmentNotFoundError: the person has no such assessment.
        AlreadySubmittedError: it has been answered, with another body or under another identifier.
        AssessmentNotOpenError: it takes no answers today.
        AnswersRefusedError: the answers break rules of the pinned instruments.
        UnknownVersionError: the pinned documents are not in the catalogue.
        KeysError: the answers are longer than an envelope holds.
    """
    committed = commitment(receipt_key, submission.submission_id, canonical_body(submission))
    found = await find_own(connection, submission.person_id, submission.assessment_id)
    if found.received is not None:
        return _same_again(receipt_key, submission, committed, found.received)
    if not found.is_open(local_date(now)):
        raise AssessmentNotOpenError(submission.assessment_id, found.state)
    parts = await library.parts(found.protocol_version_id, found.wave)
    faults = find_faults(parts, submission.answers)
    if faults:
        raise AnswersRefusedError(submission.assessment_id, faults)
    if await _store(connection, submission, _row(inbox_key, submission, found, committed, now)):
        return make_receipt(receipt_key, submission.assessment_id, submission.submission_id, now, committed)
    # Another request was quicker: what it stored is visible now that ours has waited for it.
    found = await find_own(connection, submission.person_id, submission.assessment_id)
    if found.received is None:
        raise AssessmentNotOpenError(submission.assessment_id, found.state)
    return _same_again(receipt_key, submission, committed, found.received)


def find_faults(parts: Sequence[Instrument], answers: Sequence[PartAnswers]) -> list[PartFault]:
    """Everything wrong with the answers: each part comes once, each item keeps its instrument's rules."""
    given = [one.part for one in answers]
    faults = [
        PartFault(part, "", "part-missing", f"part {part} has no answers; send every part")
        for part in range(len(parts))
        if part not in given
    ]
    for position, one in enumerate(answers):
        if not 0 <= one.part < len(parts):
            faults.append(
                PartFault(one.part, "", "part-unknown", f"there is no part {one.part}; leave it out")
            )
        elif one.part in given[:position]:
            faults.append(
                PartFault(one.part, "", "part-repeated", f"part {one.part} comes twice; send it once")
            )
        else:
            faults += [
                PartFault(one.part, fault.item_id, fault.rule, fault.message)
                for fault in check(parts[one.part].structure, one.answers())
            ]
    return faults


def _same_again(
    receipt_key: bytes, submission: Submission, committed: Commitment, received: Received
) -> Receipt:
    same = received.submission_id == submission.submission_id and compare_digest(
        received.commitment, committed.digest
    )
    if not same:
        raise AlreadySubmittedError(submission.assessment_id, submission.submission_id)
    return make_receipt(
        receipt_key, submission.assessment_id, submission.submission_id, received.received_at, committed
    )


def _row(
    inbox_key: InboxKey, submission: Submission, found: OwnAssessment, committed: Commitment, now: datetime
) -> dict[str, object]:
    sealed = SealedSubmission(submission.assessment_id, submission.language, submission.answers, now)
    place = Binding(
        "answering.inbox",
        submission.submission_id,
        found.person_id,
        found.study_id,
        str(found.protocol_version_id),
    )
    entry = AuditEntry(
        action=RECEIVED,
        actor="patient",
        at=now,
        person_id=found.person_id,
        about={
            "assessment": str(submission.assessment_id),
            "submission": str(submission.submission_id),
            "commitment": committed.digest.hex(),
        },
    )
    return {
        "person_id": found.person_id,
        "assessment_id": submission.assessment_id,
        "submission_id": submission.submission_id,
        "protocol_version_id": found.protocol_version_id,
        "today": local_date(now),
        "now": now,
        "commitment": committed.digest,
        "sealed": seal_to_inbox(inbox_key, msgspec.json.encode(sealed), place),
        "entry": encode(entry),
    }


async def _store(connection: AsyncConnection, submission: Submission, row: dict[str, object]) -> bool:
    try:
        stored = await connection.scalar(STORE, row)
    except IntegrityError as error:
        # The identifier belongs to another assessment of the same person.
        raise AlreadySubmittedError(submission.assessment_id, submission.submission_id) from error
    return stored is not None
