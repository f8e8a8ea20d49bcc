"""The login's four routes: away to the identity provider, back with a code, and out again."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from api import edge
from api.documents import language_of
from api.process import Process, process_of
from api.security import cookies
from api.security.attempts import Attempt, keep_attempt, new_attempt, open_attempt, take_attempt
from api.security.csrf import check_token
from api.security.errors import NotSignedInError
from api.security.login_errors import (
    LoginDeniedError,
    LoginError,
    Notice,
    ProviderUnavailableError,
    ResponseMalformedError,
)
from api.security.oidc import RelyingParty
from api.security.profiles import CALLBACK, SIGNED_OUT
from api.security.roles import Who
from api.security.sessions import SessionLimits, cookie_of, csrf_of, end_session, start_session
from surveys.database import transaction
from surveys.keys import Audience, KeysError, KeysUnavailableError

ATTEMPT_SECONDS = 600
HOMES = {Audience.PATIENT: "/", Audience.STAFF: "/staff"}
PAGES = {Audience.PATIENT: ("/", "/mine"), Audience.STAFF: ("/staff",)}
HARMLESS_QUERY = re.compile(r"(\?[A-Za-z0-9_=&-]{0,200})?", re.ASCII)

AnyRequest = Request[Any, Any, Any]
log = structlog.get_logger()


class AuthorizationResponse(msgspec.Struct, frozen=True):
    """What the provider has the browser bring back (RFC 6749, 4.1.2; RFC 9207); more may stand beside it."""

    state: str
    code: str | None = None
    error: str | None = None
    iss: str | None = None


class LoggedOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Our session has ended. The page goes on to ``continue_at``, where the provider's ends too."""

    continue_at: str


@get("/login/patient", opt={"who": Who.ANYONE}, include_in_schema=False)
async def log_in_patient(request: AnyRequest) -> Redirect:
    """Sends the browser to the patients' identity provider; ``fresh=yes`` has them log in there again."""
    return await _begin(request, Audience.PATIENT)


@get("/login/staff", opt={"who": Who.ANYONE}, include_in_schema=False)
async def log_in_staff(request: AnyRequest) -> Redirect:
    """Sends the browser to the staff's identity provider."""
    return await _begin(request, Audience.STAFF)


@get(CALLBACK, opt={"who": Who.ANYONE}, include_in_schema=False)
async def come_back(request: AnyRequest) -> Redirect:
    """Ends the login: with a session, or with a notice that says no more than that it did not work."""
    process = process_of(request)
    audience = Audience.PATIENT
    try:
        response = _read_response(request)
        attempt = await _own_attempt(request, process, response.state)
        audience = attempt.audience
        session = await _finish(request, process, attempt, response)
    except (LoginError, KeysError) as error:
        return _refused(request, process, error, audience)
    log.info("login.finished", audience=attempt.audience, correlation_id=edge.correlation_id(request.scope))
    made = cookies.made(process.settings, cookies.session_cookie_name(process.settings), session)
    return _redirect(attempt.return_path, (made, _login_cookie_removed(process)))


@post("/logout", opt={"who": Who.ANYONE}, status_code=200, tags=["login"])
async def log_out(request: AnyRequest) -> Response[LoggedOut]:
    """Ends our session, whoever's it is, and says where the page ends the provider's.

    Raises:
        CrossSiteError: the request does not come from our page.
    """
    process = process_of(request)
    cookie = cookie_of(request, process.settings)
    audience = None
    address = None
    if cookie is not None:
        check_token(request, csrf_of(cookie), process.settings)
        async with transaction(process.engine) as connection:
            audience = await end_session(connection, cookie)
    if audience is not None and audience in process.relying_parties:
        address = await process.relying_parties[audience].logout_address()
    ours = SIGNED_OUT[audience or Audience.PATIENT]
    name = cookies.session_cookie_name(process.settings)
    return Response(LoggedOut(address or ours), cookies=[cookies.removed(process.settings, name)])


login_router = Router(path="/", route_handlers=[log_in_patient, log_in_staff, come_back, log_out])


def safe_return_path(audience: Audience, asked: str) -> str:
    """The page to show after the login: one of the audience's own, with or without a harmless query."""
    path, mark, query = asked.partition("?")
    if path in PAGES[audience] and HARMLESS_QUERY.fullmatch(mark + query):
        return asked
    return HOMES[audience]


async def _begin(request: AnyRequest, audience: Audience) -> Redirect:
    _check_navigation(request, audience)
    process = process_of(request)
    try:
        party = _party(process, audience)
        return_path = safe_return_path(audience, request.query_params.get("return_to", ""))
        is_fresh = request.query_params.get("fresh") == "yes"
        attempt = new_attempt(audience, party.profile.issuer, return_path, is_fresh=is_fresh)
        address = await party.authorization_address(attempt, language_of(request, None))
    except LoginError as error:
        return _refused(request, process, error, audience)
    async with transaction(process.engine) as connection:
        secret = await keep_attempt(connection, attempt, process.now())
    name = cookies.login_cookie_name(process.settings)
    return _redirect(address, (cookies.made(process.settings, name, secret, ATTEMPT_SECONDS),))


async def _finish(
    request: AnyRequest, process: Process, attempt: Attempt, response: AuthorizationResponse
) -> str:
    """The cookie of the session that the attempt ends in."""
    party = _party(process, attempt.audience)
    await party.check_issuer(response.iss)
    if response.code is None:
        raise LoginDeniedError("the provider or the person said no")
    id_token = await party.exchange(response.code, attempt.verifier)
    login = await process.keys.login(attempt.audience, id_token, attempt.nonce)
    earlier = cookie_of(request, process.settings)
    async with transaction(process.engine) as connection:
        if earlier is not None:
            await end_session(connection, earlier)
        limits = SessionLimits.of(process.settings)
        return await start_session(connection, login, attempt.audience, process.now(), limits)


def _read_response(request: AnyRequest) -> AuthorizationResponse:
    pairs = list(request.query_params.multi_items())
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ResponseMalformedError("a parameter is given more than once")
    try:
        response = msgspec.convert(fields, AuthorizationResponse)
    except msgspec.ValidationError as error:
        raise ResponseMalformedError("the state is missing") from error
    if (response.code is None) == (response.error is None):
        raise ResponseMalformedError("there must be a code or an error, and not both")
    return response


async def _own_attempt(request: AnyRequest, process: Process, state: str) -> Attempt:
    async with transaction(process.engine) as connection:
        kept = await take_attempt(connection, state)
    cookie = request.cookies.get(cookies.login_cookie_name(process.settings), "")
    return open_attempt(kept, state, cookie, process.now())


def _party(process: Process, audience: Audience) -> RelyingParty:
    party = process.relying_parties.get(audience)
    if party is None:
        raise ProviderUnavailableError("no identity provider is set up")
    return party


def _check_navigation(request: AnyRequest, audience: Audience) -> None:
    """A page's script, a frame or an image is told to log in, not sent away; an old browser says nothing."""
    mode = request.headers.get("sec-fetch-mode", "navigate")
    target = request.headers.get("sec-fetch-dest", "document")
    if (mode, target) != ("navigate", "document"):
        raise NotSignedInError(audience)


def _refused(
    request: AnyRequest, process: Process, error: LoginError | KeysError, audience: Audience
) -> Redirect:
    """Back to the audience's own page, with a notice."""
    log.warning(
        "login.refused",
        error=type(error).__name__,
        rule=getattr(error, "rule", ""),
        correlation_id=edge.correlation_id(request.scope),
    )
    home = f"{HOMES[audience]}?{urlencode({'notice': _notice(error)})}"
    return _redirect(home, (_login_cookie_removed(process),))


def _notice(error: LoginError | KeysError) -> Notice:
    if isinstance(error, LoginError):
        return error.notice
    unavailable = isinstance(error, KeysUnavailableError)
    return ProviderUnavailableError.notice if unavailable else LoginError.notice


def _login_cookie_removed(process: Process) -> Cookie:
    return cookies.removed(process.settings, cookies.login_cookie_name(process.settings))


def _redirect(address: str, setting: Iterable[Cookie]) -> Redirect:
    return Redirect(address, status_code=303, cookies=list(setting))
