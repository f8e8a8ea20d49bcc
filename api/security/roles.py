"""Who may call a route. Every route declares it; one that does not stops the start-up."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.routes import HTTPRoute

Connection = ASGIConnection[Any, Any, Any, Any]

SAFE_METHODS = frozenset(("GET", "HEAD"))


class Who(StrEnum):
    """Whom a route lets in, declared as ``opt={"who": Who.PATIENT}``.

    A machine's route also says for which scope: ``opt={"who": Who.MACHINE, "scope": "feed:{registry}"}``,
    with the path's parameters in braces, or ``research:*`` where the handler compares the project itself.
    """

    ANYONE = "anyone"
    PATIENT = "patient"
    STAFF_REGISTRY = "staff-registry"
    MACHINE = "machine"


VISITS: dict[Who, str] = {
    Who.PATIENT: "patient",
    Who.STAFF_REGISTRY: "staff",
    Who.MACHINE: "machine",
}
"""The dependency (see ``api/visits.py``) that checks the credential; the handler must take it."""


class UndeclaredRouteError(Exception):
    """A route does not say who may call it, or does not take the visit that checks what it says."""

    def __init__(self, route: str, rule: str) -> None:
        self.route = route
        super().__init__(f"{route} {rule}")


class Declared(NamedTuple):
    """One route and whom it lets in."""

    method: str
    path: str
    who: Who


def check_routes(app: Litestar) -> None:
    """Refuses an app with a route that does not say who may call it.

    Raises:
        UndeclaredRouteError: names the route and what it lacks.
    """
    for _ in routes_of(app):
        continue


def routes_of(app: Litestar) -> Iterator[Declared]:
    """Every route of the app and whom it lets in; the answer to OPTIONS is 405 everywhere and left out.

    Raises:
        UndeclaredRouteError: a route does not declare it, or declares it and does not check it.
    """
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            raise UndeclaredRouteError(route.path, "is no HTTP route; nobody could check who calls it")
        for method, (handler, _) in sorted(route.route_handler_map.items()):
            if method != "OPTIONS":
                yield Declared(method, route.path_format, _checked(handler, f"{method} {route.path_format}"))


def declared_by(handler: BaseRouteHandler) -> Who | None:
    """Whom the handler lets in, or nothing where it does not say."""
    who = handler.opt.get("who")
    return who if isinstance(who, Who) else None


async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
    """The guard before every handler: nothing is called that does not say by whom it may be.

    What it says is checked by the visit that the handler takes, in the transaction of the act itself.

    Raises:
        MethodNotAllowedException: OPTIONS; there is nothing here that another origin may ask.
        UndeclaredRouteError: the route does not declare who may call it.
    """
    if connection.scope["type"] == ScopeType.HTTP and connection.scope["method"] == "OPTIONS":
        raise MethodNotAllowedException(headers={"allow": _allowed(connection)})
    if declared_by(handler) is None:
        raise UndeclaredRouteError(str(handler), "does not declare who may call it")


def _checked(handler: HTTPRouteHandler, route: str) -> Who:
    who = declared_by(handler)
    if who is None:
        raise UndeclaredRouteError(route, 'does not declare who may call it: set opt={"who": Who.…}')
    visit = VISITS.get(who)
    if visit is not None and visit not in handler.parsed_fn_signature.parameters:
        raise UndeclaredRouteError(route, f"lets in {who} and must take the visit {visit!r} that checks it")
    if who is Who.MACHINE and not handler.opt.get("scope"):
        raise UndeclaredRouteError(route, "lets in machines and must say for which scope")
    return who


def _allowed(connection: Connection) -> str:
    path = connection.scope.get("path_template")
    methods = {
        method
        for route in connection.app.routes
        if isinstance(route, HTTPRoute) and route.path_format == path
        for method in route.route_handler_map
    }
    return ", ".join(sorted(methods - {"OPTIONS"}))
