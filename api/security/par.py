"""Pushed authorization requests (RFC 9126): what we ask goes to the provider, not through the browser."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx2
import msgspec

from api.security.login_errors import ProviderUnavailableError, RequestRefusedError

ATTEMPTS = 3
PAUSE_SECONDS = 0.1

Post = Callable[[Mapping[str, str]], Awaitable[httpx2.Response]]
"""Sends the parameters with a client assertion of its own, new with every call."""


class Pushed(msgspec.Struct, frozen=True):
    """The provider's answer, as far as we read it (section 2.2)."""

    request_uri: str


async def push(post: Post, parameters: Mapping[str, str]) -> str:
    """Pushes the request and gives the ``request_uri`` that stands for it.

    A provider that fails (5xx, or no answer) is asked three times; one that refuses, or asks us to slow
    down (429), is left alone.

    Raises:
        ProviderUnavailableError: it fails three times, asks us to slow down, or answers what cannot be read.
        RequestRefusedError: it refuses the request.
    """
    response = await _posted(post, parameters)
    if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        raise ProviderUnavailableError("the provider asks us to slow down")
    if not response.is_success:
        raise RequestRefusedError(f"the provider answers a pushed request with {response.status_code}")
    try:
        return msgspec.json.decode(response.content, type=Pushed).request_uri
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailableError("the answer to a pushed request cannot be read") from error


async def _posted(post: Post, parameters: Mapping[str, str]) -> httpx2.Response:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            response = await post(parameters)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            if attempt == ATTEMPTS:
                raise ProviderUnavailableError("the provider does not answer") from error
        else:
            if not response.is_server_error:
                return response
        await asyncio.sleep(PAUSE_SECONDS * attempt)
    raise ProviderUnavailableError("the provider fails")
