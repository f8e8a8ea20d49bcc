"""The development identity provider, asked directly: what it gives, and all that it refuses."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from litestar import Litestar

from api.demo.provider import DemoProviderError, Person, ProviderConfig, create_provider
from api.demo.provider.book import s256
from api.security.client_key import ClientKey
from tests.builders.login import ANNA, PEOPLE, ClientKeys, provider_config, query_of
from tests.builders.provider import CALLBACK, VERIFIER, WEB, Asker

ISSUER = "http://localhost:8401"
REGISTRY_STAFF = PEOPLE[2]


@pytest.fixture(scope="session")
def client_keys(tmp_path_factory: pytest.TempPathFactory) -> ClientKeys:
    return ClientKeys.make(tmp_path_factory.mktemp("client-keys"))


@pytest.fixture(scope="session")
def provider(client_keys: ClientKeys) -> Litestar:
    """One for all tests: what one of them pushes is no other's."""
    return create_provider(provider_config(ISSUER, WEB, client_keys))


@pytest.fixture
async def asker(provider: Litestar, client_keys: ClientKeys) -> AsyncIterator[Asker]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=provider)) as http:
        yield Asker(ISSUER, http, client_keys)


async def test_it_says_of_itself_what_id_porten_says(asker: Asker) -> None:
    said = (await asker.http.get(f"{asker.issuer}/.well-known/openid-configuration")).json()

    assert said["issuer"] == asker.issuer
    assert said["require_pushed_authorization_requests"] is True
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


async def test_a_patients_token_has_the_claims_of_id_porten(asker: Asker) -> None:
    answer = (await asker.exchange(await asker.code())).json()

    jwks = KeySet.import_key_set((await asker.http.get(f"{asker.issuer}/jwks")).json())
    token = jwt.decode(answer["id_token"], jwks, algorithms=["RS256"])
    assert token.header["kid"] == jwks.keys[0].kid
    claims = token.claims
    assert {name: claims[name] for name in ("iss", "aud", "nonce", "acr", "pid", "locale")} == {
        "iss": asker.issuer,
        "aud": "etterklang",
        "nonce": "a-nonce",
        "acr": "idporten-loa-high",
        "pid": ANNA,
        "locale": "nn",
    }
    assert {"sub", "auth_time", "iat", "exp", "sid", "amr"} <= set(claims)
    assert "at_hash" not in claims
    assert claims["exp"] - claims["iat"] == 120


async def test_a_staff_token_has_a_name_and_roles_and_no_number(asker: Asker) -> None:
    code = await asker.code(REGISTRY_STAFF, "etterklang-staff")
    answer = (await asker.exchange(code, "etterklang-staff")).json()

    jwks = KeySet.import_key_set((await asker.http.get(f"{asker.issuer}/jwks")).json())
    claims = jwt.decode(answer["id_token"], jwks, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["name"], claims["roles"]) == ("Ragnhild", "Ragnhild", ["registry"])
    assert "pid" not in claims


async def test_the_published_keys_are_public(asker: Asker) -> None:
    (key,) = (await asker.http.get(f"{asker.issuer}/jwks")).json()["keys"]

    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "short"},
        {"response_type": "token"},
        {"response_type": "code id_token"},
        {"redirect_uri": "https://elsewhere.example/login/callback"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"scope": "profile"},
        {"state": ""},
        {"state": None},
        {"nonce": None},
        {"acr_values": "none-at-all"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:another"},
    ],
)
async def test_a_request_that_breaks_a_rule_is_not_taken(
    asker: Asker, changed: dict[str, str | None]
) -> None:
    answer = await asker.push(**changed)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"client_id=etterklang&response_type=code&scope=openid&state=a&nonce=b&redirect_uri={CALLBACK}",
        "client_id=etterklang&request_uri=urn:ietf:params:oauth:request_uri:unknown",
        "client_id=etterklang&request_uri=https://elsewhere.example/request",
    ],
)
async def test_a_request_that_was_not_pushed_leads_nowhere(asker: Asker, query: str) -> None:
    answer = await asker.http.get(f"{asker.issuer}/authorize?{query}")

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_another_clients_request_leads_nowhere(asker: Asker) -> None:
    request_uri = (await asker.push()).json()["request_uri"]
    asked = {"client_id": "etterklang-staff", "request_uri": request_uri}

    assert (await asker.http.get(f"{asker.issuer}/authorize", params=asked)).status_code == 400


async def test_a_request_is_decided_on_once(asker: Asker) -> None:
    request_uri = (await asker.push()).json()["request_uri"]
    chosen = {"request_uri": request_uri, "person": "0"}

    assert (await asker.http.post(f"{asker.issuer}/choose", data=chosen)).status_code == 303
    assert (await asker.http.post(f"{asker.issuer}/choose", data=chosen)).status_code == 400


async def test_who_cancels_is_sent_back_with_a_refusal(asker: Asker) -> None:
    request_uri = (await asker.push()).json()["request_uri"]

    answer = await asker.http.post(
        f"{asker.issuer}/choose", data={"request_uri": request_uri, "cancel": "yes"}
    )

    assert query_of(answer.headers["location"]) == {
        "error": "access_denied",
        "state": "a-state",
        "iss": asker.issuer,
    }


async def test_a_patient_cannot_be_chosen_at_the_staffs_client(asker: Asker) -> None:
    request_uri = (await asker.push("etterklang-staff")).json()["request_uri"]

    answer = await asker.http.post(f"{asker.issuer}/choose", data={"request_uri": request_uri, "person": "0"})

    assert "code" not in query_of(answer.headers["location"])


async def test_a_code_is_good_once(asker: Asker) -> None:
    code = await asker.code()

    assert (await asker.exchange(code)).status_code == 200
    again = await asker.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "another-verifier-of-at-least-forty-three-characters-0123"},
        {"code_verifier": ""},
        {"code_verifier": s256(VERIFIER)},
        {"redirect_uri": f"{WEB}/elsewhere"},
    ],
)
async def test_a_code_without_its_verifier_and_address_is_worth_nothing(
    asker: Asker, changed: dict[str, str]
) -> None:
    answer = await asker.exchange(await asker.code(), **changed)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_is_the_clients_that_asked(asker: Asker) -> None:
    answer = await asker.exchange(await asker.code(), "etterklang-staff")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_an_assertion_is_good_once(asker: Asker) -> None:
    once = asker.authentication(jti="once")

    assert (await asker.push(**once)).status_code == 201
    again = await asker.push(**once)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    exchanged = await asker.exchange("any", **once)
    assert (exchanged.status_code, exchanged.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": "{issuer}/token"},
        {"iss": "etterklang-staff"},
        {"sub": "somebody"},
        {"exp": 1},
        {"exp": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"jti": ""},
        {"jti": 5},
    ],
)
async def test_an_assertion_that_breaks_a_rule_is_refused(asker: Asker, changed: dict[str, object]) -> None:
    filled = {
        name: value.format(issuer=asker.issuer) if isinstance(value, str) else value
        for name, value in changed.items()
    }

    answer = await asker.push(**asker.authentication(**filled))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_of_a_key_that_is_not_registered_is_refused(asker: Asker, tmp_path: Path) -> None:
    file = tmp_path / "stranger"
    file.touch(mode=0o600)
    own = ClientKey.read(asker.keys.patient).public
    file.write_text(json.dumps(ECKey.generate_key("P-256").as_dict(private=True) | {"kid": own.kid}))
    forged = Asker(asker.issuer, asker.http, ClientKeys(file, asker.keys.staff))

    assert (await forged.push()).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "a.b.c",
        "eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.eyJpc3MiOiJldHRlcmtsYW5nIn0.",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ.eyJpc3MiOiJldHRlcmtsYW5nIn0.YQ",
        "a" * 50_000,
    ],
)
async def test_what_is_no_assertion_is_refused(asker: Asker, assertion: str) -> None:
    answer = await asker.push(client_assertion=assertion)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("secret", [{"client_secret": "secret"}, {"client_assertion_type": "other"}])
async def test_there_is_no_other_way_to_authenticate(asker: Asker, secret: dict[str, str]) -> None:
    answer = await asker.push(**({"client_assertion": None, "client_assertion_type": None} | secret))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_parameter_given_twice_is_refused(asker: Asker) -> None:
    answer = await asker.http.post(
        f"{asker.issuer}/par",
        content=b"state=a&state=b",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert answer.json()["error"] == "invalid_request"


async def test_the_logout_goes_to_registered_pages_only(asker: Asker) -> None:
    async def ending(**asked: str) -> httpx2.Response:
        return await asker.http.get(f"{asker.issuer}/logout", params=asked)

    ours = f"{WEB}/?notice=signed-out"
    assert (await ending(client_id="etterklang", post_logout_redirect_uri=ours)).headers["location"] == ours
    for asked in (
        {"client_id": "etterklang", "post_logout_redirect_uri": "https://elsewhere.example"},
        {"client_id": "unknown", "post_logout_redirect_uri": ours},
        {"post_logout_redirect_uri": ours},
        {},
    ):
        answer = await ending(**asked)
        assert answer.status_code == 200
        assert "You are logged out" in answer.text


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example", "10.0.0.1", ""])
async def test_it_answers_to_this_machines_names_alone(asker: Asker, host: str) -> None:
    answer = await asker.http.get(f"{asker.issuer}/jwks", headers={"host": host})

    assert answer.status_code == 403


async def test_who_connects_from_elsewhere_gets_no_answer(provider: Litestar) -> None:
    transport = httpx2.ASGITransport(app=provider, client=("192.0.2.1", 40000))

    async with httpx2.AsyncClient(transport=transport) as http:
        assert (await http.get(f"{ISSUER}/jwks")).status_code == 403


async def test_the_page_lists_the_stories_and_asks_nobody_else_for_anything(asker: Asker) -> None:
    page = await asker.page()

    assert '<html lang="en">' in page.text
    assert len(re.findall("<h1>", page.text)) == 1
    assert len(re.findall(r'<button name="person"', page.text)) == 2
    assert "Newly diagnosed" in page.text
    assert "Registry staff" not in page.text
    assert "<script" not in page.text
    assert "http" not in re.sub(r"<style>.*?</style>", "", page.text, flags=re.DOTALL)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith(f"form-action 'self' {_origin(CALLBACK)}")


async def test_a_story_cannot_break_out_of_the_page(client_keys: ClientKeys) -> None:
    app = create_provider(_changed(client_keys, people=(Person("</button><script>", pid=ANNA),)))

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http:
        page = await Asker(ISSUER, http, client_keys).page()

    assert "<script" not in page.text


def test_it_does_not_start_in_production(client_keys: ClientKeys) -> None:
    with pytest.raises(DemoProviderError, match="ETTERKLANG_MODE"):
        create_provider(_changed(client_keys, mode="production"))


@pytest.mark.parametrize(
    "issuer",
    ["https://login.example", "http://login.example", "http://0.0.0.0:8401", "http://localhost:8401/", ""],
)
def test_its_issuer_is_on_this_machine(client_keys: ClientKeys, issuer: str) -> None:
    with pytest.raises(DemoProviderError, match="issuer"):
        create_provider(_changed(client_keys, issuer=issuer))


@pytest.mark.parametrize("number", ["", "01010112345", "13097248022", ANNA[:-1] + "0" + ANNA[-1:]])
def test_only_synthetic_people_can_be_listed(client_keys: ClientKeys, number: str) -> None:
    with pytest.raises(DemoProviderError, match="person 1") as refused:
        create_provider(_changed(client_keys, people=(Person("A story", pid=number),)))

    assert not number or number not in str(refused.value)


def _changed(client_keys: ClientKeys, **changed: object) -> ProviderConfig:
    return msgspec.structs.replace(provider_config(ISSUER, WEB, client_keys), **changed)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
