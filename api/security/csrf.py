"""An unsafe request counts only when a page of ours made it: by its origin and by a token, both."""

from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from litestar import Request

from api.security.errors import CrossSiteError
from api.security.sessions import Session
from surveys.settings import Settings

HEADER = "x-csrf"


def check(request: Request[Any, Any, Any], session: Session, settings: Settings) -> None:
    """Lets an unsafe request of this session pass.

    Raises:
        CrossSiteError: it comes from elsewhere, or without the session's token.
    """
    check_token(request, session.csrf, settings)


def check_token(request: Request[Any, Any, Any], csrf: str, settings: Settings) -> None:
    """The same for whoever has the token and needs no session, as at the logout.

    Raises:
        CrossSiteError: the request comes from elsewhere, or without the token.
    """
    if not _is_same_origin(request, settings) or not _is_token(request.headers.get(HEADER, ""), csrf):
        raise CrossSiteError


def _is_same_origin(request: Request[Any, Any, Any], settings: Settings) -> bool:
    """By both headers where the browser sends both; one of them it must send."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if origin is None and site is None:
        return False
    public = urlsplit(settings.etterklang_public_url)
    return origin in (None, f"{public.scheme}://{public.netloc}") and site in (None, "same-origin")


def _is_token(sent: str, csrf: str) -> bool:
    return csrf != "" and compare_digest(sent.encode(), csrf.encode())
