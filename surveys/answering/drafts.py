"""Drafts: sealed as they arrive, opened for their own person alone, never overwritten by a late device."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.answering.errors import AssessmentNotOpenError, DraftConflictError
from surveys.answering.messages import Draft, DraftToSave, PartAnswers
from surveys.answering.own import OwnAssessment, find_own
from surveys.clock import local_date
from surveys.identifiers import AssessmentId, PersonId
from surveys.keys import Binding, InboxKey, Keys, Purpose, SealedRow, seal_to_inbox

# The share lock makes a submission of the same assessment wait, so that no draft is left behind it.
SAVE = text(
    """
    WITH place AS (
      SELECT FROM followup.assessment
      WHERE person_id = :person_id AND assessment_id = :assessment_id AND state = 'open'
      FOR SHARE
    )
    INSERT INTO answering.draft AS mine (person_id, assessment_id, revision, sealed, saved_at)
    SELECT :person_id, :assessment_id, :builds_on + 1, :sealed, :now FROM place
    WHERE :builds_on = 0 OR EXISTS (
      SELECT FROM answering.draft WHERE person_id = :person_id AND assessment_id = :assessment_id
    )
    ON CONFLICT (person_id, assessment_id) DO UPDATE
      SET revision = excluded.revision, sealed = excluded.sealed, saved_at = excluded.saved_at
      WHERE mine.revision = :builds_on
    RETURNING revision
    """
)
DRAFTED = text("SELECT assessment_id FROM answering.draft")


async def save_draft(
    connection: AsyncConnection, inbox_key: InboxKey, draft: DraftToSave, now: datetime
) -> int:
    """Seals and stores a draft, and gives its new revision, one above the one that it builds on.

    Raises:
        AssessmentNotFoundError: the person has no such assessment.
        AssessmentNotOpenError: it takes no answers today.
        DraftConflictError: another device has saved or submitted since the revision that this one builds on.
        KeysError: the draft is longer than an envelope holds.
    """
    found = await find_own(connection, draft.person_id, draft.assessment_id)
    if not found.is_open(local_date(now)):
        raise AssessmentNotOpenError(draft.assessment_id, found.state)
    place = _binding(draft.assessment_id, found, draft.builds_on + 1)
    saved = await connection.scalar(
        SAVE,
        {
            "person_id": found.person_id,
            "assessment_id": draft.assessment_id,
            "builds_on": draft.builds_on,
            "sealed": seal_to_inbox(inbox_key, msgspec.json.encode(draft.answers), place),
            "now": now,
        },
    )
    if saved is None:
        raise DraftConflictError(draft.assessment_id, draft.builds_on)
    return int(saved)


async def own_draft(
    connection: AsyncConnection, keys: Keys, person_id: PersonId, assessment_id: AssessmentId, grant: bytes
) -> Draft | None:
    """The person's own draft of an assessment, opened with the grant of the present login, if there is one.

    Raises:
        AssessmentNotFoundError: the person has no such assessment.
        KeysError: the grant is not this person's or has run out, or the draft does not open.
    """
    found = await find_own(connection, person_id, assessment_id)
    if found.draft is None:
        return None
    place = _binding(assessment_id, found, found.draft.revision)
    (plaintext,) = await keys.open(Purpose.OWN_DRAFT, [SealedRow(place, found.draft.sealed)], grant)
    return Draft(found.draft.revision, msgspec.json.decode(plaintext, type=tuple[PartAnswers, ...]))


async def assessments_with_draft(connection: AsyncConnection) -> frozenset[AssessmentId]:
    """Which assessments of the person of this transaction have a draft; row-level security says whose."""
    found = await connection.execute(DRAFTED)
    return frozenset(AssessmentId(one) for one in found.scalars())


def _binding(assessment_id: AssessmentId, found: OwnAssessment, revision: int) -> Binding:
    return Binding(
        "answering.draft",
        assessment_id,
        found.person_id,
        found.study_id,
        str(found.protocol_version_id),
        revision,
    )
