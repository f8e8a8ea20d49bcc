"""The login, walked over real HTTP: a web process, a provider, the key service and a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from urllib.parse import quote

import msgspec
import psycopg
import pytest
from structlog.testing import capture_logs

from surveys.database import Role
from surveys.keys import Keys
from tests.builders.api import Keystore, free_port
from tests.builders.login import (
    ANNA,
    NAVIGATION,
    PEOPLE,
    ClientKeys,
    Ground,
    login_ground,
    query_of,
)

FAILED = "/?notice=login-failed"
UNAVAILABLE = "/?notice=provider-unavailable"
REGISTRY_STAFF = PEOPLE[2]


@pytest.fixture(scope="session")
def client_keys(tmp_path_factory: pytest.TempPathFactory) -> ClientKeys:
    return ClientKeys.make(tmp_path_factory.mktemp("client-keys"))


@pytest.fixture
async def ground(database: str, keystore: Keystore, client_keys: ClientKeys) -> AsyncIterator[Ground]:
    async with login_ground(database, keystore, client_keys) as ground:
        yield ground


async def test_a_patient_logs_in_and_the_page_knows_them(ground: Ground) -> None:
    browser = await ground.browser()

    came_back = await browser.log_in()

    assert came_back.status_code == 303
    assert came_back.headers["location"] == "/"
    shell = await browser.shell()
    assert shell["signed_in"] is True
    assert shell["csrf"]


async def test_staff_log_in_with_their_role(ground: Ground) -> None:
    browser = await ground.browser()

    came_back = await browser.log_in("/login/staff", REGISTRY_STAFF)

    assert came_back.headers["location"] == "/staff"
    assert (await browser.shell("/staff"))["name"] == "Ragnhild"
    assert (await browser.go("/api/staff/signals")).status_code == 200


async def test_a_patients_session_opens_nothing_of_the_staffs(ground: Ground) -> None:
    browser = await ground.browser()
    await browser.log_in()

    assert (await browser.go("/api/staff/signals")).status_code == 401
    assert (await browser.shell("/staff"))["signed_in"] is False


async def test_a_linked_person_gets_their_own_rows_and_nobody_elses(
    ground: Ground, database: str, keys_as: Callable[[Role], Keys]
) -> None:
    (anna,) = await keys_as(Role.WORKER).link([ANNA])
    browser = await ground.browser()

    await browser.log_in()

    with psycopg.connect(database) as connection:
        person = connection.execute("SELECT person_id FROM access.session").fetchone()
    assert person == (anna,)


async def test_what_is_asked_is_pushed_with_pkce_nonce_and_level(ground: Ground) -> None:
    browser = await ground.browser()

    sent_away = await browser.go("/login/patient")

    assert set(query_of(sent_away.headers["location"])) == {"client_id", "request_uri"}
    (pushed,) = ground.upset.pushed
    assert pushed["code_challenge_method"] == "S256"
    assert pushed["acr_values"] == "idporten-loa-substantial"
    assert pushed["ui_locales"] == "nb"
    assert len(pushed["nonce"]) == len(pushed["state"]) == 43


async def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(ground: Ground) -> None:
    browser = await ground.browser()

    sent_away = await browser.go("/login/patient")
    came_back = await browser.log_in()

    for response in (sent_away, came_back):
        for cookie in response.headers.get_list("set-cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
            assert "Path=/" in cookie
            assert "Domain" not in cookie


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

    assert answer.headers["location"] == FAILED


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
        "javascript:alert(1)",
        "/?lang=nb%0D%0Aset-cookie:a=b",
        "/?lang=nb\r\nset-cookie:a=b",
        "/?to=https://elsewhere.example",
    ],
)
async def test_after_the_login_nobody_is_sent_elsewhere(ground: Ground, asked: str) -> None:
    browser = await ground.browser()

    came_back = await browser.log_in(f"/login/patient?return_to={_quoted(asked)}")

    assert came_back.headers["location"] == "/"
    assert "a" not in browser.client.cookies


async def test_after_the_login_the_page_that_was_asked_for_shows(ground: Ground) -> None:
    browser = await ground.browser()

    came_back = await browser.log_in(f"/login/patient?return_to={_quoted('/?lang=en')}")

    assert came_back.headers["location"] == "/?lang=en"


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


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
async def test_only_a_navigation_begins_a_login(ground: Ground, headers: dict[str, str]) -> None:
    browser = await ground.browser()

    answer = await browser.client.get(f"{ground.url}/login/patient", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert ground.upset.pushed == []


async def test_who_cancels_at_the_provider_comes_back_with_a_notice(ground: Ground) -> None:
    browser = await ground.browser()

    assert (await browser.log_in(person=None)).headers["location"] == FAILED


@pytest.mark.parametrize(
    "query",
    [
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
    ],
)
async def test_a_callback_that_is_none_gives_the_same_notice(ground: Ground, query: str) -> None:
    browser = await ground.browser()

    answer = await browser.go(f"/login/callback?{query}")

    assert (answer.status_code, answer.headers["location"]) == (303, FAILED)


async def test_a_provider_that_fails_is_asked_three_times_each_with_a_new_assertion(ground: Ground) -> None:
    ground.upset.fail_first["/par"] = [503, 500]
    browser = await ground.browser()

    came_back = await browser.log_in()

    assert came_back.headers["location"] == "/"
    assertions = [pushed["client_assertion"] for pushed in ground.upset.pushed]
    assert len(set(assertions)) == 3


@pytest.mark.parametrize(("statuses", "times"), [([503] * 5, 3), ([429] * 5, 1), ([400] * 5, 1)])
async def test_a_provider_that_goes_on_failing_gives_a_notice(
    ground: Ground, statuses: list[int], times: int
) -> None:
    ground.upset.fail_first["/par"] = statuses
    browser = await ground.browser()

    assert (await browser.go("/login/patient")).headers["location"] == UNAVAILABLE
    assert len(ground.upset.pushed) == times


@pytest.mark.parametrize(("status", "notice"), [(500, UNAVAILABLE), (302, UNAVAILABLE)])
async def test_a_token_endpoint_that_fails_gives_a_notice(ground: Ground, status: int, notice: str) -> None:
    ground.upset.fail_first["/token"] = [status]
    browser = await ground.browser()

    assert (await browser.log_in()).headers["location"] == notice


async def test_a_provider_that_is_down_gives_a_notice(
    database: str, keystore: Keystore, client_keys: ClientKeys
) -> None:
    nowhere = f"http://127.0.0.1:{free_port().getsockname()[1]}"

    async with login_ground(
        database,
        keystore,
        client_keys,
        lambda settings: msgspec.structs.replace(settings, etterklang_patient_issuer=nowhere),
    ) as ground:
        browser = await ground.browser()
        assert (await browser.go("/login/patient")).headers["location"] == UNAVAILABLE


async def test_a_key_service_that_is_down_gives_a_notice(
    database: str, keystore: Keystore, client_keys: ClientKeys, tmp_path: object
) -> None:
    async with login_ground(
        database,
        keystore,
        client_keys,
        lambda settings: msgspec.structs.replace(settings, etterklang_keys_socket_folder=str(tmp_path)),
    ) as ground:
        browser = await ground.browser()
        assert (await browser.log_in()).headers["location"] == UNAVAILABLE


async def test_an_audience_without_a_provider_gets_a_notice(
    database: str, keystore: Keystore, client_keys: ClientKeys
) -> None:
    async with login_ground(
        database,
        keystore,
        client_keys,
        lambda settings: msgspec.structs.replace(settings, etterklang_staff_issuer=""),
    ) as ground:
        browser = await ground.browser()
        assert (await browser.go("/login/staff")).headers["location"] == UNAVAILABLE


async def test_the_logout_ends_both_sessions(ground: Ground) -> None:
    browser = await ground.browser()
    await browser.log_in()
    cookie, sid = browser.client.cookies["etterklang"], browser.client.cookies["etterklang-demo-provider"]

    answer = await browser.log_out()
    landed = await browser.follow(await browser.go(answer.json()["continue_at"]))

    assert str(landed.url) == f"{ground.url}/?notice=signed-out"
    assert not ground.book.is_logged_in(sid)
    assert "etterklang" not in browser.client.cookies
    browser.client.cookies.set("etterklang", cookie, domain="127.0.0.1")
    assert (await browser.shell())["signed_in"] is False


async def test_the_logout_of_staff_leads_to_their_provider(ground: Ground) -> None:
    browser = await ground.browser()
    await browser.log_in("/login/staff", REGISTRY_STAFF)

    answer = await browser.log_out()
    landed = await browser.follow(await browser.go(answer.json()["continue_at"]))

    assert query_of(answer.json()["continue_at"])["client_id"] == "etterklang-staff"
    assert str(landed.url) == f"{ground.url}/staff"
    assert (await browser.shell("/staff"))["signed_in"] is False


async def test_no_other_site_can_log_somebody_out(ground: Ground) -> None:
    browser = await ground.browser()
    await browser.log_in()

    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    answer = await browser.client.post(f"{ground.url}/logout", headers=elsewhere)

    assert answer.status_code == 403
    assert (await browser.shell())["signed_in"] is True


async def test_a_logout_without_a_session_is_no_error(ground: Ground) -> None:
    browser = await ground.browser()

    answer = await browser.client.post(f"{ground.url}/logout")

    assert (answer.status_code, answer.json()) == (200, {"continue_at": "/?notice=signed-out"})


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


async def test_somebody_without_anything_to_answer_gets_the_same_page(ground: Ground) -> None:
    shells = []
    for person in PEOPLE[:2]:
        browser = await ground.browser()
        await browser.log_in(person=person)
        shells.append(await browser.shell() | {"csrf": "", "session_ends_at": ""})

    assert shells[0] == shells[1]


async def test_an_image_on_another_site_cannot_start_logins(ground: Ground) -> None:
    browser = await ground.browser()
    headers = NAVIGATION | {"sec-fetch-mode": "no-cors"}

    assert (await browser.client.get(f"{ground.url}/login/staff", headers=headers)).status_code == 401


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
