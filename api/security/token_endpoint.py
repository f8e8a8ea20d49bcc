"""``POST /api/token``: the OAuth2 client-credentials grant with a signed assertion (RFC 6749, RFC 7523)."""

from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
import structlog
from litestar import Request, Response, post

from api import edge
from api.bodies import check_type
from api.operations import taking_form
from api.process import process_of
from api.security.machines import AssertionRefusedError, Machine, authenticate
from api.security.roles import Who
from api.security.tokens import LASTS, issue
from surveys.database import transaction

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PATH = "/api/token"
MOST_FIELDS = 20

log = structlog.get_logger()


class TokenRequestError(Exception):
    """A token is refused; ``code`` is one of RFC 6749, section 5.2."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        self.code = code
        self.description = description
        self.status = status
        super().__init__(f"{code}: {description}")


class TokenRequest(msgspec.Struct, frozen=True):
    """What the token endpoint reads; OAuth has it ignore whatever else is sent."""

    grant_type: str
    client_assertion: str
    client_assertion_type: str = ASSERTION_TYPE
    client_id: str = ""
    scope: str = ""


class TokenGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An access token, how many seconds it lasts, and the scopes that it is for."""

    access_token: str
    expires_in: int
    scope: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token


class TokenRefused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why no token is given (RFC 6749, section 5.2)."""

    error: str
    error_description: str


def to_oauth_error(request: Request[Any, Any, Any], error: TokenRequestError) -> Response[TokenRefused]:
    """The refusal as OAuth clients read it."""
    edge.note_problem(request.scope, error.code)
    return Response(TokenRefused(error.code, error.description), status_code=error.status)


@post(
    PATH,
    status_code=200,
    opt={"who": Who.ANYONE},
    exception_handlers={TokenRequestError: to_oauth_error},
    tags=["machines"],
    operation_class=taking_form(
        {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": "a JWT signed with the machine's key; docs/api.md has its claims",
        },
        {"scope": "scopes with a space between them; all of the machine's if left out"},
    ),
)
async def token(request: Request[Any, Any, Any]) -> TokenGiven:
    """An access token for a machine that signs an assertion with its registered key."""
    asked = _read(await _body(request))
    process = process_of(request)
    now, issuer = process.now(), process.settings.etterklang_public_url
    audiences = frozenset((issuer, f"{issuer.rstrip('/')}{PATH}"))
    async with transaction(process.engine) as connection:
        try:
            found = await authenticate(connection, asked.client_assertion, audiences, now)
        except AssertionRefusedError as error:
            log.warning("token.refused", rule=error.rule, correlation_id=edge.correlation_id(request.scope))
            raise TokenRequestError("invalid_client", "the client assertion is refused", 401) from None
    if asked.client_id and asked.client_id != found.client_id:
        raise TokenRequestError("invalid_client", "client_id is not who signed the assertion", 401)
    scopes = _granted(asked, found)
    secret = await process.kept.receipt()
    made = issue(secret, issuer, found.client_id, scopes, now)
    return TokenGiven(made, int(LASTS.total_seconds()), " ".join(scopes))


async def _body(request: Request[Any, Any, Any]) -> str:
    check_type(request, FORM)
    try:
        return (await request.body()).decode("ascii")
    except UnicodeDecodeError:
        raise TokenRequestError("invalid_request", "the body is not form-encoded") from None


def _read(body: str) -> TokenRequest:
    try:
        pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise TokenRequestError("invalid_request", "the body is not form-encoded") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise TokenRequestError("invalid_request", "a parameter is given more than once")
    try:
        asked = msgspec.convert(fields, TokenRequest)
    except msgspec.ValidationError as error:
        raise TokenRequestError("invalid_request", str(error)) from None
    if asked.grant_type != "client_credentials":
        raise TokenRequestError("unsupported_grant_type", "grant_type must be client_credentials")
    if asked.client_assertion_type != ASSERTION_TYPE:
        raise TokenRequestError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    return asked


def _granted(asked: TokenRequest, found: Machine) -> list[str]:
    wanted = set(asked.scope.split()) or set(found.scopes)
    if not wanted.issubset(found.scopes):
        raise TokenRequestError("invalid_scope", "the machine is not registered for all of these scopes")
    return sorted(wanted)
