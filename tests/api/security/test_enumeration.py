"""Nobody learns whether a registry has fed a number: a known and an unknown one give the same answers.

Status and bytes are compared here; ``python -m bench enumeration`` compares the time.
"""

import re
from collections.abc import Callable

import httpx2

from surveys.database import Role
from surveys.identifiers import new_id
from surveys.keys import Keys
from tests.builders.answering import as_owner, count
from tests.builders.login import ANNA, BERIT, PEOPLE, Browser, Ground

KeysAs = Callable[[Role], Keys]

# What is random by nature: secrets and hashes of 32 bytes, identifiers, moments.
RANDOM = re.compile(
    rb"[A-Za-z0-9_+/-]{43}=?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z"
)


def seen(response: httpx2.Response) -> tuple[object, ...]:
    """Everything of an answer but what is random, and how long it is with that."""
    headers = sorted(
        (name, RANDOM.sub(b"*", value.encode())) for name, value in response.headers.items() if name != "date"
    )
    return response.status_code, headers, RANDOM.sub(b"*", response.content), len(response.content)


async def visit(ground: Ground, number: str) -> dict[str, tuple[object, ...]]:
    """A whole visit of somebody who has nothing to answer, and guesses."""
    browser: Browser = await ground.browser()
    # As gzip, the length of the page follows its random token.
    browser.client.headers["accept-encoding"] = "identity"
    (person,) = [one for one in PEOPLE if one.pid == number]
    found = {"login": seen(await browser.log_in(person=person)), "page": seen(await browser.go("/"))}
    shell = await browser.shell()
    headers = {"origin": ground.url, "x-csrf": shell["csrf"] or ""}
    guess = f"{ground.url}/api/patient/assessments/{new_id()}"
    for name, method, address, body in (
        ("list", "GET", f"{ground.url}/api/patient/assessments", None),
        ("guess", "GET", guess, None),
        ("draft", "PUT", f"{guess}/draft", {"revision": 0, "answers": []}),
        ("submission", "PUT", f"{guess}/submissions/{new_id()}", {"language": "nb", "answers": []}),
        ("staff", "GET", f"{ground.url}/api/staff/signals", None),
    ):
        found[name] = seen(await browser.client.request(method, address, headers=headers, json=body))
    return found | {"logout": seen(await browser.log_out())}


async def test_a_known_and_an_unknown_number_give_the_same_answers(
    ground: Ground, database: str, keys_as: KeysAs
) -> None:
    assert await keys_as(Role.WORKER).link([ANNA]) != [None]
    before = count(database, "audit.audit_entry")
    known = await visit(ground, ANNA)
    entered = count(database, "audit.audit_entry") - before
    unknown = await visit(ground, BERIT)
    assert known == unknown
    assert known["list"][2] == b"[]"
    assert [known[name][0] for name in ("login", "page", "guess", "draft", "submission", "staff")] == [
        303, 200, 404, 404, 404, 401,
    ]  # fmt: skip
    assert count(database, "audit.audit_entry") == before + 2 * entered
    # One of the two was never a person here, and is none afterwards.
    assert count(database, "identity.national_identifier") == 1


async def test_a_merged_number_gives_the_same_answers_too(
    ground: Ground, database: str, keys_as: KeysAs
) -> None:
    (anna,) = await keys_as(Role.WORKER).link([ANNA])
    as_owner(
        database,
        "INSERT INTO persons.merge (person_id, merged_at, into_person_id, merged_by, reason) "
        "VALUES (:anna, now(), gen_random_uuid(), 'kari', 'a new number')",
        anna=anna,
    )
    assert await visit(ground, ANNA) == await visit(ground, BERIT)


async def test_what_differs_would_be_seen(ground: Ground) -> None:
    patient = await visit(ground, ANNA)
    browser = await ground.browser()
    staff = seen(await browser.log_in("/login/staff", PEOPLE[2]))
    assert patient["login"] != staff
    assert patient["guess"] != patient["list"]
