"""Whether this process lives, and whether what it needs can be reached."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from litestar import Request, Router, get
from sqlalchemy import text

from api.process import Process, process_of
from api.security.roles import Who
from surveys.database import transaction

PATIENCE_SECONDS = 2.0


class NotReadyError(Exception):
    """Something that the service needs cannot be reached."""

    def __init__(self, unreachable: list[str]) -> None:
        self.unreachable = tuple(unreachable)
        super().__init__(f"not reachable: {', '.join(unreachable)}")


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That all is well."""

    status: Literal["live", "ready"]


@get("/live", opt={"who": Who.ANYONE})
async def live() -> Health:
    """The process answers."""
    return Health("live")


@get("/ready", opt={"who": Who.ANYONE})
async def ready(request: Request[Any, Any, Any]) -> Health:
    """The database and the key service answer; else 503 says which one does not, and nothing more."""
    process = process_of(request)
    needed: dict[str, Callable[[Process], Awaitable[None]]] = {
        "the database": _reach_database,
        "the key service": _reach_keys,
    }
    unreachable = [name for name, reach in needed.items() if not await _is_reached(reach(process))]
    if unreachable:
        raise NotReadyError(unreachable)
    return Health("ready")


async def _is_reached(reaching: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reaching
    except Exception:  # whatever it is: it cannot be reached, and nobody outside is told why
        return False
    return True


async def _reach_database(process: Process) -> None:
    async with transaction(process.engine) as connection:
        await connection.execute(text("SELECT 1"))


async def _reach_keys(process: Process) -> None:
    await process.keys.inbox_key()


health_router = Router("/health", route_handlers=[live, ready], tags=["health"])
