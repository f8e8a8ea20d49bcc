"""Around every request: an identifier, a span, the security headers, and one line in the log."""

import time

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from opentelemetry import trace

from api.headers import SecurityHeaders
from surveys.identifiers import new_id

CORRELATION = "correlation_id"
PROBLEM = "problem"

log = structlog.get_logger()
tracer = trace.get_tracer("etterklang.api")


def correlation_id(scope: Scope) -> str:
    """The identifier of this request, in the log and in the answer to an error of ours."""
    return str(scope["state"].get(CORRELATION, ""))


def note_problem(scope: Scope, name: str) -> None:
    """Tells the log by which problem the request was answered."""
    scope["state"][PROBLEM] = name


class Edge:
    """The outermost layer: what Litestar answers by itself (404, 405, a failure) passes through it, too."""

    def __init__(self, app: ASGIApp, headers: SecurityHeaders) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Nothing that goes wrong leaves here as an exception: its message may hold a value."""
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._app(scope, receive, send)
            return
        scope["state"][CORRELATION] = str(new_id())
        status = 0
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._headers.add(message)
            await send(message)

        with tracer.start_as_current_span(scope["method"], record_exception=False) as span:
            try:
                await self._app(scope, receive, sending)
            except Exception as error:  # the response has begun: all that is left is to break it off
                name, correlation = _innermost(error), correlation_id(scope)
                log.error("response.broken-off", error=name, correlation_id=correlation)  # noqa: TRY400
            _describe(span, scope, status)
        _log_request(scope, status, 1000 * (time.perf_counter() - began))


def _innermost(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__


def _route(scope: HTTPScope) -> str:
    """The template, since a path holds identifiers."""
    return str(scope.get("path_template", "unknown"))


def _describe(span: trace.Span, scope: HTTPScope, status: int) -> None:
    route = _route(scope)
    span.update_name(f"{scope['method']} {route}")
    span.set_attribute("http.request.method", scope["method"])
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)


def _log_request(scope: HTTPScope, status: int, milliseconds: float) -> None:
    log.info(
        "request",
        method=scope["method"],
        route=_route(scope),
        status=status,
        ms=round(milliseconds, 1),
        correlation_id=correlation_id(scope),
        problem=scope["state"].get(PROBLEM),
    )
