"""Attacks on the login: each is refused, with the same notice for everybody and no error of ours."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import psycopg
import pytest
from structlog.testing import capture_logs

from api.security.login import safe_return_path
from surveys.keys import Audience
from tests.builders.login import ANNA, NAVIGATION, PEOPLE, Ground, query_of

FAILED = "/?notice=login-failed"
REGISTRY_STAFF = PEOPLE[2]
NO_CALLBACKS = (
    "",
    "state=",
    "code=a",
    "state=a&code=b",
    "state=a&state=b&code=c",
    "state=a&code=b&error=c",
    "state=%00&code=%00",
    "state=%FF%FE&code=b",
    "state=%ED%A0%80&code=b",
    "state=" + "a" * 8000 + "&code=b",
    "error=access_denied",
    "code[]=a&state[]=b",
)


async def test_a_state_is_good_once(ground: Ground) -> None:
    browser = await ground.browser()
    address = await browser.choose(await browser.start())
    kept = dict(browser.client.cookies)
    await browser.go(address)
    browser.client.cookies.clear()
    browser.client.cookies.update(kept)

    again = await browser.go(address)

    assert again.headers["location"] == FAILED
    assert (await browser.shell())["signed_in"] is False


async def test_of_two_at_once_with_one_state_one_gets_a_session(ground: Ground) -> None:
    browser = await ground.browser()
    address = await browser.choose(await browser.start())

    answers = await asyncio.gather(*(browser.go(address) for _ in range(4)))

    assert sorted(answer.headers["location"] for answer in answers) == ["/", FAILED, FAILED, FAILED]


@pytest.mark.parametrize("has_own_cookie", [True, False])
async def test_a_response_does_not_count_in_another_browser(ground: Ground, *, has_own_cookie: bool) -> None:
    attacker, victim = await ground.browser(), await ground.browser()
    address = await attacker.choose(await attacker.start())
    if has_own_cookie:
        await victim.start()

    answer = await victim.go(address)

    assert answer.headers["location"] == FAILED
    assert (await victim.shell())["signed_in"] is False


async def test_a_swapped_nonce_is_refused_by_the_key_service(ground: Ground) -> None:
    ground.upset.replace = (rb"nonce=[^&]{43}", b"nonce=" + b"x" * 43)
    browser = await ground.browser()

    with capture_logs() as lines:
        answer = await browser.log_in()

    assert answer.headers["location"] == FAILED
    refused = [line for line in lines if line["event"] == "login.refused"]
    assert [line["error"] for line in refused] == ["LoginRefusedError"]
    assert "nonce" in refused[0]["rule"]


@pytest.mark.parametrize("issuer", ["https://elsewhere.example", ""])
async def test_a_response_from_another_issuer_is_refused(ground: Ground, issuer: str) -> None:
    browser = await ground.browser()
    address = await browser.choose(await browser.start())

    answer = await browser.go(address.replace(f"iss={_quoted(ground.issuer)}", f"iss={_quoted(issuer)}"))

    assert answer.headers["location"] == FAILED
    assert ground.upset.exchanged == []


async def test_a_response_without_issuer_is_refused_where_the_provider_promises_one(ground: Ground) -> None:
    browser = await ground.browser()
    address = await browser.choose(await browser.start())

    answer = await browser.go(address.replace(f"&iss={_quoted(ground.issuer)}", ""))

    assert answer.headers["location"] == FAILED


async def test_a_code_that_was_used_gives_no_second_session(ground: Ground) -> None:
    first, second = await ground.browser(), await ground.browser()
    used = query_of(await first.choose(await first.start()))
    await first.go(f"/login/callback?code={used['code']}&state={used['state']}&iss={_quoted(used['iss'])}")
    own = query_of(await second.choose(await second.start()))

    answer = await second.go(
        f"/login/callback?code={used['code']}&state={own['state']}&iss={_quoted(own['iss'])}"
    )

    assert (await first.shell())["signed_in"] is True
    assert answer.headers["location"] == FAILED


async def test_a_code_injected_into_another_login_fails_by_pkce(ground: Ground) -> None:
    victim, attacker = await ground.browser(), await ground.browser()
    stolen = query_of(await victim.choose(await victim.start()))
    own = query_of(await attacker.choose(await attacker.start(), PEOPLE[1]))

    answer = await attacker.go(
        f"/login/callback?code={stolen['code']}&state={own['state']}&iss={_quoted(own['iss'])}"
    )

    assert answer.headers["location"] == FAILED
    assert (await attacker.shell())["signed_in"] is False


async def test_a_patients_response_does_not_end_a_staff_login(ground: Ground) -> None:
    browser = await ground.browser()
    patient = query_of(await browser.choose(await browser.start()))
    staff = query_of(await browser.choose(await browser.start("/login/staff"), REGISTRY_STAFF))

    answer = await browser.go(
        f"/login/callback?code={patient['code']}&state={staff['state']}&iss={_quoted(staff['iss'])}"
    )

    assert answer.headers["location"] == f"/staff{FAILED[1:]}"


async def test_a_login_that_takes_more_than_ten_minutes_is_refused(ground: Ground) -> None:
    browser = await ground.browser()
    address = await browser.choose(await browser.start())
    ground.clock.ahead = timedelta(minutes=10, seconds=1)

    assert (await browser.go(address)).headers["location"] == FAILED


@pytest.mark.parametrize(
    "asked",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/%2F/elsewhere.example",
        "/\telsewhere.example",
        "/login/patient",
        "/logout",
        "/api/patient/assessments",
        "/staff",
        "javascript:alert(1)",
        "/?lang=nb%0D%0Aset-cookie:a=b",
        "/?lang=nb\r\nset-cookie:a=b",
        "/?to=https://elsewhere.example",
        "/?lang=nb\n",
        "/?lang=æ",
        "/minefield",
        "/mine/",
        "/mine?at=stop#here",
        "/mine?to=//elsewhere.example",
    ],
)
def test_after_the_login_nobody_is_sent_elsewhere(asked: str) -> None:
    assert safe_return_path(Audience.PATIENT, asked) == "/"


@pytest.mark.parametrize("asked", ["/", "/?lang=nn", "/mine", "/mine?at=stop", "/mine?at=files&lang=en"])
def test_after_the_login_a_patient_comes_back_to_the_page_that_was_asked_for(asked: str) -> None:
    assert safe_return_path(Audience.PATIENT, asked) == asked
    assert safe_return_path(Audience.STAFF, asked) == "/staff"


@pytest.mark.parametrize(
    "asked", ["/", "/staff/../login/staff", "/staffroom", "//staff", "/staff//elsewhere.example"]
)
def test_after_the_login_staff_are_sent_to_their_page(asked: str) -> None:
    assert safe_return_path(Audience.STAFF, asked) == "/staff"


async def test_an_address_elsewhere_does_not_survive_the_login(ground: Ground) -> None:
    browser = await ground.browser()

    came_back = await browser.log_in(f"/login/patient?return_to={_quoted('https://elsewhere.example/')}")

    assert came_back.headers["location"] == "/"


async def test_a_login_never_goes_on_under_an_earlier_cookie(ground: Ground) -> None:
    browser = await ground.browser()
    await browser.log_in()
    earlier = browser.client.cookies["etterklang"]

    await browser.log_in(person=PEOPLE[1])

    assert browser.client.cookies["etterklang"] != earlier
    browser.client.cookies.set("etterklang", earlier, domain="127.0.0.1")
    assert (await browser.shell())["signed_in"] is False


async def test_a_planted_cookie_becomes_nobodys_session(ground: Ground) -> None:
    browser = await ground.browser()
    browser.client.cookies.set("etterklang", "A" * 43, domain="127.0.0.1")

    await browser.log_in()

    other = await ground.browser()
    other.client.cookies.set("etterklang", "A" * 43, domain="127.0.0.1")
    assert (await other.shell())["signed_in"] is False


async def test_only_a_navigation_begins_a_login(ground: Ground) -> None:
    browser = await ground.browser()
    others = (("cors", "empty"), ("no-cors", "image"), ("navigate", "iframe"), ("navigate", "embed"))

    for path in ("/login/patient", "/login/staff"):
        for mode, target in others:
            headers = NAVIGATION | {"sec-fetch-mode": mode, "sec-fetch-dest": target}
            answer = await browser.client.get(ground.url + path, headers=headers)
            assert (answer.status_code, mode, target) == (401, mode, target)
            assert answer.headers["content-type"] == "application/problem+json"
    assert ground.upset.pushed == []


async def test_a_callback_that_is_none_gives_the_same_notice(ground: Ground) -> None:
    browser = await ground.browser()

    for query in NO_CALLBACKS:
        answer = await browser.go(f"/login/callback?{query}")
        assert (answer.status_code, answer.headers["location"], query) == (303, FAILED, query)


async def test_no_other_site_can_log_somebody_out(ground: Ground) -> None:
    browser = await ground.browser()
    await browser.log_in()

    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    answer = await browser.client.post(f"{ground.url}/logout", headers=elsewhere)

    assert answer.status_code == 403
    assert (await browser.shell())["signed_in"] is True


async def test_a_thief_of_the_database_finds_nothing_to_log_in_with(ground: Ground, database: str) -> None:
    browser = await ground.browser()
    await browser.start()
    during, login_cookie = _dump(database), browser.client.cookies["etterklang-login"]

    await browser.log_in()

    after, cookie = _dump(database), browser.client.cookies["etterklang"]
    for pushed in ground.upset.pushed:
        for name in ("state", "nonce", "code_challenge", "client_assertion"):
            assert not _holds(during + after, pushed[name])
    for exchanged in ground.upset.exchanged:
        assert not _holds(after, exchanged["code_verifier"])
    for secret in (login_cookie, cookie, ANNA, *ground.upset.id_tokens):
        assert not _holds(during + after, secret)
    assert len(ground.upset.id_tokens) == 1


async def test_the_log_names_events_and_nothing_of_the_person(ground: Ground) -> None:
    browser = await ground.browser()

    with capture_logs() as lines:
        address = await browser.choose(await browser.start())
        await browser.go(address)
        await browser.go(address)

    written = repr(lines)
    assert {"login.finished", "login.refused"} <= {line["event"] for line in lines}
    returned = query_of(address)
    secrets = (ANNA, returned["code"], returned["state"], browser.client.cookies["etterklang"])
    assert not any(secret in written for secret in (*secrets, *ground.upset.id_tokens))


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _dump(database: str) -> bytes:
    with psycopg.connect(database) as connection:
        rows = [
            connection.execute(f"SELECT t::text FROM access.{table} t").fetchall()  # type: ignore[call-overload]
            for table in ("login", "session")
        ]
    return repr(rows).encode()


def _holds(dump: bytes, secret: str) -> bool:
    """As text, or as the bytes of that text, which a dump shows in hexadecimal digits."""
    return secret.encode() in dump or secret.encode().hex().encode() in dump
