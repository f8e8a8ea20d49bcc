"""The provider's routes: metadata and keys, the pushed request, the page to choose on, token and logout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import uvicorn
from joserfc.jwk import KeySetSerialization
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect

from api.demo.provider import page
from api.demo.provider.book import LANGUAGES, LEVELS, AuthorizationRequest, Book
from api.demo.provider.clients import Clients
from api.demo.provider.config import Person, ProviderConfig, check_config
from api.demo.provider.loopback import LoopbackOnly
from api.demo.provider.refusals import OAuthRefusalError, PageRefusalError, Refused
from api.demo.provider.tokens import ALGORITHM, Signer, TokenAnswer
from surveys import clock
from surveys.keys import Audience

REQUEST_SECONDS = 600
SESSION_COOKIE = "etterklang-demo-provider"
MOST_FIELDS = 30
MOST_BYTES = 64 * 1024

AnyRequest = Request[Any, Any, Any]


class ProviderMetadata(msgspec.Struct, frozen=True):
    """OpenID Connect Discovery 1.0, with what ID-porten says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    end_session_endpoint: str
    jwks_uri: str
    require_pushed_authorization_requests: bool = True
    authorization_response_iss_parameter_supported: bool = True
    response_types_supported: tuple[str, ...] = ("code",)
    grant_types_supported: tuple[str, ...] = ("authorization_code",)
    response_modes_supported: tuple[str, ...] = ("query",)
    subject_types_supported: tuple[str, ...] = ("pairwise",)
    code_challenge_methods_supported: tuple[str, ...] = ("S256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("private_key_jwt",)
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...] = ("RS256", "ES256")
    id_token_signing_alg_values_supported: tuple[str, ...] = (ALGORITHM,)
    scopes_supported: tuple[str, ...] = ("openid", "profile")
    acr_values_supported: tuple[str, ...] = LEVELS
    ui_locales_supported: tuple[str, ...] = LANGUAGES


class Pushed(msgspec.Struct, frozen=True):
    """The answer to a pushed request (RFC 9126, 2.2)."""

    request_uri: str
    expires_in: int = REQUEST_SECONDS


@dataclass(frozen=True)
class Provider:
    """What every handler shares."""

    config: ProviderConfig
    clients: Clients
    book: Book
    signer: Signer

    def people(self, request: AuthorizationRequest) -> list[tuple[int, Person]]:
        """Those who can log in at the client that asks: patients, or staff."""
        client = self.clients.find(request.client_id)
        staff = client is not None and client.audience is Audience.STAFF
        return [(n, person) for n, person in enumerate(self.config.people) if bool(person.name) is staff]


def create_provider(config: ProviderConfig, now: Callable[[], datetime] = clock.now) -> Litestar:
    """The provider as an application, with a signing key of its own that nothing outlives.

    Raises:
        DemoProviderError: in production, off this machine, or with a number that may be somebody's.
    """
    check_config(config)
    app = Litestar(
        [metadata, jwks, push_request, authorize, choose, give_token, log_out],
        exception_handlers={OAuthRefusalError: _refuse_client, PageRefusalError: _refuse_browser},
        request_max_body_size=MOST_BYTES,
        logging_config=None,
        openapi_config=None,
        debug=False,
    )
    app.state.provider = Provider(
        config, Clients(config.issuer, config.clients, now), Book(now), Signer(config.issuer, now)
    )
    origins = {_origin(uri) for client in config.clients for uri in client.redirect_uris}
    app.asgi_handler = LoopbackOnly(app.asgi_handler, " ".join([page.POLICY, *sorted(origins)]))
    return app


def serve(config: ProviderConfig, port: int) -> None:
    """Serves on 127.0.0.1 and nowhere else, until SIGTERM or SIGINT.

    Raises:
        DemoProviderError: in production, off this machine, or with a number that may be somebody's.
    """
    app = create_provider(config)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )


@get("/.well-known/openid-configuration", sync_to_thread=False)
def metadata(request: AnyRequest) -> ProviderMetadata:
    """What the provider is and where its endpoints are."""
    issuer = _provider(request).config.issuer
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        pushed_authorization_request_endpoint=f"{issuer}/par",
        end_session_endpoint=f"{issuer}/logout",
        jwks_uri=f"{issuer}/jwks",
    )


@get("/jwks", sync_to_thread=False)
def jwks(request: AnyRequest) -> KeySetSerialization:
    """The public key that ID tokens are signed with."""
    return _provider(request).signer.jwks()


@post("/par", status_code=201)
async def push_request(request: AnyRequest) -> Pushed:
    """Takes a pushed authorization request of an authenticated client."""
    provider = _provider(request)
    fields = await _form(request)
    client = provider.clients.authenticate(fields)
    return Pushed(provider.book.keep_request(client, fields))


@get("/authorize", sync_to_thread=False)
def authorize(request: AnyRequest) -> Response[str]:
    """The page to choose on, for a request that has been pushed; there is no other way to ask."""
    provider = _provider(request)
    request_uri = request.query_params.get("request_uri", "")
    if not request_uri:
        raise PageRefusalError("The request must be pushed first (RFC 9126).")
    asked = provider.book.request(request_uri)
    if asked.client_id != request.query_params.get("client_id"):
        raise PageRefusalError("Another client has pushed this request.")
    return _html(page.choose_page(request_uri, provider.people(asked)))


@post("/choose")
async def choose(request: AnyRequest) -> Redirect:
    """Sends the browser back to the client, with a code or with a refusal."""
    provider = _provider(request)
    fields = await _form(request)
    asked = provider.book.close_request(fields.get("request_uri", ""))
    chosen = {str(number): person for number, person in provider.people(asked)}.get(fields.get("person", ""))
    answer = {"state": asked.state, "iss": provider.config.issuer}
    if chosen is None:
        return _back(asked, {"error": "access_denied", **answer})
    code, sid = provider.book.log_in(asked, chosen)
    response = _back(asked, {"code": code, **answer})
    response.set_cookie(key=SESSION_COOKIE, value=sid, path="/", httponly=True, samesite="lax")
    return response


@post("/token", status_code=200)
async def give_token(request: AnyRequest) -> Response[TokenAnswer]:
    """Exchanges a code."""
    provider = _provider(request)
    fields = await _form(request)
    client = provider.clients.authenticate(fields)
    if fields.get("grant_type") != "authorization_code":
        raise OAuthRefusalError("unsupported_grant_type", "grant_type must be authorization_code")
    granted = provider.book.redeem(client, fields)
    return Response(provider.signer.answer(granted), headers={"cache-control": "no-store"})


@get("/logout", sync_to_thread=False)
def log_out(request: AnyRequest) -> Response[Any]:
    """Ends the session here, and goes on to the client's page if that is registered."""
    provider = _provider(request)
    provider.book.log_out(request.cookies.get(SESSION_COOKIE, ""))
    client = provider.clients.find(request.query_params.get("client_id", ""))
    target = request.query_params.get("post_logout_redirect_uri", "")
    response: Response[Any] = _html(page.logged_out_page())
    if client is not None and target in client.signed_out_uris:
        response = Redirect(target, status_code=303)
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


def _provider(request: AnyRequest) -> Provider:
    provider = request.app.state.provider
    if not isinstance(provider, Provider):
        raise TypeError("the app is not made by create_provider")
    return provider


async def _form(request: AnyRequest) -> Mapping[str, str]:
    try:
        body = (await request.body()).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise OAuthRefusalError("invalid_request", "the body must be form-encoded") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise OAuthRefusalError("invalid_request", "a parameter is given more than once")
    return fields


def _back(asked: AuthorizationRequest, answer: Mapping[str, str]) -> Redirect:
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return Redirect(f"{asked.redirect_uri}{joint}{urlencode(answer)}", status_code=303)


def _html(content: str, status: int = 200) -> Response[str]:
    return Response(content, status_code=status, media_type="text/html")


def _refuse_client(_request: AnyRequest, error: OAuthRefusalError) -> Response[Refused]:
    return Response(Refused(error.code, error.description), status_code=error.status)


def _refuse_browser(_request: AnyRequest, error: PageRefusalError) -> Response[str]:
    return _html(page.refused_page(str(error)), 400)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
