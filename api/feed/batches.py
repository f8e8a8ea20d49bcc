"""The routes of the feed: send a batch, see what became of its rows."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import InternalServerException
from litestar.params import FromPath, SkipValidation

from api.bodies import BadRequestError, check_type
from api.operations import taking_rows
from api.security.roles import Who
from api.visits import MachineVisit, visit_machine
from surveys.database import transaction
from surveys.registry import BatchHeader, BatchStatus, Form, batch_status, receive_batch

FORMS: Mapping[str, Form] = {"text/csv": "csv", "application/x-ndjson": "ndjson"}
MOST_BYTES = 1024**3

FeedVisit = NamedDependency[SkipValidation[MachineVisit]]


class BatchNotFoundError(Exception):
    """There is no such batch."""

    def __init__(self, registry: str, batch_id: UUID) -> None:
        self.registry = registry
        self.batch_id = batch_id
        super().__init__(f"there is no batch {batch_id} of {registry}; send it")


@post(
    "/{registry:str}/batches/{batch_id:uuid}",
    opt={"who": Who.MACHINE, "scope": "feed:{registry}"},
    status_code=202,
    request_max_body_size=MOST_BYTES,
    operation_class=taking_rows(FORMS),
)
async def send(
    request: Request[Any, Any, Any], machine: FeedVisit, registry: FromPath[str], batch_id: FromPath[UUID]
) -> Response[None]:
    """Takes a batch of CSV or NDJSON rows, a gigabyte at most; what became of each is at ``Location``."""
    form = FORMS[check_type(request, *FORMS)]
    batch = BatchHeader(registry, batch_id, form, machine.client_id)
    inbox_key = await machine.process.kept.inbox(machine.now)
    await receive_batch(machine.process.engine, inbox_key, batch, _chunks(request), machine.now)
    return Response(None, headers={"location": f"/api/feed/{registry}/batches/{batch_id}"})


@get("/{registry:str}/batches/{batch_id:uuid}", opt={"who": Who.MACHINE, "scope": "feed:{registry}"})
async def status(machine: FeedVisit, registry: FromPath[str], batch_id: FromPath[UUID]) -> BatchStatus:
    """Where the batch is, and when it has been imported, every rejected row with its column and rule."""
    async with transaction(machine.process.engine) as connection:
        found = await batch_status(connection, registry, batch_id)
    if found is None:
        raise BatchNotFoundError(registry, batch_id)
    return found


async def _chunks(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException as error:
        raise BadRequestError("body", "ended before it was complete; send it again") from error


feed_router = Router(
    "/api/feed",
    route_handlers=[send, status],
    dependencies={"machine": Provide(visit_machine)},
    tags=["feed"],
)
