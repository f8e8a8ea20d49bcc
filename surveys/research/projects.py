"""Approved projects: which study, for what purpose, with which variables, until when."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.actors import known_as
from surveys.audit import AuditEntry, append
from surveys.identifiers import ProjectId, StudyId
from surveys.research.errors import (
    NobodyApprovesError,
    ProjectChangedError,
    ProjectNotFoundError,
    UnconfirmedProjectError,
    UnsaidTermError,
)
from surveys.research.tables import project as table

Variable = Literal[
    "site", "stage", "treatment_kind", "treatment_kinds", "months_since_diagnosis", "months_since_treatment",
    "is_control", "sex", "age_at_diagnosis", "region", "free_text",
]  # fmt: skip
"""What a project can be approved for beside the answers to closed questions and their scores."""


class Project(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approved project; ``valid_to`` is the last day on which it may ask for extracts.

    ``title``, ``organisation`` and ``basis`` (the legal basis) are what those whose answers it uses read.
    """

    project_id: ProjectId
    name: str
    study_id: StudyId
    title: str
    organisation: str
    basis: str
    purpose: str
    variables: tuple[Variable, ...]
    approved_by: str
    valid_to: date


SAID_TO_PERSONS = ("title", "organisation", "basis")
_COLUMNS = [table.c[name] for name in Project.__struct_fields__]


async def approve_project(connection: AsyncConnection, project: Project, by: str, now: datetime) -> bool:
    """Records an approval, or as the second person confirms it; says whether extracts may be asked for.

    A project that is linked (approved for registry variables or free text) takes two people; the first one
    again changes nothing.

    Raises:
        ProjectChangedError: the identifier or the name is taken by a project with other terms.
        NobodyApprovesError: ``by`` is blank.
        UnsaidTermError: it does not say what it is called, who is responsible, or by what right.
    """
    if not by.strip():
        raise NobodyApprovesError
    for term in SAID_TO_PERSONS:
        if not getattr(project, term).strip():
            raise UnsaidTermError(term)
    values = msgspec.structs.asdict(project) | {"variables": list(project.variables)}
    added = await connection.scalar(
        insert(table)
        .values(values | {"approved_at": now, "recorded_by": by})
        .on_conflict_do_nothing()
        .returning(table.c.project_id)
    )
    if added is not None:
        await _enter(connection, "project-approved", by, now, project)
        return not project.variables
    known = await _find(connection, table.c.project_id == project.project_id)
    if known != project:
        raise ProjectChangedError(project.project_id)
    return await _confirm(connection, project, by, now)


async def check_confirmed(connection: AsyncConnection, project: Project) -> None:
    """Raises UnconfirmedProjectError where the project is linked and one person alone has approved it."""
    wanted = select(table.c.confirmed_at).where(table.c.project_id == project.project_id)
    if project.variables and await connection.scalar(wanted) is None:
        raise UnconfirmedProjectError(project.project_id)


async def _confirm(connection: AsyncConnection, project: Project, by: str, now: datetime) -> bool:
    place = table.c.project_id == project.project_id
    wanted = select(table.c.recorded_by, table.c.confirmed_at).where(place)
    row = (await connection.execute(wanted.with_for_update())).one()
    if row.confirmed_at is not None or not project.variables:
        return True
    if known_as(by) == known_as(row.recorded_by):
        return False
    await connection.execute(update(table).where(place).values(confirmed_by=by, confirmed_at=now))
    await _enter(connection, "project-confirmed", by, now, project, {"recorded-by": row.recorded_by})
    return True


async def _enter(
    connection: AsyncConnection,
    action: str,
    by: str,
    now: datetime,
    project: Project,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    about = {"project": str(project.project_id), **more}
    await append(connection, AuditEntry(action, by, now, None, about))


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
