"""A new response beside the person's earlier ones: what the late-effect rules see in it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.answering.library import Library
from surveys.answering.messages import StoredResponse, StoredScores
from surveys.answering.places import Place
from surveys.answering.waiting import Waiting
from surveys.clock import local_date
from surveys.identifiers import StudyId, SubmissionId, TumourId
from surveys.keys import Keys, Purpose, SealedRow
from surveys.lateeffects import LateEffectRule, Occasion, ScoredWave, SignalDraft, load_rules, signals_for
from surveys.registry import History, histories_of

# The function gives the scores of one person, and only while the inbox row is held under a lease.
EARLIER = text(
    """
    SELECT mine.submission_id, s.response_id, s.person_id, s.study_id, s.tumour_id, s.wave, s.part, s.sealed,
           row_number() OVER (PARTITION BY mine.submission_id, s.response_id ORDER BY s.scored_at) AS scoring
    FROM unnest(CAST(:persons AS uuid[]), CAST(:submissions AS uuid[])) AS mine (person_id, submission_id),
         LATERAL answering.earlier_scores(mine.person_id, mine.submission_id) s
    ORDER BY mine.submission_id, s.wave, s.part, scoring
    """
)


class Answered(NamedTuple):
    """One part of a submission, opened and scored."""

    row: Waiting
    place: Place
    response: StoredResponse
    scores: StoredScores


class Submitted(NamedTuple):
    """One submission with its parts."""

    row: Waiting
    tumour_id: TumourId
    wave: int
    parts: tuple[Answered, ...]


async def find_signals(
    engine: AsyncEngine, keys: Keys, library: Library, submitted: Sequence[Submitted]
) -> dict[SubmissionId, list[SignalDraft]]:
    """The signals of each submission; only persons who have answered before are compared.

    Raises:
        KeysError: an earlier score does not open, or the key service could not be reached.
    """
    async with engine.connect() as connection:
        rules = await load_rules(connection, keys)
        if not rules:
            return {}
        earlier = await _earlier(connection, keys, [one.row for one in submitted])
        compared = [one for one in submitted if one.row.submission_id in earlier]
        persons = [one.row.person_id for one in compared]
        histories = await histories_of(connection, persons) if persons else []
    known = {history.person_id: history for history in histories}
    return {
        one.row.submission_id: await _signals(
            library, rules, one, earlier[one.row.submission_id], known.get(one.row.person_id)
        )
        for one in compared
    }


async def _signals(
    library: Library,
    rules: Sequence[LateEffectRule],
    submitted: Submitted,
    earlier: Mapping[TumourId, Sequence[ScoredWave]],
    history: History | None,
) -> list[SignalDraft]:
    row = submitted.row
    wave = (await library.protocol(row.protocol_version_id)).wave(submitted.wave)
    occasion = Occasion(
        person_id=row.person_id,
        study_id=row.study_id,
        assessment_id=row.assessment_id,
        tumour_id=submitted.tumour_id,
        wave_names={} if wave is None else wave.names,
        answered_on=local_date(row.received_at),
    )
    new = [scored_wave(submitted.wave, one.place.part, one.scores) for one in submitted.parts]
    return signals_for(rules, occasion, earlier.get(submitted.tumour_id, ()), new, history)


def scored_wave(wave: int, part: int, scores: StoredScores) -> ScoredWave:
    """Stored scores as late-effect rules read them; comparable where structure and scoring are the same."""
    return ScoredWave(
        wave=wave,
        part=part,
        instrument_id=scores.instrument_id,
        scores={one.scale_id: one.value for one in scores.scores},
        comparable_as=f"{scores.structure}/{scores.scoring}",
    )


async def _earlier(
    connection: AsyncConnection, keys: Keys, rows: Sequence[Waiting]
) -> dict[SubmissionId, dict[TumourId, list[ScoredWave]]]:
    """The earlier scores of each submission's person, by case, in the order of wave, part and scoring."""
    mine = {
        "persons": [row.person_id for row in rows],
        "submissions": [row.submission_id for row in rows],
    }
    found = (await connection.execute(EARLIER, mine)).all()
    if not found:
        return {}
    places = [Place.of(row, StudyId(row.study_id)) for row in found]
    opened = await keys.open(
        Purpose.COMPARE,
        [SealedRow(place.score(row.scoring), row.sealed) for place, row in zip(places, found, strict=True)],
    )
    earlier: dict[SubmissionId, dict[TumourId, list[ScoredWave]]] = {}
    for place, row, content in zip(places, found, opened, strict=True):
        scores = msgspec.json.decode(content, type=StoredScores)
        by_case = earlier.setdefault(SubmissionId(row.submission_id), {})
        by_case.setdefault(place.tumour_id, []).append(scored_wave(place.wave, place.part, scores))
    return earlier
