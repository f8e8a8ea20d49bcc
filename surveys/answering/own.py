"""One person's own assessment and what is answered of it: under row-level security, in one round trip."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.answering.errors import AssessmentNotFoundError
from surveys.identifiers import AssessmentId, PersonId, ProtocolVersionId, StudyId, SubmissionId

FIND = text(
    """
    SELECT person_id, a.state, a.opens_on, a.closes_on, a.protocol_version_id, a.study_id, a.wave,
           s.submission_id, s.commitment, s.received_at, d.revision, d.sealed
    FROM followup.assessment a
    LEFT JOIN answering.submission s USING (person_id, assessment_id)
    LEFT JOIN answering.draft d USING (person_id, assessment_id)
    WHERE person_id = ANY (persons.all_of(:person_id)) AND assessment_id = :assessment_id
    """
)


class Received(NamedTuple):
    """The submission that has been stored for an assessment."""

    submission_id: SubmissionId
    commitment: bytes
    received_at: datetime


class SealedDraft(NamedTuple):
    """The draft of an assessment, as it stands in its row."""

    revision: int
    sealed: bytes


class OwnAssessment(NamedTuple):
    """The assessment, the version that it is pinned to, and what there is of answers.

    ``person_id`` is the identifier that its rows stand under, where the person has several.
    """

    person_id: PersonId
    state: str
    opens_on: date
    closes_on: date
    protocol_version_id: ProtocolVersionId
    study_id: StudyId
    wave: int
    received: Received | None
    draft: SealedDraft | None

    def is_open(self, today: date) -> bool:
        """Whether answers are taken on this local date; the window's first and last day both count."""
        return self.state == "open" and self.opens_on <= today <= self.closes_on


async def find_own(
    connection: AsyncConnection, person_id: PersonId, assessment_id: AssessmentId
) -> OwnAssessment:
    """The assessment of the person whose session this transaction belongs to.

    Raises:
        AssessmentNotFoundError: there is none, or it is somebody else's.
    """
    row = (
        await connection.execute(FIND, {"person_id": person_id, "assessment_id": assessment_id})
    ).one_or_none()
    if row is None:
        raise AssessmentNotFoundError(assessment_id)
    received = None
    if row.submission_id is not None:
        received = Received(SubmissionId(row.submission_id), row.commitment, row.received_at.astimezone(UTC))
    return OwnAssessment(
        PersonId(row.person_id),
        row.state,
        row.opens_on,
        row.closes_on,
        ProtocolVersionId(row.protocol_version_id),
        StudyId(row.study_id),
        row.wave,
        received,
        None if row.revision is None else SealedDraft(row.revision, row.sealed),
    )
