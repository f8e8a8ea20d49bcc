"""Around every request to the provider: nobody but this machine, by its own name, gets an answer."""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.security.profiles import is_loopback


class LoopbackOnly:
    """Refuses, before reading anything, whoever comes from elsewhere or by another name (DNS rebinding)."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        """``policy`` is the content security policy of the pages."""
        self._app = app
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"cache-control", b"no-store"),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the application."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if not _is_from_here(scope):
            await _refuse(send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = {name for name, _ in self._headers}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in added]
                message["headers"] = [*kept, *self._headers]
            await send(message)

        await self._app(scope, receive, sending)


def _is_from_here(scope: HTTPScope) -> bool:
    client = scope["client"]
    names = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"]
    if client is None or not is_loopback(client[0]) or len(names) != 1:
        return False
    return is_loopback(_without_port(names[0]))


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] or host


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"only this machine", "more_body": False})
