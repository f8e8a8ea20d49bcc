"""Writes the differences of a sweep as sets: one statement for each kind of change, its notices with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.followup.differences import Changes, Pair, Stored
from surveys.followup.notices import NoticeKind, reminder_times
from surveys.followup.planning import Planned
from surveys.followup.protocol import Protocol
from surveys.followup.states import AssessmentState
from surveys.identifiers import AssessmentId, ProtocolId, ProtocolVersionId, new_id

# A row that has changed since it was read (a submission, another worker's sweep) keeps its new state: every
# statement names the state that it starts from, and notices go only with the rows that it did change.
_INSERT = text(
    """
    INSERT INTO followup.assessment (
      person_id, assessment_id, protocol_id, protocol_version_id, study_id, tumour_id, wave, state,
      anchor_date, opens_on, closes_on, planned_at, changed_at)
    SELECT w.person_id, w.assessment_id, v.protocol_id, v.protocol_version_id, v.study_id, w.tumour_id,
           w.wave, w.state, w.anchor_date, w.opens_on, w.closes_on, :now, :now
    FROM unnest(
      CAST(:person_id AS uuid[]), CAST(:assessment_id AS uuid[]), CAST(:version_id AS uuid[]),
      CAST(:tumour_id AS uuid[]), CAST(:wave AS smallint[]), CAST(:state AS text[]),
      CAST(:anchor_date AS date[]), CAST(:opens_on AS date[]), CAST(:closes_on AS date[])
    ) AS w (person_id, assessment_id, protocol_version_id, tumour_id, wave, state, anchor_date, opens_on,
            closes_on)
    JOIN followup.protocol_version v USING (protocol_version_id)
    ON CONFLICT (person_id, protocol_id, tumour_id, wave) DO NOTHING
    RETURNING assessment_id
    """
)
_MOVE = text(
    """
    UPDATE followup.assessment a
    SET state = 'planned', protocol_version_id = w.protocol_version_id, anchor_date = w.anchor_date,
        opens_on = w.opens_on, closes_on = w.closes_on, changed_at = :now
    FROM unnest(
      CAST(:person_id AS uuid[]), CAST(:assessment_id AS uuid[]), CAST(:version_id AS uuid[]),
      CAST(:anchor_date AS date[]), CAST(:opens_on AS date[]), CAST(:closes_on AS date[])
    ) AS w (person_id, assessment_id, protocol_version_id, anchor_date, opens_on, closes_on)
    WHERE a.person_id = w.person_id AND a.assessment_id = w.assessment_id
      AND a.state IN ('planned', 'cancelled')
    """
)
_OPEN = text(
    """
    UPDATE followup.assessment a SET state = 'open', changed_at = :now
    FROM unnest(CAST(:person_id AS uuid[]), CAST(:assessment_id AS uuid[])) AS w (person_id, assessment_id)
    WHERE a.person_id = w.person_id AND a.assessment_id = w.assessment_id AND a.state = 'planned'
    RETURNING a.assessment_id
    """
)
_END = text(
    """
    UPDATE followup.assessment a SET state = :state, changed_at = :now
    FROM unnest(CAST(:person_id AS uuid[]), CAST(:assessment_id AS uuid[])) AS w (person_id, assessment_id)
    WHERE a.person_id = w.person_id AND a.assessment_id = w.assessment_id AND a.state IN ('planned', 'open')
    """
)
_NOTICE = text(
    """
    INSERT INTO followup.outbox (person_id, outbox_id, created_at, assessment_id, kind, due_at, state)
    SELECT person_id, outbox_id, :now, assessment_id, kind, due_at, 'due'
    FROM unnest(
      CAST(:person_id AS uuid[]), CAST(:outbox_id AS uuid[]), CAST(:assessment_id AS uuid[]),
      CAST(:kind AS text[]), CAST(:due_at AS timestamptz[])
    ) AS n (person_id, outbox_id, assessment_id, kind, due_at)
    """
)


class Written(NamedTuple):
    """How many assessments were changed in each way."""

    planned: int = 0
    moved: int = 0
    cancelled: int = 0
    opened: int = 0
    lapsed: int = 0


class Sweeping(NamedTuple):
    """What a sweep writes by: the live protocols and their versions, the moment, and its local date."""

    protocols: Mapping[ProtocolId, Protocol]
    versions: Mapping[ProtocolId, ProtocolVersionId]
    now: datetime
    today: date


class _Opening(NamedTuple):
    """An assessment that is to open, and what its notices are reckoned from."""

    assessment_id: AssessmentId
    planned: Planned


async def write_changes(connection: AsyncConnection, changes: Changes, sweeping: Sweeping) -> Written:
    """Writes ``changes`` with their outbox rows, each set in one statement, in the caller's transaction."""
    fresh = [_Opening(AssessmentId(new_id()), planned) for planned in changes.insert]
    inserted = await _insert(connection, fresh, sweeping)
    moved = await _move(connection, changes.move, sweeping)
    opening = [_Opening(stored.assessment_id, planned) for stored, planned in changes.open]
    opened = await _open(connection, opening, sweeping)
    opening += [one for one in fresh if one.planned.state is AssessmentState.OPEN]
    has_opened = [one for one in opening if one.assessment_id in inserted | opened]
    await _notice(connection, has_opened, sweeping)
    return Written(
        planned=len(inserted),
        moved=moved,
        cancelled=await _end(connection, changes.cancel, AssessmentState.CANCELLED, sweeping),
        opened=len(has_opened),
        lapsed=await _end(connection, changes.lapse, AssessmentState.LAPSED, sweeping),
    )


async def _insert(
    connection: AsyncConnection, fresh: Sequence[_Opening], sweeping: Sweeping
) -> frozenset[AssessmentId]:
    if not fresh:
        return frozenset()
    planned = [one.planned for one in fresh]
    rows = await connection.scalars(
        _INSERT,
        {
            "now": sweeping.now,
            "person_id": [one.person_id for one in planned],
            "assessment_id": [one.assessment_id for one in fresh],
            "version_id": [sweeping.versions[one.protocol_id] for one in planned],
            "tumour_id": [one.tumour_id for one in planned],
            "wave": [one.wave for one in planned],
            "state": [one.state.value for one in planned],
            "anchor_date": [one.anchor_date for one in planned],
            "opens_on": [one.opens_on for one in planned],
            "closes_on": [one.closes_on for one in planned],
        },
    )
    return frozenset(rows)


async def _move(connection: AsyncConnection, pairs: Sequence[Pair], sweeping: Sweeping) -> int:
    if not pairs:
        return 0
    result = await connection.execute(
        _MOVE,
        {
            "now": sweeping.now,
            "person_id": [stored.person_id for stored, _ in pairs],
            "assessment_id": [stored.assessment_id for stored, _ in pairs],
            "version_id": [sweeping.versions[stored.protocol_id] for stored, _ in pairs],
            "anchor_date": [planned.anchor_date for _, planned in pairs],
            "opens_on": [planned.opens_on for _, planned in pairs],
            "closes_on": [planned.closes_on for _, planned in pairs],
        },
    )
    return result.rowcount


async def _open(
    connection: AsyncConnection, opening: Sequence[_Opening], sweeping: Sweeping
) -> frozenset[AssessmentId]:
    if not opening:
        return frozenset()
    rows = await connection.scalars(
        _OPEN,
        {
            "now": sweeping.now,
            "person_id": [one.planned.person_id for one in opening],
            "assessment_id": [one.assessment_id for one in opening],
        },
    )
    return frozenset(rows)


async def _end(
    connection: AsyncConnection, rows: Sequence[Stored], state: AssessmentState, sweeping: Sweeping
) -> int:
    if not rows:
        return 0
    result = await connection.execute(
        _END,
        {
            "now": sweeping.now,
            "state": state.value,
            "person_id": [row.person_id for row in rows],
            "assessment_id": [row.assessment_id for row in rows],
        },
    )
    return result.rowcount


async def _notice(connection: AsyncConnection, opened: Sequence[_Opening], sweeping: Sweeping) -> None:
    rows = [(one, kind, due_at) for one in opened for kind, due_at in _due(one.planned, sweeping)]
    if not rows:
        return
    await connection.execute(
        _NOTICE,
        {
            "now": sweeping.now,
            "person_id": [one.planned.person_id for one, _, _ in rows],
            "outbox_id": [new_id() for _ in rows],
            "assessment_id": [one.assessment_id for one, _, _ in rows],
            "kind": [kind.value for _, kind, _ in rows],
            "due_at": [due_at for _, _, due_at in rows],
        },
    )


def _due(planned: Planned, sweeping: Sweeping) -> list[tuple[NoticeKind, datetime]]:
    """An invitation at once, and the wave's reminders."""
    wave = sweeping.protocols[planned.protocol_id].wave(planned.wave)
    days = wave.reminder_days if wave else ()
    reminders = reminder_times(sweeping.today, planned.closes_on, days)
    return [(NoticeKind.INVITATION, sweeping.now), *((NoticeKind.REMINDER, at) for at in reminders)]
