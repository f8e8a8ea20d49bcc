"""A visit: who calls, checked in the very transaction that the handler then acts in."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from api.process import Process, process_of
from api.security import csrf, sessions
from api.security.errors import NotSignedInError, RoleMissingError, ScopeMissingError, TokenRefusedError
from api.security.machines import find_machine
from api.security.roles import SAFE_METHODS
from api.security.sessions import Session
from api.security.tokens import read_token
from surveys.database import transaction
from surveys.keys import Audience

REGISTRY_ROLE = "registry"
ANY_RESEARCH = "research:*"


@dataclass(frozen=True)
class Visit:
    """A request by somebody who is logged in. What it does is committed before the answer is sent."""

    process: Process
    connection: AsyncConnection
    session: Session
    now: datetime


@dataclass(frozen=True)
class MachineVisit:
    """A request by a machine. Its transactions are the handler's own: it may send or take for minutes."""

    process: Process
    client_id: str
    scopes: frozenset[str]
    now: datetime


@asynccontextmanager
async def visit(request: Request[Any, Any, Any], audience: Audience) -> AsyncIterator[Visit | None]:
    """The visit of whoever is logged in, or nothing; one transaction, from the session's check to the act."""
    process = process_of(request)
    now = process.now()
    cookie = sessions.cookie_of(request, process.settings)
    if cookie is None:
        yield None
        return
    async with transaction(process.engine) as connection:
        session = await sessions.current(connection, cookie, audience, now)
        yield None if session is None else Visit(process, connection, session, now)


async def visit_patient(request: Request[Any, Any, Any]) -> AsyncGenerator[Visit, None]:
    """The visit of a patient; row-level security shows this transaction their rows and no others.

    Raises:
        NotSignedInError: there is no session, or it has ended.
        CrossSiteError: an unsafe request that does not come from our page.
    """
    async with visit(request, Audience.PATIENT) as found:
        yield _checked(request, Audience.PATIENT, found)


async def visit_staff(request: Request[Any, Any, Any]) -> AsyncGenerator[Visit, None]:
    """The visit of somebody at the registry.

    Raises:
        NotSignedInError: there is no session, or it has ended.
        RoleMissingError: the login has not the role.
        CrossSiteError: an unsafe request that does not come from our page.
    """
    async with visit(request, Audience.STAFF) as found:
        checked = _checked(request, Audience.STAFF, found)
        if REGISTRY_ROLE not in checked.session.roles:
            raise RoleMissingError(REGISTRY_ROLE)
        yield checked


async def visit_machine(request: Request[Any, Any, Any]) -> MachineVisit:
    """The visit of a machine with a token for the scope that its route declares.

    Raises:
        TokenRefusedError: there is no token, it does not hold, or the machine has been revoked since.
        ScopeMissingError: the token is for something else.
    """
    process = process_of(request)
    now = process.now()
    token = read_token(
        await process.kept.receipt(), process.settings.etterklang_public_url, _bearer(request), now
    )
    async with transaction(process.engine) as connection:
        found = await find_machine(connection, token.client_id)
    if found is None:
        raise TokenRefusedError
    scopes = token.scopes.intersection(found.scopes)
    _check_scope(str(request.route_handler.opt["scope"]).format_map(request.path_params), scopes)
    return MachineVisit(process, token.client_id, scopes, now)


def _checked(request: Request[Any, Any, Any], audience: Audience, found: Visit | None) -> Visit:
    if found is None:
        raise NotSignedInError(audience)
    if request.method not in SAFE_METHODS:
        csrf.check(request, found.session, found.process.settings)
    return found


def _bearer(request: Request[Any, Any, Any]) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefusedError
    return token


def _check_scope(needed: str, scopes: frozenset[str]) -> None:
    if needed == ANY_RESEARCH:
        if not any(scope.startswith("research:") for scope in scopes):
            raise ScopeMissingError(needed)
    elif needed not in scopes:
        raise ScopeMissingError(needed)
