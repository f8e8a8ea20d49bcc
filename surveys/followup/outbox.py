"""The outbox: claimed under a lease, looked up, and settled by whoever made the latest claim."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.followup.differences import Stored
from surveys.followup.eligibility import Claimed, Surroundings
from surveys.followup.notices import NoticeKind
from surveys.identifiers import AssessmentId, PersonId

LEASE = timedelta(minutes=5)
QUIET = timedelta(days=7)
"""No reminder goes out so soon after another notice of the same assessment."""

# Leases are measured by the database's clock, the only one that all workers share.
_CLAIM = text(
    """
    WITH due AS MATERIALIZED (
      SELECT person_id, outbox_id, created_at FROM followup.outbox
      WHERE state IN ('due', 'leased') AND due_at <= :now
        AND (state = 'due' OR lease_until < clock_timestamp())
      ORDER BY due_at, outbox_id
      LIMIT :limit
      FOR UPDATE SKIP LOCKED
    )
    UPDATE followup.outbox o
    SET state = 'leased', lease_until = clock_timestamp() + :lease,
        fence = o.fence + 1, attempts = o.attempts + 1
    FROM due
    WHERE o.person_id = due.person_id AND o.outbox_id = due.outbox_id AND o.created_at = due.created_at
    RETURNING o.person_id, o.outbox_id, o.created_at, o.fence, o.attempts, o.assessment_id, o.kind
    """
)
# The earliest of a person's open assessments goes first, and of its notices the invitation, then the latest
# reminder that is due: after an outage a person gets one notice, whichever worker claimed which.
_AROUND = text(
    """
    SELECT c.outbox_id, a.person_id, a.assessment_id, a.protocol_id, a.protocol_version_id, a.tumour_id,
      a.wave, a.state, a.anchor_date, a.opens_on, a.closes_on,
      EXISTS (
        SELECT FROM followup.assessment b
        WHERE b.person_id = ANY (persons.all_of(a.person_id)) AND b.state = 'open' AND b.closes_on >= :today
          AND (b.opens_on, b.assessment_id) < (a.opens_on, a.assessment_id)
      ) AS waits_for_another,
      o.kind = 'reminder' AND EXISTS (
        SELECT FROM followup.outbox p
        WHERE p.person_id = o.person_id AND p.assessment_id = o.assessment_id AND p.outbox_id <> o.outbox_id
          AND (p.state = 'sent' AND p.settled_at > :quiet_since
            OR p.state IN ('due', 'leased') AND p.due_at <= :now
               AND (p.kind = 'invitation' OR p.due_at > o.due_at))
      ) AS is_superseded,
      EXISTS (
        SELECT FROM followup.outbox q
        WHERE q.person_id = o.person_id AND q.assessment_id = o.assessment_id AND q.state = 'sent'
      ) AS is_invited
    FROM unnest(CAST(:person_id AS uuid[]), CAST(:outbox_id AS uuid[]), CAST(:created_at AS timestamptz[]))
      AS c (person_id, outbox_id, created_at)
    JOIN followup.outbox o USING (person_id, outbox_id, created_at)
    JOIN followup.assessment a USING (person_id, assessment_id)
    """
)
_SETTLE = text(
    """
    UPDATE followup.outbox o
    SET state = s.state, reason = s.reason, due_at = coalesce(s.due_at, o.due_at), lease_until = NULL,
        attempts = CASE WHEN s.was_tried THEN o.attempts ELSE 0 END,
        settled_at = CASE WHEN s.state = 'due' THEN NULL ELSE :now END
    FROM unnest(
      CAST(:person_id AS uuid[]), CAST(:outbox_id AS uuid[]), CAST(:created_at AS timestamptz[]),
      CAST(:fence AS bigint[]), CAST(:state AS text[]), CAST(:reason AS text[]),
      CAST(:due_at AS timestamptz[]), CAST(:was_tried AS boolean[])
    ) AS s (person_id, outbox_id, created_at, fence, state, reason, due_at, was_tried)
    WHERE o.person_id = s.person_id AND o.outbox_id = s.outbox_id AND o.created_at = s.created_at
      AND o.fence = s.fence AND o.state = 'leased'
    """
)


class Settlement(NamedTuple):
    """What became of a claimed notice; ``due_at`` when it is due again, afresh where it was not tried."""

    claimed: Claimed
    state: str
    reason: str | None = None
    due_at: datetime | None = None
    was_tried: bool = True


async def claim_due(connection: AsyncConnection, now: datetime, limit: int) -> list[Claimed]:
    """Up to ``limit`` due notices, the longest waiting first, for this worker alone until the lease ends."""
    rows = await connection.execute(_CLAIM, {"now": now, "limit": limit, "lease": LEASE})
    return [
        Claimed(
            PersonId(row.person_id),
            row.outbox_id,
            row.created_at,
            row.fence,
            row.attempts,
            AssessmentId(row.assessment_id),
            NoticeKind(row.kind),
        )
        for row in rows
    ]


async def surroundings_of(
    connection: AsyncConnection, claimed: Sequence[Claimed], now: datetime, today: date
) -> dict[UUID, Surroundings]:
    """What is stored around each claimed notice, by its ``outbox_id``."""
    rows = await connection.execute(
        _AROUND,
        {
            "now": now,
            "today": today,
            "quiet_since": now - QUIET,
            "person_id": [one.person_id for one in claimed],
            "outbox_id": [one.outbox_id for one in claimed],
            "created_at": [one.created_at for one in claimed],
        },
    )
    return {
        row.outbox_id: Surroundings(
            msgspec.convert(row, Stored, from_attributes=True),
            row.waits_for_another,
            row.is_superseded,
            row.is_invited,
        )
        for row in rows
    }


async def settle(connection: AsyncConnection, settlements: Sequence[Settlement], now: datetime) -> int:
    """Writes what became of claimed notices, and says how many were still this worker's to settle."""
    result = await connection.execute(
        _SETTLE,
        {
            "now": now,
            "person_id": [one.claimed.person_id for one in settlements],
            "outbox_id": [one.claimed.outbox_id for one in settlements],
            "created_at": [one.claimed.created_at for one in settlements],
            "fence": [one.claimed.fence for one in settlements],
            "state": [one.state for one in settlements],
            "reason": [one.reason for one in settlements],
            "due_at": [one.due_at for one in settlements],
            "was_tried": [one.was_tried for one in settlements],
        },
    )
    return result.rowcount
