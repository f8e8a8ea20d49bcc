"""An extract's life: requested, linked by the worker, built by the research process, fetched."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import msgspec
import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.answering import Library
from surveys.audit import AuditEntry, append
from surveys.clock import local_date
from surveys.identifiers import ExtractId, ProjectId, new_id
from surveys.keys import Keys, KeysUnavailableError, QuotaExceededError
from surveys.research.errors import (
    ExtractNotFoundError,
    ExtractNotReadyError,
    FutureExtractError,
    ProjectExpiredError,
)
from surveys.research.files import FILES, make_files
from surveys.research.manifest import Manifest
from surveys.research.parts import PartWriter, checked, stored_file
from surveys.research.projects import check_confirmed, project_of
from surveys.research.reading import Moment
from surveys.research.tables import extract as table

log = structlog.get_logger()


class ExtractState(StrEnum):
    """Where an extract stands."""

    REQUESTED = "requested"
    LINKED = "linked"
    READY = "ready"
    FAILED = "failed"


MOVES: Mapping[ExtractState, frozenset[ExtractState]] = MappingProxyType(
    {
        ExtractState.REQUESTED: frozenset({ExtractState.LINKED}),
        ExtractState.LINKED: frozenset({ExtractState.READY, ExtractState.FAILED}),
        ExtractState.READY: frozenset(),
        ExtractState.FAILED: frozenset(),
    }
)
"""From each state to those that may follow; the trigger ``research.check_extract_move`` holds the same."""


class ExtractStatus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far an extract has come; ``manifest`` if it is ready, ``failed_because`` names an error's class."""

    extract_id: ExtractId
    project_id: ProjectId
    as_of: datetime
    state: ExtractState
    requested_at: datetime
    settled_at: datetime | None
    failed_because: str | None
    manifest: Manifest | None


async def request_extract(
    connection: AsyncConnection, project_id: ProjectId, as_of: datetime, by: str, now: datetime
) -> ExtractId:
    """Asks for a project's extract of what was known at ``as_of``; two other processes then make it.

    Raises:
        ProjectNotFoundError: there is no such project.
        ProjectExpiredError: its approval has run out.
        UnconfirmedProjectError: it is linked, and a second person has not approved it.
        FutureExtractError: ``as_of`` has not been yet.
    """
    project = await project_of(connection, project_id)
    await check_confirmed(connection, project)
    if local_date(now) > project.valid_to:
        raise ProjectExpiredError(project_id, project.valid_to)
    if as_of > now:
        raise FutureExtractError(as_of)
    extract_id = ExtractId(new_id())
    await connection.execute(
        insert(table).values(
            extract_id=extract_id,
            project_id=project_id,
            as_of=as_of,
            requested_by=by,
            requested_at=now,
            state=ExtractState.REQUESTED,
        )
    )
    about = {
        "extract": str(extract_id),
        "project": str(project_id),
        "as_of": as_of.astimezone(UTC).isoformat(),
    }
    await append(connection, AuditEntry("extract-requested", by, now, None, about))
    return extract_id


async def extract_status(connection: AsyncConnection, extract_id: ExtractId) -> ExtractStatus:
    """How far an extract has come.

    Raises:
        ExtractNotFoundError: there is no such extract.
    """
    columns = [table.c[name] for name in ExtractStatus.__struct_fields__]
    found = await connection.execute(select(*columns).where(table.c.extract_id == extract_id))
    row = found.one_or_none()
    if row is None:
        raise ExtractNotFoundError(extract_id)
    return msgspec.convert(dict(zip(ExtractStatus.__struct_fields__, row, strict=True)), ExtractStatus)


async def build_requested(
    engine: AsyncEngine, keys: Keys, now: datetime, library: Library | None = None
) -> int:
    """Builds every extract that has been linked, and says how many it built.

    One that cannot be built is marked as failed with the reason, and the next is built. Killed at any moment,
    an extract stays linked, without parts, for whoever comes next.

    Raises:
        KeysUnavailableError: the key service could not be reached; the extracts wait.
        QuotaExceededError: the key service opens no more for now; the extracts wait.
    """
    built = 0
    waiting = select(table.c.extract_id).where(table.c.state == ExtractState.LINKED)
    async with engine.connect() as connection:
        ids = (await connection.execute(waiting.order_by(table.c.requested_at))).scalars().all()
    for extract_id in ids:
        try:
            await build_extract(engine, keys, ExtractId(extract_id), now, library)
            built += 1
        except ExtractNotReadyError:
            continue
        except (KeysUnavailableError, QuotaExceededError):
            raise
        except Exception as error:
            log.warning("extract.failed", extract_id=str(extract_id), reason=type(error).__name__)
            await _fail(engine, ExtractId(extract_id), type(error).__name__, now)
    return built


async def build_extract(
    engine: AsyncEngine, keys: Keys, extract_id: ExtractId, now: datetime, library: Library | None = None
) -> None:
    """Builds one linked extract: its files as sealed parts, and its manifest, in one transaction.

    Raises:
        ExtractNotFoundError: there is no such extract.
        ExtractNotReadyError: it is not linked, or somebody else is building it at this moment.
        KeysError: a response or score does not open, or the key service could not be reached.
        UnknownVersionError: a response is pinned to documents that are not in the catalogue.
        UnexpectedStructureError: a response names a structure that its protocol version does not.
    """
    async with engine.begin() as connection:
        moment = await _claim(connection, extract_id)
        writer = PartWriter(connection, keys, extract_id, moment.project.study_id)
        last = b""
        async for chunk in make_files(connection, keys, library or Library(engine, keys), moment):
            await writer.write(chunk.file, chunk.content)
            last = chunk.content
        await writer.close()
        await connection.execute(
            update(table)
            .where(table.c.extract_id == extract_id)
            .values(state=ExtractState.READY, settled_at=now, manifest=msgspec.json.decode(last))
        )
        about = {"extract": str(extract_id), "manifest": hashlib.sha256(last).hexdigest()}
        await append(connection, AuditEntry("extract-built", "research", now, None, about))


async def extract_file(
    connection: AsyncConnection, keys: Keys, extract_id: ExtractId, file: str
) -> AsyncIterator[bytes]:
    """One file of a ready extract, part by part; ``file`` is one of ``FILES``, and another name has no parts.

    Raises:
        ExtractNotFoundError: there is no such extract.
        ExtractNotReadyError: it has not been built.
        IncompleteExtractError: the parts are not what the manifest says; raised after the last of them.
        KeysError: a part does not open, or the key service could not be reached.
    """
    status = await extract_status(connection, extract_id)
    if status.manifest is None:
        raise ExtractNotReadyError(extract_id, status.state)
    project = await project_of(connection, status.project_id)
    contents = stored_file(connection, keys, extract_id, project.study_id, file)
    digests = {one.name: one for one in status.manifest.files}
    async for content in checked(contents, extract_id, digests[file]) if file in digests else contents:
        yield content


async def write_extract(engine: AsyncEngine, keys: Keys, extract_id: ExtractId, folder: Path) -> None:
    """Writes the three files of a ready extract into ``folder``, in the clear, for the command line.

    Raises:
        ExtractNotFoundError, ExtractNotReadyError, IncompleteExtractError, KeysError: as ``extract_file``.
    """
    async with engine.connect() as connection:
        for file in FILES:
            with await asyncio.to_thread((folder / file).open, "wb") as target:
                async for content in extract_file(connection, keys, extract_id, file):
                    await asyncio.to_thread(target.write, content)


async def _claim(connection: AsyncConnection, extract_id: ExtractId) -> Moment:
    # The row stays locked until the extract is built: whoever dies while building lets go of it.
    row = (
        await connection.execute(
            select(table.c.project_id, table.c.as_of)
            .where(table.c.extract_id == extract_id, table.c.state == ExtractState.LINKED)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()
    if row is None:
        status = await extract_status(connection, extract_id)
        raise ExtractNotReadyError(extract_id, status.state)
    project = await project_of(connection, ProjectId(row.project_id))
    return Moment(extract_id, project, row.as_of.astimezone(UTC))


async def _fail(engine: AsyncEngine, extract_id: ExtractId, reason: str, now: datetime) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            update(table)
            .where(table.c.extract_id == extract_id, table.c.state == ExtractState.LINKED)
            .values(state=ExtractState.FAILED, settled_at=now, failed_because=reason)
        )
