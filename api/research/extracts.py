"""The routes of research: request a project's extract, see how far it has come, fetch its files."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, SkipValidation
from litestar.response import Stream

from api.bodies import BadRequestError
from api.security.roles import Who
from api.visits import ANY_RESEARCH, MachineVisit, visit_machine
from surveys.database import transaction
from surveys.identifiers import ExtractId, ProjectId
from surveys.research import (
    ExtractNotFoundError,
    ExtractNotReadyError,
    ExtractStatus,
    Manifest,
    extract_file,
    extract_status,
    request_extract,
)

PARQUET = "application/vnd.apache.parquet"
MEDIA_TYPES: Mapping[str, str] = {
    "responses.parquet": PARQUET,
    "codebook.json": "application/json",
    "manifest.json": "application/json",
}

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

ResearchVisit = NamedDependency[SkipValidation[MachineVisit]]


class ExtractRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The moment whose knowledge is wanted (RFC 3339, with its offset); now where left out."""

    as_of: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ExtractRequested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The extract that will be made; its status is at ``Location``."""

    extract_id: ExtractId


@post(
    "/projects/{project_id:uuid}/extracts",
    opt={"who": Who.MACHINE, "scope": "research:{project_id}"},
    status_code=202,
)
async def ask(
    machine: ResearchVisit, project_id: FromPath[ProjectId], data: JSONBody[ExtractRequest]
) -> Response[ExtractRequested]:
    """Asks for an extract, which two other processes then make."""
    as_of = data.as_of or machine.now
    if as_of < EARLIEST:
        raise BadRequestError("$.as_of", f"must not lie before {EARLIEST.date()}")
    async with transaction(machine.process.engine) as connection:
        extract_id = await request_extract(connection, project_id, as_of, machine.client_id, machine.now)
    return Response(
        ExtractRequested(extract_id), headers={"location": f"/api/research/extracts/{extract_id}"}
    )


@get("/extracts/{extract_id:uuid}", opt={"who": Who.MACHINE, "scope": ANY_RESEARCH})
async def status(machine: ResearchVisit, extract_id: FromPath[ExtractId]) -> ExtractStatus:
    """How far the extract has come."""
    return await _own(machine, extract_id)


@get("/extracts/{extract_id:uuid}/responses.parquet", opt={"who": Who.MACHINE, "scope": ANY_RESEARCH})
async def responses(
    request: Request[Any, Any, Any], machine: ResearchVisit, extract_id: FromPath[ExtractId]
) -> Response[Any]:
    """The responses: one row each, as Parquet."""
    return await _file(request, machine, extract_id, "responses.parquet")


@get("/extracts/{extract_id:uuid}/codebook.json", opt={"who": Who.MACHINE, "scope": ANY_RESEARCH})
async def codebook(
    request: Request[Any, Any, Any], machine: ResearchVisit, extract_id: FromPath[ExtractId]
) -> Response[Any]:
    """What each column holds."""
    return await _file(request, machine, extract_id, "codebook.json")


@get("/extracts/{extract_id:uuid}/manifest.json", opt={"who": Who.MACHINE, "scope": ANY_RESEARCH})
async def manifest(
    request: Request[Any, Any, Any], machine: ResearchVisit, extract_id: FromPath[ExtractId]
) -> Response[Any]:
    """What the extract is, and the digest of each file."""
    await _ready(machine, extract_id)
    content = b"".join([part async for part in _parts(machine, extract_id, "manifest.json")])
    headers = _headers("manifest.json", hashlib.sha256(content).hexdigest())
    if _has_it(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPES["manifest.json"], headers=headers)


async def _file(
    request: Request[Any, Any, Any], machine: MachineVisit, extract_id: ExtractId, file: str
) -> Response[Any]:
    digest = next(one for one in (await _ready(machine, extract_id)).files if one.name == file)
    headers = _headers(file, digest.sha256)
    if _has_it(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    # The length that was announced lets a client see a download that was broken off.
    headers["content-length"] = str(digest.bytes)
    return Stream(_parts(machine, extract_id, file), media_type=MEDIA_TYPES[file], headers=headers)


async def _own(machine: MachineVisit, extract_id: ExtractId) -> ExtractStatus:
    """The status of an extract of a project that this token is for; another project's looks like none."""
    async with transaction(machine.process.engine) as connection:
        found = await extract_status(connection, extract_id)
    if f"research:{found.project_id}" not in machine.scopes:
        raise ExtractNotFoundError(extract_id)
    return found


async def _ready(machine: MachineVisit, extract_id: ExtractId) -> Manifest:
    found = await _own(machine, extract_id)
    if found.manifest is None:
        raise ExtractNotReadyError(extract_id, found.state)
    return found.manifest


async def _parts(machine: MachineVisit, extract_id: ExtractId, file: str) -> AsyncIterator[bytes]:
    async with transaction(machine.process.engine) as connection:
        async for part in extract_file(connection, machine.process.keys, extract_id, file):
            yield part


def _headers(file: str, sha256: str) -> dict[str, str]:
    return {"etag": f'"{sha256}"', "content-disposition": f'attachment; filename="{file}"'}


def _has_it(request: Request[Any, Any, Any], etag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return etag in (one.strip() for one in known.split(","))


research_router = Router(
    "/api/research",
    route_handlers=[ask, status, responses, codebook, manifest],
    dependencies={"machine": Provide(visit_machine)},
    tags=["research"],
)
