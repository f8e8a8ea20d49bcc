"""The inbox as a queue: rows are claimed under a lease, then taken out, given back, or kept with a reason."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.identifiers import AssessmentId, PersonId, ProtocolVersionId, StudyId, SubmissionId, TumourId
from surveys.keys import Binding, SealedRow

# Leases run on the database's clock, since the time that callers pass may be a simulated one. Only the oldest
# row of a person is claimed, so that each response is compared with all that came before it.
CLAIM = text(
    """
    WITH waiting AS (
      SELECT i.person_id, i.submission_id FROM answering.inbox i
      WHERE coalesce(i.lease_until, '-infinity') < now() AND coalesce(i.retry_at, '-infinity') < now()
        AND NOT EXISTS (
          SELECT FROM answering.inbox before
          WHERE before.person_id = i.person_id AND before.failed_because IS NULL
            AND (before.received_at, before.submission_id) < (i.received_at, i.submission_id)
        )
      ORDER BY i.received_at LIMIT :limit
      FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE answering.inbox i SET lease_until = now() + interval '2 minutes'
      FROM waiting w WHERE i.person_id = w.person_id AND i.submission_id = w.submission_id
      RETURNING i.*
    )
    SELECT c.person_id, c.submission_id, c.assessment_id, c.protocol_version_id, c.study_id, c.sealed,
           c.received_at, a.tumour_id, a.wave
    FROM claimed c LEFT JOIN followup.assessment a USING (person_id, assessment_id)
    ORDER BY c.received_at
    """
)
RELEASE = text(
    """
    UPDATE answering.inbox i SET lease_until = NULL
    FROM unnest(CAST(:persons AS uuid[]), CAST(:submissions AS uuid[])) AS mine (person_id, submission_id)
    WHERE i.person_id = mine.person_id AND i.submission_id = mine.submission_id
    """
)
KEEP = text(
    """
    UPDATE answering.inbox
    SET attempts = least(attempts + 1, 1000), failed_because = :reason, lease_until = NULL,
        retry_at = now() + least(power(2, least(attempts, 10)), 60) * interval '1 minute'
    WHERE person_id = :person_id AND submission_id = :submission_id
    """
)
TAKE = text(
    """
    DELETE FROM answering.inbox i
    USING unnest(CAST(:persons AS uuid[]), CAST(:submissions AS uuid[])) AS mine (person_id, submission_id)
    WHERE i.person_id = mine.person_id AND i.submission_id = mine.submission_id
    RETURNING i.submission_id
    """
)


class Waiting(NamedTuple):
    """An inbox row that this worker holds; ``tumour_id`` and ``wave`` are None where it has no assessment."""

    person_id: PersonId
    submission_id: SubmissionId
    assessment_id: AssessmentId
    protocol_version_id: ProtocolVersionId
    study_id: StudyId
    sealed: bytes
    received_at: datetime
    tumour_id: TumourId | None
    wave: int | None

    def sealed_row(self) -> SealedRow:
        """The sealed submission, with the binding that ``submit`` gave it."""
        place = Binding(
            "answering.inbox",
            self.submission_id,
            self.person_id,
            self.study_id,
            str(self.protocol_version_id),
        )
        return SealedRow(place, self.sealed)


async def claim(engine: AsyncEngine, limit: int) -> list[Waiting]:
    """Up to ``limit`` rows that nobody else holds, oldest first, leased for two minutes from here on."""
    async with engine.begin() as connection:
        rows = (await connection.execute(CLAIM, {"limit": limit})).all()
    return [Waiting(*row)._replace(received_at=row.received_at.astimezone(UTC)) for row in rows]


async def release(engine: AsyncEngine, rows: Sequence[Waiting]) -> None:
    """Gives rows back untouched: what stopped them was not theirs."""
    async with engine.begin() as connection:
        await connection.execute(RELEASE, _keys(rows))


async def keep(engine: AsyncEngine, row: Waiting, reason: str) -> None:
    """Keeps a row that did not go through; it is tried again after 1, 2, 4 … 60 minutes."""
    async with engine.begin() as connection:
        await connection.execute(
            KEEP, {"person_id": row.person_id, "submission_id": row.submission_id, "reason": reason}
        )


async def take(connection: AsyncConnection, rows: Sequence[Waiting]) -> set[SubmissionId]:
    """Removes rows from the inbox for good, and says which of them were still there to be removed."""
    taken = await connection.execute(TAKE, _keys(rows))
    return {SubmissionId(one) for one in taken.scalars()}


def _keys(rows: Sequence[Waiting]) -> dict[str, list[UUID]]:
    return {"persons": [row.person_id for row in rows], "submissions": [row.submission_id for row in rows]}
