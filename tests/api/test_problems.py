"""Every error of ours has a problem, and an unexpected one says nothing of itself."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import httpx2
import pytest
from litestar import get
from structlog.testing import capture_logs

import api
import instruments
import surveys
from api.app import build
from api.problems import BY_STATUS, INTERNAL, NO_DATABASE, RULES, rule_of
from api.security.roles import Who
from surveys.keys.errors import KeystoreSealedError
from surveys.settings import Settings
from tests.builders.api import Clock, Keystore, free_port, served, settings_for

NEVER_IN_A_RESPONSE = {
    # families
    "AnsweringError", "CatalogueError", "FollowupError", "KeysError", "LateEffectsError", "ResearchError",
    "ChannelError", "MisplacedError",  # the worker's
    "AuditError", "CheckpointError", "DamagedLogError", "PublicationError", "ProofError",
    "InvalidReceiptError",
    "FhirPathError",  # becomes a loss or a fault of a structure
    "NotOpenedError", "LoginRefusedError", "NationalIdError",  # tell nobody more
    # where the key store is: outside it is the key service that does not answer
    "KeystoreError", "KeystoreUnreachableError", "KeystoreSealedError", "KeystoreForbiddenError",
    "RootKeyMissingError", "KeystoreAnswerError", "TransitRefusedError", "AwsRefusedError", "PassingError",
    # caught inside
    "RowFault", "UnexpectedStructureError", "MissingColumnError", "OutOfRangeError", "PatternError",
    # the command line's, until there is a route that takes them
    "InvalidQuestionnaireError", "InvalidInstrumentError", "UnwritableInstrumentError", "InvalidLicenceError",
    "InvalidResponseError",
    "InvalidTranslationError", "InvalidRecordError",
    "NoWordingError", "NoTextError", "OtherInstrumentError", "NoRecordError", "OwnTranslationError",
    "UnknownInstrumentError", "NotDisputedError", "BankError", "AnswerMissingError", "ChangesDoNotFitError",
    "PersonsError", "MergeRefusedError",
    "NobodyApprovesError",
    "SameScoringError", "NoActorError", "SecondPersonError", "NotLiveError", "NotLiveScoringError",
    # a researcher's, who calls the library
    "InterpretationError", "InvalidTimesError", "NoFigureError", "UnknownNameError",
    "LogicError", "UnknownReferenceError",  # named as losses by the import that reads them
    "SettingsError", "WrongRoleError",  # stop the start
}  # fmt: skip
"""Errors that no route answers with; should one get out, it is an internal error without a message."""


def error_classes(*packages: object) -> set[type[Exception]]:
    found: set[type[Exception]] = set()
    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):  # type: ignore[attr-defined]
            members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            found |= {
                one for _, one in members if issubclass(one, Exception) and one.__module__ == module.name
            }
    return found


def test_every_error_of_surveys_and_instruments_has_a_problem_or_a_reason_for_none() -> None:
    classes = error_classes(surveys, instruments)
    named = {one.__name__ for one in classes if not one.__name__.startswith("_")}
    ruled = {one.__name__ for one in classes if rule_of(one.__new__(one)) is not INTERNAL}
    assert named - ruled == NEVER_IN_A_RESPONSE & named, (
        "say in api/problems.py what it is outside, or here why not"
    )
    assert not ruled & NEVER_IN_A_RESPONSE


def test_the_names_of_problems_are_unique_where_their_meaning_is() -> None:
    names = [rule.name for rule in RULES.values()]
    assert len(set(names)) == len(names)
    assert all(400 <= rule.status < 600 for rule in RULES.values())


def test_the_documentation_lists_every_problem() -> None:
    documented = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for rule in (*RULES.values(), *BY_STATUS.values(), INTERNAL, NO_DATABASE):
        assert f"| {rule.status} | `{rule.name}` | {rule.title} |" in documented


class SecretError(Exception):
    """Carries a value, as errors of libraries do."""


@get("/fails", opt={"who": Who.ANYONE})
async def fails() -> None:
    raise SecretError("answer 4711 of 13097248022")


@get("/sealed", opt={"who": Who.ANYONE})
async def sealed() -> None:
    raise KeystoreSealedError("Transit at https://vault.example:8200 is sealed")


@pytest.fixture
async def failing(database: str, keystore: Keystore) -> "object":
    place = free_port()
    settings = settings_for(database, keystore, place.getsockname()[1])
    async with served(build([fails, sealed], settings, Clock()), place):
        yield settings


async def test_an_unexpected_error_is_a_500_with_an_identifier_and_logs_its_class_alone(
    failing: Settings,
) -> None:
    with capture_logs() as logs:
        async with httpx2.AsyncClient(base_url=failing.etterklang_public_url) as client:
            found = await client.get("/fails?secret=4711")
    said = found.json()
    assert (found.status_code, said["type"].rpartition("/")[2]) == (500, "internal")
    assert found.headers["content-type"] == "application/problem+json"
    assert found.headers["x-content-type-options"] == "nosniff"
    failed, request = logs
    assert failed == {
        "event": "request.failed",
        "log_level": "error",
        "error": "SecretError",
        "place": "",
        "correlation_id": said["correlation_id"],
    }
    assert request["correlation_id"] == said["correlation_id"]
    assert "4711" not in found.text + str(logs)


async def test_a_key_store_that_fails_is_a_503_that_does_not_say_where_it_is(failing: Settings) -> None:
    async with httpx2.AsyncClient(base_url=failing.etterklang_public_url) as client:
        found = await client.get("/sealed")
    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (503, "keys-unavailable")
    assert "vault" not in found.text


async def test_each_request_is_one_event_that_names_the_route_and_no_path(failing: Settings) -> None:
    with capture_logs() as logs:
        async with httpx2.AsyncClient(base_url=failing.etterklang_public_url) as client:
            await client.get("/13097248022?token=4711", headers={"cookie": "etterklang=4711"})
    (request,) = logs
    assert {name: request[name] for name in ("event", "method", "route", "status", "problem")} == {
        "event": "request",
        "method": "GET",
        "route": "unknown",
        "status": 404,
        "problem": "not-found",
    }
    assert request["ms"] >= 0
    assert "13097248022" not in str(logs)
    assert "4711" not in str(logs)


def test_the_packages_are_where_the_walk_looks() -> None:
    assert len(error_classes(surveys, instruments, api)) > 40
