"""``GET /api/openapi.json``: the description of the API, the same as the committed ``openapi.json``."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, Reference, SecurityScheme

from api.problems import MEDIA_TYPE, Problem
from api.security.roles import Who, declared_by

DESCRIPTION = (
    "Every error is an RFC 9457 problem; docs/api.md lists their names. Times are RFC 3339, dates ISO 8601. "
    "Unknown fields, unknown query parameters and bodies over 64 KiB (the feed's excepted) are refused."
)
SCHEMES: dict[str, SecurityScheme | Reference] = {
    "session": SecurityScheme(
        type="apiKey", name="__Host-etterklang", security_scheme_in="cookie", description="set by the login"
    ),
    "csrf": SecurityScheme(
        type="apiKey", name="x-csrf", security_scheme_in="header", description="with every unsafe request"
    ),
    "token": SecurityScheme(type="http", scheme="bearer", description="given by /api/token"),
}
SECURITY: dict[Who, list[dict[str, list[str]]]] = {
    Who.ANYONE: [],
    Who.PATIENT: [{"session": [], "csrf": []}],
    Who.STAFF_REGISTRY: [{"session": [], "csrf": []}],
    Who.MACHINE: [{"token": []}],
}


def describe(routes: Sequence[Any]) -> bytes:
    """The OpenAPI description of these routes: the same routes give the same bytes."""
    config = OpenAPIConfig(
        title="Etterklang",
        version=version("etterklang"),
        description=DESCRIPTION,
        use_handler_docstrings=True,
        components=Components(security_schemes=SCHEMES),
    )
    app = Litestar([*routes, _sample_problem], openapi_config=config, logging_config=None)
    schema = app.openapi_schema.to_schema()
    del schema["paths"]["/problem"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _mend(operation, _who(app, path, method))
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=1) + b"\n"


def openapi_route(routes: Sequence[Any]) -> HTTPRouteHandler:
    """The route that serves the description of ``routes``."""
    description = cache(lambda: describe(routes))

    @get("/api/openapi.json", opt={"who": Who.ANYONE}, include_in_schema=False, sync_to_thread=False)
    def openapi() -> Response[bytes]:
        return Response(description(), media_type="application/json", headers={"cache-control": "no-cache"})

    return openapi


@get("/problem", sync_to_thread=False)
def _sample_problem() -> Problem:
    """Never served: it brings the schema of a problem into the description."""
    raise NotImplementedError


def _mend(operation: dict[str, Any], who: Who) -> None:
    """Litestar describes errors of its own; ours are problems, whatever the status."""
    responses = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses["default"] = {"description": "A problem", "content": {MEDIA_TYPE: problem}}
    operation["responses"] = responses
    if SECURITY[who]:
        operation["security"] = SECURITY[who]


def _who(app: Litestar, path: str, method: str) -> Who:
    for route in app.routes:
        if route.path_format == path:
            handlers = getattr(route, "route_handler_map", {})
            if method.upper() in handlers:
                return declared_by(handlers[method.upper()][0]) or Who.ANYONE
    return Who.ANYONE
