"""An approved project, people whose case is linked, and the way to an extract of their answers."""

import io
from datetime import date, datetime, timedelta
from uuid import UUID

import pyarrow.parquet as pq

from surveys.answering import PartAnswers, process_inbox
from surveys.database import Role, transaction
from surveys.identifiers import ExtractId, PersonId, ProjectId, TumourId
from surveys.registry import History
from surveys.research import (
    FILES,
    Project,
    Variable,
    approve_project,
    build_requested,
    extract_file,
    link_requested,
    request_extract,
)
from tests.builders.answering import (
    FIRST,
    NOW,
    SECOND,
    STUDY,
    Study,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.followup import make_history, make_treatment, make_tumour, tell_registry

ALL: tuple[Variable, ...] = (
    "site", "stage", "treatment_kind", "treatment_kinds", "months_since_diagnosis", "months_since_treatment",
    "is_control", "sex", "age_at_diagnosis", "region",
)  # fmt: skip
LATER = NOW + timedelta(hours=1)


def make_project(**more: object) -> Project:
    fields = {
        "project_id": ProjectId(UUID(int=40)),
        "name": "made-for-tests",
        "study_id": STUDY,
        "title": "How people fare",
        "organisation": "The institute of tests",
        "basis": "a law that was made for tests",
        "purpose": "to test",
        "variables": ALL,
        "approved_by": "a committee",
        "valid_to": date(2030, 12, 31),
    }
    return Project(**(fields | more))  # type: ignore[arg-type] # the fields of a project, some replaced


async def approve(study: Study, project: Project) -> Project:
    async with transaction(study.worker) as connection:
        for person in (FIRST, SECOND):
            await approve_project(connection, project, person, NOW)
    return project


async def extract(study: Study, project: Project, as_of: datetime = LATER) -> ExtractId:
    async with transaction(study.web) as connection:
        extract_id = await request_extract(connection, project.project_id, as_of, "a client", LATER)
    await link_requested(study.worker, LATER)
    await build_requested(study.research, study.keys_as(Role.RESEARCH), LATER)
    return extract_id


async def fetch(study: Study, extract_id: ExtractId, file: str) -> bytes:
    async with study.web.connect() as connection:
        parts = extract_file(connection, study.keys_as(Role.WEB), extract_id, file)
        return b"".join([part async for part in parts])


async def files_of(study: Study, extract_id: ExtractId) -> dict[str, bytes]:
    return {file: await fetch(study, extract_id, file) for file in FILES}


async def rows_of(study: Study, extract_id: ExtractId) -> list[dict[str, object]]:
    content = await fetch(study, extract_id, "responses.parquet")
    return pq.read_table(io.BytesIO(content)).to_pylist()  # type: ignore[no-any-return] # pyarrow has no types


async def answered(
    study: Study,
    database: str,
    person: History,
    tumour_id: TumourId,
    given: tuple[PartAnswers, ...] | None = None,
) -> PersonId:
    tell_registry(database, [person], NOW - timedelta(days=30))
    one = await open_assessment(study, 1, person.person_id, tumour_id)
    await send(study, make_submission(one, given))
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    return person.person_id


def patient(*kinds: tuple[str, date]) -> tuple[History, TumourId]:
    """A man diagnosed in April 2026, treated as ``kinds`` says."""
    tumour = make_tumour(date(2026, 4, 28), "C619")
    treatments = tuple(make_treatment(tumour, kind, on) for kind, on in kinds)  # type: ignore[arg-type] # literals
    return make_history(tumour, treatments=treatments), tumour.tumour_id
