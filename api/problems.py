"""Every error as an RFC 9457 problem: one table from the class to its name, status and title."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api import edge
from api.bodies import BadRequestError, BodyTypeError, place_and_rule
from api.feed.batches import BatchNotFoundError
from api.health import NotReadyError
from api.security import errors as access
from surveys import answering, catalogue, followup, keys, lateeffects, registry, research
from surveys.answering import PartFault

BASE = "https://etterklang.example/problems/"
MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "surveys", "instruments")

log = structlog.get_logger()


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details (RFC 9457): ``faults`` where answers are refused, ``correlation_id`` when we failed."""

    type: str
    title: str
    status: int
    detail: str = ""
    faults: tuple[PartFault, ...] = ()
    correlation_id: str = ""


class Rule(NamedTuple):
    """What an error is outside: the last part of the problem's type, the HTTP status, and its title."""

    name: str
    status: int
    title: str


BAD_REQUEST = Rule("bad-request", 400, "The request does not have the shape that is asked for")
INTERNAL = Rule("internal", 500, "Something went wrong here")
NO_DATABASE = Rule("database-unavailable", 503, "The database does not answer")

RULES: Mapping[type[Exception], Rule] = {
    BadRequestError: BAD_REQUEST,
    BodyTypeError: Rule("unsupported-media-type", 415, "The body is of the wrong type"),
    NotReadyError: Rule("not-ready", 503, "The service is not ready"),
    access.NotSignedInError: Rule("not-signed-in", 401, "Nobody is logged in"),
    access.TokenRefusedError: Rule("token-refused", 401, "An access token is needed"),
    access.RoleMissingError: Rule("role-missing", 403, "This login does not allow it"),
    access.ScopeMissingError: Rule("scope-missing", 403, "This token does not allow it"),
    access.CrossSiteError: Rule("cross-site", 403, "The request does not come from our page"),
    answering.AssessmentNotFoundError: Rule("assessment-not-found", 404, "There is no such assessment"),
    answering.AssessmentNotOpenError: Rule("assessment-not-open", 409, "The assessment is not open"),
    answering.DraftConflictError: Rule("draft-conflict", 409, "Another device has saved meanwhile"),
    answering.AlreadySubmittedError: Rule("already-submitted", 409, "It has been answered already"),
    answering.AnswersRefusedError: Rule("answers-refused", 422, "Some answers cannot be taken"),
    answering.MissingDocumentError: Rule("document-missing", 503, "A document is missing"),
    catalogue.VersionNotFoundError: Rule("version-not-found", 404, "There is no such version"),
    catalogue.VersionMoveError: Rule("version-move", 409, "The version cannot go there"),
    catalogue.NotPublishableError: Rule("not-publishable", 422, "The version cannot be published yet"),
    followup.InvalidProtocolError: Rule("invalid-protocol", 422, "The protocol cannot be used"),
    followup.UnknownProtocolError: Rule("protocol-not-found", 404, "There is no such protocol"),
    followup.ProtocolRetiredError: Rule("protocol-retired", 409, "The protocol has been replaced"),
    lateeffects.InvalidRuleError: Rule("invalid-rule", 422, "The late-effect rule cannot be used"),
    lateeffects.SignalNotFoundError: Rule("signal-not-found", 404, "There is no such signal"),
    BatchNotFoundError: Rule("batch-not-found", 404, "There is no such batch"),
    registry.BatchConflictError: Rule("batch-conflict", 409, "The batch was received with another content"),
    registry.FeedError: Rule("feed-unreadable", 422, "The feed cannot be read"),
    research.ProjectNotFoundError: Rule("project-not-found", 404, "There is no such project"),
    research.ProjectChangedError: Rule("project-changed", 409, "The project is approved with other terms"),
    research.UnconfirmedProjectError: Rule(
        "project-needs-second-person", 409, "A second person has not approved the project"
    ),
    research.UnsaidTermError: Rule("project-incomplete", 422, "The project does not say all that it must"),
    research.ProjectExpiredError: Rule("project-expired", 403, "The approval has run out"),
    research.FutureExtractError: Rule("future-extract", 422, "The moment has not been yet"),
    research.ExtractNotFoundError: Rule("extract-not-found", 404, "There is no such extract"),
    research.ExtractNotReadyError: Rule("extract-not-ready", 409, "The extract is not ready"),
    research.IncompleteExtractError: Rule("extract-damaged", 500, "The extract is damaged"),
    keys.TooLongError: Rule("too-long", 413, "The answers are too long"),
    keys.FreshLoginNeededError: Rule(
        "fresh-login-needed", 403, "This needs a login of the last five minutes"
    ),
    keys.NotAllowedError: Rule("login-too-old", 401, "The login does not open this any more"),
    keys.QuotaExceededError: Rule("quota-exceeded", 503, "Too much has been opened this hour"),
    keys.KeysUnavailableError: Rule("keys-unavailable", 503, "The key service does not answer"),
}
"""Every error whose message may be read by whoever asked; any other is ``INTERNAL`` and shows no message."""

BY_STATUS: Mapping[int, Rule] = {
    400: BAD_REQUEST,
    404: Rule("not-found", 404, "There is nothing at this address"),
    405: Rule("method-not-allowed", 405, "This address does not take that method"),
    413: Rule("body-too-large", 413, "The body is too large"),
}
"""What Litestar itself refuses."""

UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeoutError)


def to_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """The response to any error; an unexpected one is logged by its class and place, never by its message."""
    error = _cause(error)
    rule = rule_of(error)
    edge.note_problem(request.scope, rule.name)
    correlation = ""
    if rule is INTERNAL:
        correlation = edge.correlation_id(request.scope)
        log.error(
            "request.failed", error=type(error).__name__, place=place_of(error), correlation_id=correlation
        )
    problem = Problem(
        type=BASE + rule.name,
        title=rule.title,
        status=rule.status,
        detail=_detail(error),
        faults=error.faults if isinstance(error, answering.AnswersRefusedError) else (),
        correlation_id=correlation,
    )
    return Response(problem, status_code=rule.status, media_type=MEDIA_TYPE, headers=_headers(error, rule))


def rule_of(error: Exception) -> Rule:
    """What the error is outside; ``INTERNAL`` where nobody has said."""
    for ancestor in type(error).__mro__:
        if ancestor in RULES:
            return RULES[ancestor]
    if isinstance(error, HTTPException):
        return BY_STATUS.get(error.status_code, INTERNAL)
    return NO_DATABASE if isinstance(error, UNAVAILABLE) else INTERNAL


def place_of(error: Exception) -> str:
    """The file and line of ours where the error came up."""
    files = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(file, line) for file, line in files if any(file.is_relative_to(ROOT / one) for one in PACKAGES)]
    return f"{ours[-1][0].relative_to(ROOT)}:{ours[-1][1]}" if ours else ""


def _cause(error: Exception) -> Exception:
    """The error itself, where closing the transaction after it went wrong too."""
    if isinstance(error, ExceptionGroup) and isinstance(error.__cause__, Exception):
        return _cause(error.__cause__)
    if isinstance(error, keys.KeystoreError):
        # What it says of the key store is for the operator; over its socket the key service says no more.
        return keys.KeysUnavailableError()
    return error


def _detail(error: Exception) -> str:
    if isinstance(error, ValidationException):
        return "; ".join(_parameter(one) for one in error.extra or () if isinstance(one, dict))
    # The messages of ours are written for their reader; Litestar's and libraries' may quote a value.
    return str(error) if any(ancestor in RULES for ancestor in type(error).__mro__) else ""


def _parameter(fault: Mapping[str, Any]) -> str:
    if fault.get("source") == "body":
        return "body: is missing; send one"
    _, rule = place_and_rule(str(fault.get("message", "")))
    return f"{fault.get('source', 'query')} parameter {fault.get('key', '')}: {rule}"


def _headers(error: Exception, rule: Rule) -> dict[str, str]:
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, access.TokenRefusedError):
        headers["www-authenticate"] = 'Bearer realm="etterklang"'
    if rule.status == 503:
        headers["retry-after"] = RETRY_SECONDS
    return headers
