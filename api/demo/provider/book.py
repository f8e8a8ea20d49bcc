"""What is under way at the provider, in memory: pushed requests, codes, and who is logged in."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Literal

import msgspec

from api.demo.provider.config import Client, Person
from api.demo.provider.refusals import OAuthRefusalError, PageRefusalError

REQUEST_LASTS = timedelta(minutes=10)
CODE_LASTS = timedelta(seconds=60)
REQUEST_PREFIX = "urn:ietf:params:oauth:request_uri:"
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
LEVELS = ("idporten-loa-substantial", "idporten-loa-high")
LANGUAGES = ("nb", "nn", "en", "se")


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """A pushed request; every field that has no default is required, as ID-porten does."""

    client_id: str
    response_type: Literal["code"]
    redirect_uri: str
    scope: str
    state: str
    nonce: str
    code_challenge: str
    code_challenge_method: Literal["S256"]
    acr_values: str = LEVELS[0]
    ui_locales: str = LANGUAGES[0]


class Granted(msgspec.Struct, frozen=True):
    """What a code stands for."""

    request: AuthorizationRequest
    person: Person
    sid: str
    logged_in_at: datetime
    ends_at: datetime


class Book:
    """Everything under way. Each entry is good once, and for a while."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._requests: dict[str, tuple[AuthorizationRequest, datetime]] = {}
        self._codes: dict[str, Granted] = {}
        self._logged_in: dict[str, Person] = {}

    def keep_request(self, client: Client, fields: Mapping[str, str]) -> str:
        """Takes a pushed request, and gives the ``request_uri`` that stands for it.

        Raises:
            OAuthRefusalError: ``invalid_request``, with the rule that it breaks.
        """
        request = _read_request(client, fields)
        self._forget_old()
        request_uri = REQUEST_PREFIX + secrets.token_urlsafe(32)
        self._requests[request_uri] = (request, self._now() + REQUEST_LASTS)
        return request_uri

    def request(self, request_uri: str) -> AuthorizationRequest:
        """The pushed request, as long as nobody has decided on it.

        Raises:
            PageRefusalError: there is none, or none any more.
        """
        found = self._requests.get(request_uri)
        if found is None or found[1] <= self._now():
            raise PageRefusalError("The request is unknown, has been used or is too old. Start again.")
        return found[0]

    def close_request(self, request_uri: str) -> AuthorizationRequest:
        """The same, and the last time.

        Raises:
            PageRefusalError: there is none, or none any more.
        """
        request = self.request(request_uri)
        del self._requests[request_uri]
        return request

    def log_in(self, request: AuthorizationRequest, person: Person) -> tuple[str, str]:
        """A code for the client, and the identifier of the person's session here."""
        now = self._now()
        code, sid = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        self._logged_in[sid] = person
        self._codes[code] = Granted(request, person, sid, now, now + CODE_LASTS)
        return code, sid

    def redeem(self, client: Client, fields: Mapping[str, str]) -> Granted:
        """What the code stands for. It is gone afterwards, whatever comes of it.

        Raises:
            OAuthRefusalError: ``invalid_grant``: unknown, used, too old, another client's, or PKCE fails.
        """
        granted = self._codes.pop(fields.get("code", ""), None)
        if granted is None or granted.ends_at <= self._now():
            raise OAuthRefusalError("invalid_grant", "the code is unknown, has been used or is too old")
        request = granted.request
        if request.client_id != client.client_id or request.redirect_uri != fields.get("redirect_uri"):
            raise OAuthRefusalError("invalid_grant", "the code was given to another client or address")
        if not compare_digest(s256(fields.get("code_verifier", "")), request.code_challenge):
            raise OAuthRefusalError("invalid_grant", "code_verifier does not fit code_challenge")
        return granted

    def log_out(self, sid: str) -> None:
        """Ends a session here; one that is unknown has ended already."""
        self._logged_in.pop(sid, None)

    def is_logged_in(self, sid: str) -> bool:
        """Whether the session lasts."""
        return sid in self._logged_in

    def _forget_old(self) -> None:
        now = self._now()
        self._requests = {uri: kept for uri, kept in self._requests.items() if kept[1] > now}
        self._codes = {code: kept for code, kept in self._codes.items() if kept.ends_at > now}


def s256(verifier: str) -> str:
    """The code challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _read_request(client: Client, fields: Mapping[str, str]) -> AuthorizationRequest:
    if "request_uri" in fields:
        raise OAuthRefusalError("invalid_request", "request_uri must not be pushed")
    try:
        request = msgspec.convert({**fields, "client_id": client.client_id}, AuthorizationRequest)
    except msgspec.ValidationError as error:
        raise OAuthRefusalError("invalid_request", str(error)) from error
    rules = (
        (request.redirect_uri in client.redirect_uris, "redirect_uri is not registered"),
        ("openid" in request.scope.split(), "scope must hold openid"),
        (bool(request.state) and bool(request.nonce), "state and nonce must be there"),
        (CHALLENGE.fullmatch(request.code_challenge) is not None, "code_challenge must be an S256 one"),
        (set(request.acr_values.split()) <= set(LEVELS), "acr_values must be levels of ours"),
    )
    broken = next((rule for holds, rule in rules if not holds), None)
    if broken is not None:
        raise OAuthRefusalError("invalid_request", broken)
    return request
