"""The rows of assessments: read by page, by person and by count, and written as sets."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.followup.differences import Stored
from surveys.followup.protocol import LANGUAGES
from surveys.followup.states import AssessmentState
from surveys.followup.tables import assessment
from surveys.followup.versions import live_protocols
from surveys.identifiers import AssessmentId, PersonId, ProtocolId, ProtocolVersionId, StudyId, TumourId
from surveys.keys import Keys


class Assessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's assessment: what it is pinned to, its state, and its window's first and last local day."""

    person_id: PersonId
    assessment_id: AssessmentId
    protocol_id: ProtocolId
    protocol_version_id: ProtocolVersionId
    study_id: StudyId
    tumour_id: TumourId
    wave: int
    state: AssessmentState
    anchor_date: date
    opens_on: date
    closes_on: date
    changed_at: datetime


class WaveCounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many assessments of one wave, by its name, are in each state; nothing where fewer than 5 are."""

    protocol: str
    wave: str
    planned: int | None
    open: int | None
    submitted: int | None
    lapsed: int | None
    cancelled: int | None


class Overview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many persons have assessments (nothing when fewer than 5), and the counts by protocol and wave."""

    persons: int | None
    waves: tuple[WaveCounts, ...]


_COLUMNS = [assessment.c[name] for name in Assessment.__struct_fields__]
# As ``persons.merge`` says; the page of whom they are merged into has theirs.
_NOT_MERGED = text(
    "NOT EXISTS (SELECT FROM persons.merge m "
    "WHERE m.person_id = assessment.person_id AND m.unmerged_at IS NULL)"
)
_STORED_COLUMNS = [assessment.c[name] for name in Stored.__struct_fields__]


async def own_assessments(connection: AsyncConnection, today: date) -> list[Assessment]:
    """What the person of this transaction can answer on ``today``, and then what they have answered.

    Row-level security decides who that is; without a person the list is empty.
    """
    answerable = and_(
        assessment.c.state == AssessmentState.OPEN,
        assessment.c.opens_on <= today,
        assessment.c.closes_on >= today,
    )
    shown = or_(answerable, assessment.c.state == AssessmentState.SUBMITTED)
    found = await _assessments(connection, _select(shown))
    return sorted(
        found, key=lambda one: (one.state != AssessmentState.OPEN, one.closes_on, one.assessment_id)
    )


async def every_own_assessment(connection: AsyncConnection) -> list[Assessment]:
    """Those of the person of this transaction in whatever state, by the day they open."""
    found = await _assessments(connection, select(*_COLUMNS))
    return sorted(found, key=lambda one: (one.opens_on, one.assessment_id))


async def own_assessment(connection: AsyncConnection, assessment_id: AssessmentId) -> Assessment | None:
    """The assessment of the person of this transaction in whatever state; somebody else's looks like none."""
    found = await _assessments(connection, _select(assessment.c.assessment_id == assessment_id))
    return found[0] if found else None


async def assessments_of(connection: AsyncConnection, person_ids: Sequence[PersonId]) -> list[Assessment]:
    """Every assessment of these persons, for the worker and research roles."""
    wanted = assessment.c.person_id.in_(person_ids)
    return await _assessments(
        connection, _select(wanted).order_by(assessment.c.person_id, assessment.c.opens_on)
    )


async def overview(connection: AsyncConnection, keys: Keys, language: str = LANGUAGES[0]) -> Overview:
    """The published protocols' assessments, counted by wave and state for the staff page.

    Waves that only earlier versions of a protocol had are left out.

    Raises:
        KeysError: a protocol does not open, or the key service could not be reached.
    """
    live = {one.protocol_id: one for one in (await live_protocols(connection, keys)).values()}
    rows = (await connection.execute(text("SELECT * FROM followup.overview()"))).all()
    counted = [
        WaveCounts(
            protocol.title,
            wave.names[language],
            row.planned,
            row.open,
            row.submitted,
            row.lapsed,
            row.cancelled,
        )
        for row in rows
        if (protocol := live.get(row.protocol_id)) and (wave := protocol.wave(row.wave))
    ]
    whole = next(row for row in rows if row.protocol_id is None)
    return Overview(whole.persons, tuple(counted))


async def stored_between(
    connection: AsyncConnection,
    first: PersonId,
    last: PersonId,
    merged: Collection[PersonId],
    protocol_ids: Collection[ProtocolId],
) -> list[Stored]:
    """The assessments under these protocols of the persons from ``first`` to ``last``, both included.

    Of whoever is merged into another, those alone who are given in ``merged``, wherever they stand.
    """
    between = assessment.c.person_id.between(first, last)
    rows = await _stored(connection, and_(between, _NOT_MERGED), protocol_ids)
    return (
        rows + await _stored(connection, assessment.c.person_id.in_(merged), protocol_ids) if merged else rows
    )


async def _stored(
    connection: AsyncConnection, shown: ColumnElement[bool], protocol_ids: Collection[ProtocolId]
) -> list[Stored]:
    wanted = select(*_STORED_COLUMNS).where(shown, assessment.c.protocol_id.in_(protocol_ids))
    return [msgspec.convert(row, Stored, from_attributes=True) for row in await connection.execute(wanted)]


def _select(wanted: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(*_COLUMNS).where(wanted)


async def _assessments(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> list[Assessment]:
    rows = await connection.execute(query)
    return [msgspec.convert(row, Assessment, from_attributes=True) for row in rows]
