"""The login, walked over real HTTP: a web process, a provider, the key service and a real database."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec
import psycopg
import pytest

from api.security.client_key import ensure_client_key
from surveys.database import Role
from surveys.keys import Keys
from tests.builders.api import Keystore, free_port
from tests.builders.login import ANNA, PEOPLE, ClientKeys, Ground, login_ground, query_of

FAILED = "/?notice=login-failed"
UNAVAILABLE = "/?notice=provider-unavailable"
REGISTRY_STAFF = PEOPLE[2]


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


async def test_the_key_that_the_demonstration_makes_logs_in(
    database: str, keystore: Keystore, client_keys: ClientKeys, tmp_path: Path
) -> None:
    ensure_client_key(tmp_path / "key")

    async with login_ground(database, keystore, ClientKeys(tmp_path / "key", client_keys.staff)) as ground:
        browser = await ground.browser()
        assert (await browser.log_in()).headers["location"] == "/"


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


async def test_a_fresh_login_is_asked_for_where_the_page_says_so(ground: Ground, database: str) -> None:
    browser = await ground.browser()
    await browser.log_in()
    came_back = await browser.log_in(f"/login/patient?fresh=yes&return_to={quote('/?view=own')}")

    usual, fresh = ground.upset.pushed
    assert {"prompt", "max_age"}.isdisjoint(usual)
    assert (fresh["prompt"], fresh["max_age"]) == ("login", "0")
    assert came_back.headers["location"] == "/?view=own"
    headers = {"origin": ground.url, "x-csrf": (await browser.shell())["csrf"]}
    stopped = await browser.client.post(f"{ground.url}/api/patient/participation/stop", headers=headers)
    assert stopped.json()["stopped_at"] is not None


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


async def test_after_the_login_the_page_that_was_asked_for_shows(ground: Ground) -> None:
    browser = await ground.browser()

    came_back = await browser.log_in(f"/login/patient?return_to={quote('/?lang=en')}")

    assert came_back.headers["location"] == "/?lang=en"


async def test_who_cancels_at_the_provider_comes_back_with_a_notice(ground: Ground) -> None:
    browser = await ground.browser()

    assert (await browser.log_in(person=None)).headers["location"] == FAILED


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
        assert (await browser.go("/login/staff")).headers["location"] == f"/staff{UNAVAILABLE[1:]}"


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


async def test_staff_whose_login_fails_are_told_so_on_their_own_page(ground: Ground) -> None:
    browser = await ground.browser()

    sent_back = await browser.choose(await browser.start("/login/staff"), None)
    landed = await browser.follow(await browser.go(sent_back))

    assert str(landed.url) == f"{ground.url}/staff?notice=login-failed"
    assert (await browser.shell("/staff?notice=login-failed"))["notice"] == "login-failed"


async def test_a_logout_without_a_session_is_no_error(ground: Ground) -> None:
    browser = await ground.browser()

    answer = await browser.client.post(f"{ground.url}/logout")

    assert (answer.status_code, answer.json()) == (200, {"continue_at": "/?notice=signed-out"})


async def test_somebody_without_anything_to_answer_gets_the_same_page(ground: Ground) -> None:
    shells = []
    for person in PEOPLE[:2]:
        browser = await ground.browser()
        await browser.log_in(person=person)
        shells.append(await browser.shell() | {"csrf": "", "session_ends_at": ""})

    assert shells[0] == shells[1]
