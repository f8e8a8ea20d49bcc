"""What the research process reads for an extract, and how it opens it, a few hundred responses at a time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.answering import Place, StoredResponse, StoredScores
from surveys.identifiers import ExtractId, PersonId, ProtocolVersionId, ResponseId, TumourId
from surveys.keys import Keys, NotOpenedError, Purpose, SealedRow
from surveys.persons import everyone_at
from surveys.research.linked import LinkedCase
from surveys.research.projects import Project
from surveys.research.rows import Row

PERSONS_AT_ONCE = 250
"""Persons whose responses are opened in one call to the key service: some 500 responses and their scores."""

PSEUDONYMS_AT_ONCE = 5000

PINNED = text(
    """
    SELECT DISTINCT protocol_version_id, wave FROM answering.response
    WHERE study_id = :study_id AND stored_at <= :as_of
    ORDER BY protocol_version_id, wave
    """
)
PERSONS = text(
    """
    SELECT DISTINCT person_id FROM answering.response
    WHERE study_id = :study_id AND stored_at <= :as_of
    EXCEPT SELECT own.leaving()
    """
)
LEAVING = text("SELECT own.leaving()")
RESPONSES = text(
    """
    SELECT r.person_id, r.response_id, r.protocol_version_id, r.tumour_id, r.wave, r.part, r.sealed,
           s.sealed AS scores, s.scoring, c.linked
    FROM answering.response r
    LEFT JOIN LATERAL (
      SELECT sealed, row_number() OVER (ORDER BY scored_at) AS scoring FROM answering.score
      WHERE person_id = r.person_id AND response_id = r.response_id AND scored_at <= :as_of
      ORDER BY scored_at DESC LIMIT 1
    ) s ON true
    LEFT JOIN LATERAL (
      SELECT linked FROM research.linked_case
      WHERE project_id = :project_id AND person_id = r.person_id AND tumour_id = r.tumour_id
        AND recorded_at <= :as_of
      ORDER BY recorded_at DESC LIMIT 1
    ) c ON true
    WHERE r.person_id = ANY(CAST(:persons AS uuid[])) AND r.study_id = :study_id AND r.stored_at <= :as_of
    """
)


class Moment(NamedTuple):
    """What an extract shows: a project's study as it was known at a moment."""

    extract_id: ExtractId
    project: Project
    as_of: datetime


class PinnedWave(NamedTuple):
    """A wave of a protocol version that somebody has answered."""

    protocol_version_id: ProtocolVersionId
    wave: int


async def answered_waves(connection: AsyncConnection, moment: Moment) -> list[PinnedWave]:
    """The waves that the responses are pinned to."""
    rows = await connection.execute(PINNED, _study(moment))
    return [PinnedWave(ProtocolVersionId(row.protocol_version_id), row.wave) for row in rows]


async def opened_rows(connection: AsyncConnection, keys: Keys, moment: Moment) -> AsyncIterator[list[Row]]:
    """Every response of the moment, opened, in the order of pseudonym, wave, part and case.

    Raises:
        KeysError: a response or score does not open, or the key service could not be reached.
    """
    names = await _pseudonyms(connection, keys, moment)
    # By name, so that the rows of somebody with several identifiers come together.
    named: dict[str, list[PersonId]] = {}
    for person_id, name in names.items():
        named.setdefault(name, []).append(person_id)
    in_order = sorted(named)
    for start in range(0, len(in_order), PERSONS_AT_ONCE):
        some = [person_id for name in in_order[start : start + PERSONS_AT_ONCE] for person_id in named[name]]
        wanted = _study(moment) | {"project_id": moment.project.project_id, "persons": some}
        found = [
            _Found(Place.of(row, moment.project.study_id), row.protocol_version_id, *row[6:])
            for row in await connection.execute(RESPONSES, wanted)
        ]
        found.sort(key=lambda one: _position(names, one.place))
        yield await _open_present(connection, keys, moment, names, found)


class _Found(NamedTuple):
    """One response as it stands in the database, with its latest scores and its linked case."""

    place: Place
    protocol_version_id: ProtocolVersionId
    sealed: bytes
    scores: bytes | None
    scoring: int | None
    linked: object


async def _pseudonyms(connection: AsyncConnection, keys: Keys, moment: Moment) -> dict[PersonId, str]:
    persons = [PersonId(one) for one in (await connection.execute(PERSONS, _study(moment))).scalars()]
    names: dict[PersonId, str] = {}
    for start in range(0, len(persons), PSEUDONYMS_AT_ONCE):
        some = persons[start : start + PSEUDONYMS_AT_ONCE]
        several = await everyone_at(connection, some, moment.as_of)
        reached = [several[one][0] if one in several else one for one in some]
        given = await keys.pseudonyms(moment.project.project_id, reached)
        names |= zip(some, given, strict=True)
    return names


async def _open_present(
    connection: AsyncConnection,
    keys: Keys,
    moment: Moment,
    names: Mapping[PersonId, str],
    found: Sequence[_Found],
) -> list[Row]:
    """The rows of those who have not left since the extract was begun: nobody's erasure fails the others."""
    try:
        return await _open(keys, moment, names, found)
    except NotOpenedError:
        left = set((await connection.execute(LEAVING)).scalars())
        present = [one for one in found if one.place.person_id not in left]
        if len(present) == len(found):
            raise
        return await _open(keys, moment, names, present)


async def _open(
    keys: Keys, moment: Moment, names: Mapping[PersonId, str], found: Sequence[_Found]
) -> list[Row]:
    sealed = [SealedRow(one.place.response(one.protocol_version_id), one.sealed) for one in found]
    scored = [one for one in found if one.scores is not None and one.scoring is not None]
    sealed += [SealedRow(one.place.score(one.scoring or 0), one.scores or b"") for one in scored]
    opened = await keys.open(Purpose.EXTRACT, sealed, extract_id=moment.extract_id)
    scores = {
        one.place.response_id: msgspec.json.decode(content, type=StoredScores)
        for one, content in zip(scored, opened[len(found) :], strict=True)
    }
    return [
        Row(
            pseudonym=names[one.place.person_id],
            wave=one.place.wave,
            part=one.place.part,
            response=msgspec.json.decode(content, type=StoredResponse),
            scores=scores.get(one.place.response_id),
            linked=msgspec.convert(one.linked or {}, LinkedCase),
        )
        for one, content in zip(found, opened[: len(found)], strict=True)
    ]


def _position(names: Mapping[PersonId, str], place: Place) -> tuple[str, int, int, TumourId, ResponseId]:
    return (names[place.person_id], place.wave, place.part, place.tumour_id, place.response_id)


def _study(moment: Moment) -> dict[str, object]:
    return {"study_id": moment.project.study_id, "as_of": moment.as_of}
