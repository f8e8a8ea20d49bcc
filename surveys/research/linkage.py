"""The worker's share of an extract: the registry variables of its persons, as known at its moment."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.answering import freeze
from surveys.audit import AuditEntry, append
from surveys.identifiers import ExtractId, PersonId, ProjectId, TumourId
from surveys.persons import HOLD
from surveys.registry import linked_cases
from surveys.research.linked import link
from surveys.research.projects import Project, project_of
from surveys.research.tables import linked_case

PAGE = 1000
"""Cases whose persons' histories are fetched at once."""

NEXT = text(
    """
    SELECT extract_id, project_id, as_of FROM research.extract WHERE state = 'requested'
    ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)
EARLIER_TWIN = text(
    """
    SELECT count(*) FROM research.extract
    WHERE project_id = :project_id AND as_of = :as_of AND state <> 'requested'
    """
)
# An extract of a later moment may rest on what was linked before this one: it keeps resting on that.
KEEP_LATER = text(
    """
    WITH later AS (
      SELECT min(as_of) AS as_of FROM research.extract
      WHERE project_id = :project_id AND as_of > :as_of AND state <> 'requested'
    )
    INSERT INTO research.linked_case (project_id, person_id, tumour_id, recorded_at, content_hash, linked)
    SELECT DISTINCT ON (c.person_id, c.tumour_id)
      c.project_id, c.person_id, c.tumour_id, later.as_of, c.content_hash, c.linked
    FROM research.linked_case c JOIN later ON c.recorded_at <= later.as_of
    WHERE c.project_id = :project_id AND c.person_id = ANY(CAST(:persons AS uuid[]))
    ORDER BY c.person_id, c.tumour_id, c.recorded_at DESC
    ON CONFLICT DO NOTHING
    """
)
LINKED = text("UPDATE research.extract SET state = 'linked' WHERE extract_id = :extract_id")
# Only whoever has answered is linked: no other case of the study is of use to the project.
ANSWERED = text(
    """
    SELECT DISTINCT person_id, tumour_id FROM followup.assessment
    WHERE study_id = :study_id AND state = 'submitted' AND (person_id, tumour_id) > (:person_id, :tumour_id)
    ORDER BY person_id, tumour_id LIMIT :page
    """
)
KNOWN = text(
    """
    SELECT DISTINCT ON (person_id, tumour_id) person_id, tumour_id, content_hash FROM research.linked_case
    WHERE project_id = :project_id AND person_id = ANY(CAST(:persons AS uuid[])) AND recorded_at <= :as_of
    ORDER BY person_id, tumour_id, recorded_at DESC
    """
)


class _Case(NamedTuple):
    person_id: PersonId
    tumour_id: TumourId


class _Request(NamedTuple):
    extract_id: ExtractId
    project: Project
    as_of: datetime


async def link_requested(engine: AsyncEngine, now: datetime) -> int:
    """Links the cases of every extract that has been requested, and says how many extracts those were.

    An extract's cases are linked in one transaction, from the registry facts recorded by its ``as_of``. A row
    is added only where what is known differs from what was linked for an earlier moment. From here on nothing
    is stored for the study with a time up to ``as_of``.
    """
    done = 0
    while await _link_next(engine, now):
        done += 1
    return done


async def _link_next(engine: AsyncEngine, now: datetime) -> bool:
    async with engine.begin() as connection:
        # A merge that began meanwhile could count for a moment that was shown without it.
        await connection.execute(HOLD)
        row = (await connection.execute(NEXT)).one_or_none()
        if row is None:
            return False
        project = await project_of(connection, ProjectId(row.project_id))
        request = _Request(ExtractId(row.extract_id), project, row.as_of.astimezone(UTC))
        await freeze(connection, project.study_id, request.as_of)
        linked = 0 if await _has_twin(connection, request) else await _link_all(connection, request)
        await connection.execute(LINKED, {"extract_id": request.extract_id})
        about = {"extract": str(request.extract_id), "project": str(project.project_id), "cases": str(linked)}
        await append(connection, AuditEntry("extract-linked", "worker", now, None, about))
    return True


async def _has_twin(connection: AsyncConnection, request: _Request) -> bool:
    wanted = {"project_id": request.project.project_id, "as_of": request.as_of}
    return bool(await connection.scalar(EARLIER_TWIN, wanted))


async def _link_all(connection: AsyncConnection, request: _Request) -> int:
    linked = 0
    async for cases in _answered(connection, request.project):
        rows = await _changed(connection, request, cases)
        if rows:
            changed = {
                "project_id": request.project.project_id,
                "as_of": request.as_of,
                "persons": sorted({row["person_id"] for row in rows}),
            }
            await connection.execute(KEEP_LATER, changed)
            await connection.execute(insert(linked_case), rows)
        linked += len(rows)
    return linked


async def _answered(connection: AsyncConnection, project: Project) -> AsyncIterator[list[_Case]]:
    last = _Case(PersonId(UUID(int=0)), TumourId(UUID(int=0)))
    while True:
        wanted = last._asdict() | {"study_id": project.study_id, "page": PAGE}
        rows = await connection.execute(ANSWERED, wanted)
        cases = [_Case(PersonId(row.person_id), TumourId(row.tumour_id)) for row in rows]
        if not cases:
            return
        yield cases
        last = cases[-1]


async def _changed(
    connection: AsyncConnection, request: _Request, cases: Sequence[_Case]
) -> list[dict[str, Any]]:
    persons = sorted({case.person_id for case in cases})
    histories = {one.person_id: one for one in await linked_cases(connection, persons, request.as_of)}
    known = await connection.execute(
        KNOWN, {"project_id": request.project.project_id, "persons": persons, "as_of": request.as_of}
    )
    hashes = {(row.person_id, row.tumour_id): row.content_hash for row in known}
    rows = []
    for case in cases:
        if case.person_id not in histories:
            continue
        content = msgspec.json.encode(
            link(histories[case.person_id], case.tumour_id, request.project.variables), order="sorted"
        )
        content_hash = hashlib.sha256(content).digest()
        if hashes.get(case) != content_hash:
            rows.append(
                {
                    "project_id": request.project.project_id,
                    "person_id": case.person_id,
                    "tumour_id": case.tumour_id,
                    "recorded_at": request.as_of,
                    "content_hash": content_hash,
                    "linked": msgspec.json.decode(content),
                }
            )
    return rows
