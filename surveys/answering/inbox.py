"""From the inbox to rest: opened by the key service, scored again, compared, sealed for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import structlog
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.answering.comparison import Answered, Submitted, find_signals
from surveys.answering.errors import MisplacedError
from surveys.answering.frozen import earliest_stamps
from surveys.answering.library import Library
from surveys.answering.messages import SealedSubmission
from surveys.answering.places import Place
from surveys.answering.scoring import store_parts
from surveys.answering.tables import response, score
from surveys.answering.vouching import digest_of
from surveys.answering.waiting import Waiting, claim, keep, release, take
from surveys.audit import AuditEntry, append_all
from surveys.identifiers import ResponseId, SubmissionId, TumourId, new_id
from surveys.keys import Keys, KeysUnavailableError, PlainRow, Purpose, QuotaExceededError
from surveys.lateeffects import insert_signals

log = structlog.get_logger()


class _Bench(NamedTuple):
    """What a batch is worked on with."""

    engine: AsyncEngine
    keys: Keys
    library: Library
    now: datetime


class _Sealed(NamedTuple):
    """One answered part, sealed at rest."""

    answered: Answered
    response: bytes
    scores: bytes


async def process_inbox(
    engine: AsyncEngine, keys: Keys, now: datetime, limit: int, library: Library | None = None
) -> int:
    """Takes up to ``limit`` submissions, oldest first and one a person, from inbox to rest; says how many.

    A row that fails is kept with the reason and tried again later; it holds up nobody else's. Killed at any
    moment, nothing is lost or stored twice: one transaction takes a row out and stores its answers.

    Raises:
        KeysUnavailableError: the key service could not be reached; the rows wait.
        QuotaExceededError: the key service opens no more for now; the rows wait.
    """
    rows = await claim(engine, limit)
    if not rows:
        return 0
    bench = _Bench(engine, keys, library or Library(engine, keys), now)
    try:
        return await _settle(bench, rows)
    except (KeysUnavailableError, QuotaExceededError):
        await release(engine, rows)
        raise
    except Exception as error:
        # One bad row spoils the batch, whatever is wrong with it: each is tried by itself.
        log.warning("inbox.batch-failed", rows=len(rows), reason=type(error).__name__)
        return sum([await _settle_alone(bench, row) for row in rows])


async def _settle_alone(bench: _Bench, row: Waiting) -> int:
    try:
        return await _settle(bench, [row])
    except (KeysUnavailableError, QuotaExceededError):
        await release(bench.engine, [row])
        raise
    except Exception as error:
        reason = type(error).__name__
        await keep(bench.engine, row, reason)
        log.warning("inbox.row-kept", submission_id=str(row.submission_id), reason=reason)
        return 0


async def _settle(bench: _Bench, rows: Sequence[Waiting]) -> int:
    submitted = await _open(bench, rows)
    signals = await find_signals(bench.engine, bench.keys, bench.library, submitted)
    sealed = await _seal(bench.keys, [part for one in submitted for part in one.parts])
    async with bench.engine.begin() as connection:
        taken = await take(connection, rows)
        mine = [one for one in sealed if one.answered.row.submission_id in taken]
        if mine:
            await _store(connection, mine, bench.now)
        drafts = [draft for one in taken for draft in signals.get(one, ())]
        await insert_signals(connection, bench.keys, drafts, bench.now)
    return len(taken)


async def _open(bench: _Bench, rows: Sequence[Waiting]) -> list[Submitted]:
    opened = await bench.keys.open(Purpose.INGEST, [row.sealed_row() for row in rows])
    return [await _score(bench.library, row, content) for row, content in zip(rows, opened, strict=True)]


async def _score(library: Library, row: Waiting, content: bytes) -> Submitted:
    submission = msgspec.json.decode(content, type=SealedSubmission)
    if submission.assessment_id != row.assessment_id or row.tumour_id is None or row.wave is None:
        raise MisplacedError(row.submission_id)
    parts = store_parts(await library.parts(row.protocol_version_id, row.wave), submission)
    answered = [
        Answered(row, _place(row, row.tumour_id, row.wave, part), response, scores)
        for part, response, scores in parts
    ]
    return Submitted(row, row.tumour_id, row.wave, tuple(answered))


def _place(row: Waiting, tumour_id: TumourId, wave: int, part: int) -> Place:
    return Place(ResponseId(new_id()), row.person_id, row.study_id, tumour_id, wave, part)


async def _seal(keys: Keys, answered: Sequence[Answered]) -> list[_Sealed]:
    responses = [
        PlainRow(one.place.response(one.row.protocol_version_id), msgspec.json.encode(one.response))
        for one in answered
    ]
    scores = [PlainRow(one.place.score(1), msgspec.json.encode(one.scores)) for one in answered]
    sealed = await keys.seal([*responses, *scores])
    return [
        _Sealed(one, *pair)
        for one, *pair in zip(answered, sealed[: len(answered)], sealed[len(answered) :], strict=True)
    ]


async def _store(connection: AsyncConnection, sealed: Sequence[_Sealed], now: datetime) -> None:
    stamps = await earliest_stamps(connection, {one.answered.row.study_id for one in sealed})
    responses = []
    scores = []
    for one in sealed:
        row, place = one.answered.row, one.answered.place
        stamp = max(now, stamps[row.study_id])
        position = place._asdict()
        responses.append(
            position
            | {
                "received_at": row.received_at,
                "stored_at": stamp,
                "assessment_id": row.assessment_id,
                "protocol_version_id": row.protocol_version_id,
                "sealed": one.response,
            }
        )
        scores.append(position | {"scored_at": stamp, "sealed": one.scores})
    await connection.execute(insert(response), responses)
    await connection.execute(insert(score), scores)
    await append_all(connection, _entries(sealed, responses, now))


def _entries(
    sealed: Sequence[_Sealed], responses: Sequence[Mapping[str, object]], now: datetime
) -> list[AuditEntry]:
    """One entry a submission, which vouches for the rows that its parts became."""
    rows: dict[SubmissionId, Waiting] = {}
    digests: dict[SubmissionId, list[str]] = {}
    for one, stored in zip(sealed, responses, strict=True):
        row = one.answered.row
        rows[row.submission_id] = row
        digests.setdefault(row.submission_id, []).append(str(digest_of(stored)))
    return [
        AuditEntry(
            "submission-stored",
            "worker",
            now,
            row.person_id,
            {"submission": str(row.submission_id), "responses": " ".join(digests[row.submission_id])},
        )
        for row in rows.values()
    ]
