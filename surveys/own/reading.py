"""Reads all that is held of one person: while their login is fresh, and opened for them alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.scoring.spec import ScoringSpec
from instruments.versions import Instrument
from surveys.answering import (
    Library,
    PartAnswers,
    Place,
    StoredResponse,
    StoredScores,
    assessments_with_draft,
    own_draft,
)
from surveys.followup import Assessment, every_own_assessment
from surveys.identifiers import AssessmentId, PersonId, ResponseId, StudyId
from surveys.keys import Keys, OwnAct, Purpose, SealedRow
from surveys.lateeffects import SignalContent, signal_place
from surveys.own.holdings import Fact, Received
from surveys.own.participation import Participation, own_participation
from surveys.own.uses import Use, Users, own_uses

FACTS = text("SELECT kind, recorded_at, holds, fact FROM own.facts()")
RESPONSES = text("SELECT * FROM own.responses()")
SCORES = text(
    """
    SELECT *, row_number() OVER (PARTITION BY response_id ORDER BY scored_at) AS scoring FROM own.scores()
    ORDER BY response_id, scored_at
    """
)
SIGNALS = text("SELECT * FROM own.signals()")
SUBMISSIONS = text(
    "SELECT assessment_id, submission_id, received_at FROM answering.submission ORDER BY received_at"
)


class Reader(NamedTuple):
    """Who reads, and with what: the grant of a fresh login is what opens."""

    person_id: PersonId
    grant: bytes
    keys: Keys
    library: Library
    registry: Users


class HeldScores(NamedTuple):
    """One scoring of a response, with the rules that it went by."""

    scored_at: datetime
    scores: StoredScores
    spec: ScoringSpec


class HeldResponse(NamedTuple):
    """One answered part, opened, with the instrument that it answers and the name of its wave by language."""

    place: Place
    assessment_id: AssessmentId
    wave_names: Mapping[str, str]
    stored: StoredResponse
    instrument: Instrument
    scorings: tuple[HeldScores, ...]


class HeldDraft(NamedTuple):
    """The unsent answers to one part of an assessment."""

    assessment_id: AssessmentId
    instrument: Instrument
    answers: PartAnswers


class HeldSignal(NamedTuple):
    """A signal, opened."""

    row: Row[Any]
    content: SignalContent


class Record(NamedTuple):
    """All that is held of one person."""

    facts: tuple[Fact, ...]
    assessments: tuple[tuple[Assessment, Mapping[str, str]], ...]
    submissions: tuple[Received, ...]
    responses: tuple[HeldResponse, ...]
    drafts: tuple[HeldDraft, ...]
    signals: tuple[HeldSignal, ...]
    uses: tuple[Use, ...]
    participation: Participation


class _Rows(NamedTuple):
    """What is sealed, as it stands in its rows."""

    responses: Sequence[Row[Any]]
    scores: Sequence[Row[Any]]
    signals: Sequence[Row[Any]]

    def sealed(self) -> list[SealedRow]:
        """The same, to be opened: responses, then scores, then signals."""
        return [
            *(SealedRow(_place(row).response(row.protocol_version_id), row.sealed) for row in self.responses),
            *(SealedRow(_place(row).score(row.scoring), row.sealed) for row in self.scores),
            *(
                SealedRow(signal_place(row.signal_id, row.person_id, row.study_id), row.sealed)
                for row in self.signals
            ),
        ]


async def read_record(connection: AsyncConnection, reader: Reader) -> Record:
    """Everything that is held of the person whose session this transaction belongs to.

    The same number of round trips whatever there is, but for one a draft.

    Raises:
        FreshLoginNeededError: the login behind the grant is more than five minutes ago.
        UnknownVersionError: an answer is pinned to documents that are not in the catalogue.
        KeysError: the grant is another person's or has run out, or the key service could not be reached.
    """
    await reader.keys.act(OwnAct.READ, reader.grant)
    facts = (await connection.execute(FACTS)).all()
    rows = _Rows(
        (await connection.execute(RESPONSES)).all(),
        (await connection.execute(SCORES)).all(),
        (await connection.execute(SIGNALS)).all(),
    )
    sealed = rows.sealed()
    opened = await reader.keys.open(Purpose.OWN_HISTORY, sealed, reader.grant) if sealed else []
    responses, signals = await _opened(reader.library, rows, opened)
    assessments = await every_own_assessment(connection)
    return Record(
        facts=tuple(Fact(row.kind, row.recorded_at.astimezone(UTC), row.holds, row.fact) for row in facts),
        assessments=tuple([(one, await _wave_names(reader.library, one)) for one in assessments]),
        submissions=_submissions((await connection.execute(SUBMISSIONS)).all(), responses),
        responses=responses,
        drafts=await _drafts(connection, reader, assessments),
        signals=signals,
        uses=await own_uses(connection, reader.registry),
        participation=await own_participation(connection),
    )


async def _opened(
    library: Library, rows: _Rows, opened: Sequence[bytes]
) -> tuple[tuple[HeldResponse, ...], tuple[HeldSignal, ...]]:
    contents = iter(opened)
    stored = [msgspec.json.decode(next(contents), type=StoredResponse) for _ in rows.responses]
    scorings: defaultdict[ResponseId, list[HeldScores]] = defaultdict(list)
    for row in rows.scores:
        scores = msgspec.json.decode(next(contents), type=StoredScores)
        spec = await library.scoring(scores.scoring)
        scorings[row.response_id].append(HeldScores(row.scored_at.astimezone(UTC), scores, spec))
    responses = [
        await _response(library, row, one, scorings[row.response_id])
        for row, one in zip(rows.responses, stored, strict=True)
    ]
    signals = [
        HeldSignal(row, msgspec.json.decode(next(contents), type=SignalContent)) for row in rows.signals
    ]
    return tuple(responses), tuple(signals)


async def _response(
    library: Library, row: Row[Any], stored: StoredResponse, scorings: Sequence[HeldScores]
) -> HeldResponse:
    parts = await library.parts(row.protocol_version_id, row.wave)
    wave = (await library.protocol(row.protocol_version_id)).wave(row.wave)
    return HeldResponse(
        _place(row),
        AssessmentId(row.assessment_id),
        {} if wave is None else wave.names,
        stored,
        parts[row.part],
        tuple(scorings),
    )


async def _drafts(
    connection: AsyncConnection, reader: Reader, assessments: Sequence[Assessment]
) -> tuple[HeldDraft, ...]:
    drafted = await assessments_with_draft(connection)
    found: list[HeldDraft] = []
    for one in assessments:
        if one.assessment_id not in drafted:
            continue
        draft = await own_draft(connection, reader.keys, reader.person_id, one.assessment_id, reader.grant)
        parts = await reader.library.parts(one.protocol_version_id, one.wave)
        # A draft is kept as it is sent: it may name a part that there is not.
        found += [
            HeldDraft(one.assessment_id, parts[given.part], given)
            for given in (() if draft is None else draft.answers)
            if 0 <= given.part < len(parts)
        ]
    return tuple(found)


async def _wave_names(library: Library, one: Assessment) -> Mapping[str, str]:
    wave = (await library.protocol(one.protocol_version_id)).wave(one.wave)
    return {} if wave is None else wave.names


def _submissions(rows: Sequence[Row[Any]], responses: Sequence[HeldResponse]) -> tuple[Received, ...]:
    stored = {one.assessment_id for one in responses}
    return tuple(
        Received(
            row.assessment_id,
            row.submission_id,
            row.received_at.astimezone(UTC),
            row.assessment_id in stored,
        )
        for row in rows
    )


def _place(row: Row[Any]) -> Place:
    return Place.of(row, StudyId(row.study_id))
