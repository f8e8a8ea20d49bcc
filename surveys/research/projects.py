"""Approved projects: which study, for what purpose, with which variables, until when."""

from datetime import date, datetime
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.audit import AuditEntry, append
from surveys.identifiers import ProjectId, StudyId
from surveys.research.errors import ProjectChangedError, ProjectNotFoundError
from surveys.research.tables import project as table

Variable = Literal[
    "site", "stage", "treatment_kind", "treatment_kinds", "months_since_diagnosis", "months_since_treatment",
    "is_control", "sex", "age_at_diagnosis", "region", "free_text",
]  # fmt: skip
"""What a project can be approved for beside the answers to closed questions and their scores."""


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approved project; ``valid_to`` is the last day on which it may ask for extracts."""

    project_id: ProjectId
    name: str
    study_id: StudyId
    purpose: str
    variables: tuple[Variable, ...]
    approved_by: str
    valid_to: date


_COLUMNS = [table.c[name] for name in Project.__struct_fields__]


async def approve_project(connection: AsyncConnection, project: Project, now: datetime) -> None:
    """Records an approval; the same one again changes nothing.

    Raises:
        ProjectChangedError: the identifier or the name is taken by a project with other terms.
    """
    values = msgspec.structs.asdict(project) | {"variables": list(project.variables), "approved_at": now}
    added = await connection.scalar(
        insert(table).values(values).on_conflict_do_nothing().returning(table.c.project_id)
    )
    if added is None:
        known = await _find(connection, table.c.project_id == project.project_id)
        if known != project:
            raise ProjectChangedError(project.project_id)
        return
    entry = AuditEntry(
        "project-approved", project.approved_by, now, None, {"project": str(project.project_id)}
    )
    await append(connection, entry)


async def find_project(connection: AsyncConnection, name: str) -> Project:
    """The project of this name.

    Raises:
        ProjectNotFoundError: there is none.
    """
    found = await _find(connection, table.c.name == name)
    if found is None:
        raise ProjectNotFoundError(name)
    return found


async def project_of(connection: AsyncConnection, project_id: ProjectId) -> Project:
    """The project with this identifier.

    Raises:
        ProjectNotFoundError: there is none.
    """
    found = await _find(connection, table.c.project_id == project_id)
    if found is None:
        raise ProjectNotFoundError(str(project_id))
    return found


async def _find(connection: AsyncConnection, wanted: ColumnElement[bool]) -> Project | None:
    row = (await connection.execute(select(*_COLUMNS).where(wanted))).one_or_none()
    if row is None:
        return None
    return msgspec.convert(dict(zip(Project.__struct_fields__, row, strict=True)), Project)
