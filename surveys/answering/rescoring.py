"""Scoring anew: scores by a newer scoring beside the old ones, which stay as they are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from instruments.versions import Instrument, State, content_hash
from surveys.answering.errors import NotLiveScoringError
from surveys.answering.frozen import earliest_stamps
from surveys.answering.messages import StoredResponse, StoredScores
from surveys.answering.places import Place
from surveys.answering.scoring import scores_of
from surveys.answering.tables import rescoring, score
from surveys.audit import AuditEntry, append
from surveys.catalogue import load_instruments, state_of
from surveys.database import transaction
from surveys.followup import Protocol, load_protocols
from surveys.identifiers import (
    InstrumentVersionId,
    ProtocolVersionId,
    StudyId,
)
from surveys.keys import Keys, NotOpenedError, PlainRow, Purpose, SealedRow

BATCH = 250
"""Responses in one transaction; each with all its scores is opened in one call to the key service."""

_NOBODY = UUID(int=0)

# Two that rescore at once would both add the scoring after the last: they take turns, a batch at a time.
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('answering.rescore'))")
_RESPONSES = text(
    """
    SELECT r.response_id, r.person_id, r.study_id, r.tumour_id, r.wave, r.part, r.protocol_version_id,
           r.sealed, coalesce(s.sealed, '{}') AS scores, s.scored_at
    FROM answering.response r
    JOIN unnest(CAST(:versions AS uuid[]), CAST(:waves AS smallint[]), CAST(:parts AS smallint[]))
      AS asked (protocol_version_id, wave, part) USING (protocol_version_id, wave, part)
    LEFT JOIN LATERAL (
      SELECT array_agg(sealed ORDER BY scored_at) AS sealed, max(scored_at) AS scored_at FROM answering.score
      WHERE person_id = r.person_id AND response_id = r.response_id
    ) s ON true
    WHERE (r.person_id, r.response_id) > (CAST(:person AS uuid), CAST(:response AS uuid))
    ORDER BY r.person_id, r.response_id LIMIT :limit
    """
)


class Rescored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many responses got new scores, had them already, or no longer open (erased)."""

    added: int = 0
    present: int = 0
    dark: int = 0


class _Found(NamedTuple):
    """A response with its scorings, the earliest first, and when the latest was made."""

    place: Place
    protocol_version_id: ProtocolVersionId
    sealed: bytes
    scores: tuple[bytes, ...]
    scored_at: datetime | None

    def rows(self) -> list[SealedRow]:
        """The response and then its scores, to be opened."""
        scores = [SealedRow(self.place.score(n), sealed) for n, sealed in enumerate(self.scores, start=1)]
        return [SealedRow(self.place.response(self.protocol_version_id), self.sealed), *scores]


class _Fresh(NamedTuple):
    """New scores, still to be sealed."""

    found: _Found
    scores: StoredScores


class _Task(NamedTuple):
    """What a rescoring works with: by which version, and where responses of its structure are."""

    keys: Keys
    version_id: InstrumentVersionId
    instrument: Instrument
    asked: Mapping[str, Sequence[object]]
    now: datetime
    actor: str


async def rescore(
    engine: AsyncEngine, keys: Keys, version_id: InstrumentVersionId, now: datetime, actor: str
) -> Rescored:
    """Scores every stored response of a live version's structure by that version's scoring.

    Rows are added with the scoring's hash and the engine's version; none is changed. A response that has
    scores by both gets no others, so that it may be run again at any time, killed or not. A batch with its
    audit entry is one transaction. ``engine`` is the research role's.

    Raises:
        VersionNotFoundError: there is no such version.
        NotLiveScoringError: it is not published.
        KeysError: a document does not open, or the key service could not be reached; what is done stays.
    """
    async with transaction(engine) as connection:
        state = await state_of(connection, version_id)
        if state is not State.PUBLISHED:
            raise NotLiveScoringError(version_id, state)
        instruments = await load_instruments(connection, keys)
        protocols = await load_protocols(connection, keys)
    asked = _asked(protocols, instruments, version_id)
    task = _Task(keys, version_id, instruments[version_id], asked, now, actor)
    done, studies = Rescored(), set[StudyId]()
    after = (_NOBODY, _NOBODY)
    while True:
        async with transaction(engine) as connection:
            await connection.execute(_TAKE_TURNS)
            page = await _page(connection, task, after)
            done = _add(done, await _rescore(connection, task, page))
        if not page:
            break
        studies |= {one.place.study_id for one in page}
        after = (page[-1].place.person_id, page[-1].place.response_id)
    async with transaction(engine) as connection:
        await _record(connection, task, done, studies)
    return done


async def rescored_by(connection: AsyncConnection, as_of: datetime) -> list[InstrumentVersionId]:
    """The versions by which responses had been scored anew at a moment, the latest last."""
    found = await connection.scalars(
        select(rescoring.c.version_id)
        .where(rescoring.c.finished_at <= as_of)
        .order_by(rescoring.c.finished_at, rescoring.c.version_id)
    )
    return [InstrumentVersionId(one) for one in found]


def _asked(
    protocols: Mapping[ProtocolVersionId, Protocol],
    instruments: Mapping[InstrumentVersionId, Instrument],
    version_id: InstrumentVersionId,
) -> dict[str, Sequence[object]]:
    """Every protocol version, wave and part that asks or asked the very structure of a version."""
    structure = content_hash(instruments[version_id].structure)
    same = {one for one, known in instruments.items() if content_hash(known.structure) == structure}
    places = [
        (protocol_version_id, wave.number, part)
        for protocol_version_id, protocol in protocols.items()
        for wave in protocol.waves
        for part, asked in enumerate(wave.instruments)
        if asked in same
    ]
    names = ("versions", "waves", "parts")
    return {name: [place[at] for place in places] for at, name in enumerate(names)}


async def _page(connection: AsyncConnection, task: _Task, after: tuple[UUID, UUID]) -> list[_Found]:
    beyond = {"person": after[0], "response": after[1], "limit": BATCH}
    return [
        _Found(
            Place.of(row, StudyId(row.study_id)),
            ProtocolVersionId(row.protocol_version_id),
            row.sealed,
            tuple(row.scores),
            row.scored_at,
        )
        for row in await connection.execute(_RESPONSES, dict(task.asked) | beyond)
    ]


async def _rescore(connection: AsyncConnection, task: _Task, page: Sequence[_Found]) -> Rescored:
    opened = await _open(task.keys, page)
    fresh: list[_Fresh] = []
    present = 0
    for found, (response, *scores) in opened:
        # A published scoring takes every answer that its structure allows: see ``check_spec``.
        new = scores_of(task.instrument, msgspec.json.decode(response, type=StoredResponse).answers)
        known = {(one.scoring, one.engine) for one in _decoded(scores)}
        if (new.scoring, new.engine) in known:
            present += 1
        else:
            fresh.append(_Fresh(found, new))
    if fresh:
        await _store(connection, task, fresh)
    return Rescored(len(fresh), present, len(page) - len(opened))


async def _open(keys: Keys, page: Sequence[_Found]) -> list[tuple[_Found, list[bytes]]]:
    """What opens of a page. One person who was erased must not keep the others from being scored."""
    if not page:
        return []
    try:
        opened = iter(await keys.open(Purpose.RESCORE, [row for found in page for row in found.rows()]))
    except NotOpenedError:
        if len(page) == 1:
            return []
        middle = len(page) // 2
        return await _open(keys, page[:middle]) + await _open(keys, page[middle:])
    return [(found, [next(opened) for _ in found.rows()]) for found in page]


def _decoded(scores: Iterable[bytes]) -> list[StoredScores]:
    return [msgspec.json.decode(one, type=StoredScores) for one in scores]


async def _store(connection: AsyncConnection, task: _Task, fresh: Sequence[_Fresh]) -> None:
    sealed = await task.keys.seal(
        [
            PlainRow(one.found.place.score(len(one.found.scores) + 1), msgspec.json.encode(one.scores))
            for one in fresh
        ]
    )
    stamps = await earliest_stamps(connection, {one.found.place.study_id for one in fresh})
    await connection.execute(
        insert(score),
        [
            one.found.place._asdict()
            | {"scored_at": _stamp(one.found, task.now, stamps[one.found.place.study_id]), "sealed": envelope}
            for one, envelope in zip(fresh, sealed, strict=True)
        ],
    )
    about = {"version": str(task.version_id), "count": str(len(fresh))}
    await append(connection, AuditEntry("responses-rescored", task.actor, task.now, None, about))


def _stamp(found: _Found, now: datetime, earliest: datetime) -> datetime:
    """Later than the scoring before it, by whose order scorings are counted."""
    if found.scored_at is None:
        return max(now, earliest)
    return max(now, earliest, found.scored_at.astimezone(UTC) + timedelta(microseconds=1))


async def _record(
    connection: AsyncConnection, task: _Task, done: Rescored, studies: Iterable[StudyId]
) -> None:
    """Says that it is finished, unless nothing came of it or it was said before (a run that was killed)."""
    known = select(rescoring.c.version_id).where(rescoring.c.version_id == task.version_id)
    if not done.added and (not done.present or (await connection.execute(known)).first()):
        return
    stamps = await earliest_stamps(connection, set(studies))
    await connection.execute(
        insert(rescoring)
        .values(
            version_id=task.version_id,
            finished_at=max(task.now, *stamps.values()),
            actor=task.actor,
            added=done.added,
        )
        .on_conflict_do_nothing()
    )


def _add(done: Rescored, more: Rescored) -> Rescored:
    return Rescored(
        done.added + more.added,
        done.present + more.present,
        done.dark + more.dark,
    )
