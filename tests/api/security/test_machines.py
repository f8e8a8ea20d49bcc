"""Machines: registration, client assertions, access tokens, and every way in which they are refused."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy.ext.asyncio import AsyncEngine

from api.security.errors import TokenRefusedError
from api.security.machines import (
    AssertionRefusedError,
    InvalidMachineError,
    MachineNotFoundError,
    MachineTakenError,
    authenticate,
    register_machine,
    revoke_machine,
)
from api.security.tokens import issue, read_token
from surveys.database import Role, transaction
from surveys.identifiers import new_id
from tests.builders.answering import NOW
from tests.builders.api import MachineKey, Service

US = "https://etterklang.example/api/token"
EngineAs = Callable[[Role], AsyncEngine]


def text(value: bytes) -> str:
    """Base64url without padding, as tokens have it."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


async def register(engine_as: EngineAs, key: MachineKey, *scopes: str, **changed: str) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        await register_machine(
            connection, key.client_id, key.public() | changed, scopes or ("feed:norway",), NOW
        )


async def outcome(engine_as: EngineAs, assertion: str) -> str:
    """``accepted``, or the rule that the assertion breaks."""
    async with transaction(engine_as(Role.WEB)) as connection:
        try:
            await authenticate(connection, assertion, frozenset((US,)), NOW)
        except AssertionRefusedError as error:
            return error.rule
    return "accepted"


async def test_a_good_assertion_is_accepted_once(engine_as: EngineAs) -> None:
    key = MachineKey("registry-of-norway")
    await register(engine_as, key)
    assertion = key.assertion(US, NOW)
    assert await outcome(engine_as, assertion) == "accepted"
    assert await outcome(engine_as, assertion) == "jti has been used"


async def test_every_rule_of_the_assertion_is_held(engine_as: EngineAs) -> None:
    key, other = MachineKey("registry-of-norway"), MachineKey("registry-of-norway")
    await register(engine_as, key)
    await register(engine_as, MachineKey("somebody-else"))
    at = int(NOW.timestamp())
    claims: list[tuple[dict[str, object], str]] = [
        ({"aud": "https://other.example/api/token"}, "aud is not us alone"),
        ({"aud": [US, "https://other.example"]}, "aud is not us alone"),
        ({"aud": [US]}, "accepted"),
        ({"sub": "somebody-else"}, "iss and sub are not the machine"),
        ({"iss": "somebody-else"}, "kid is not the registered key's"),
        ({"iss": "nobody"}, "no such machine"),
        ({"iss": "nul\x00"}, "iss is not a machine's name"),
        ({"exp": at - 6}, "exp has passed"),
        ({"exp": at - 4}, "accepted"),
        ({"exp": at + 66}, "exp is more than 60 s ahead"),
        ({"exp": 1e308}, "exp is more than 60 s ahead"),
        ({"exp": None}, "not a signed token with the claims needed"),
        ({"iat": at + 6}, "iat lies ahead"),
        ({"nbf": at + 6}, "nbf lies ahead"),
        ({"jti": None}, "not a signed token with the claims needed"),
        ({"jti": ""}, "jti is not 1 to 128 visible characters"),
        ({"jti": "a\x00b"}, "jti is not 1 to 128 visible characters"),
        ({"jti": "x" * 129}, "jti is not 1 to 128 visible characters"),
    ]
    for changed, rule in claims:
        assert await outcome(engine_as, key.assertion(US, NOW, **changed)) == rule, changed
    assert await outcome(engine_as, other.assertion(US, NOW)) == "kid is not the registered key's"
    forged = other.assertion(US, NOW, header={"kid": key.key.kid})
    assert await outcome(engine_as, forged) == "the signature does not hold"


async def test_the_algorithm_is_the_registered_keys(engine_as: EngineAs) -> None:
    key = MachineKey("registry-of-norway")
    await register(engine_as, key)
    claims = {
        "iss": key.client_id,
        "sub": key.client_id,
        "aud": US,
        "exp": int(NOW.timestamp()) + 30,
        "jti": "1",
    }
    part = text(json.dumps(claims).encode())
    signed = text(b'{"alg":"HS256"}') + "." + part
    confused = f"{signed}.{text(hmac.digest(key.key.as_pem(private=False), signed.encode(), 'sha256'))}"
    for assertion in (confused, text(b'{"alg":"none"}') + f".{part}."):
        assert await outcome(engine_as, assertion) == "alg is not the registered key's"
    older_name = key.assertion(US, NOW, header={"alg": "EdDSA"})
    assert await outcome(engine_as, older_name) == "accepted"


@pytest.mark.parametrize(
    ("made", "algorithm"),
    [(ECKey.generate_key("P-256"), "ES256"), (RSAKey.generate_key(2048), "PS256")],
    ids=["P-256", "RSA"],
)
async def test_the_other_kinds_of_keys_work_too(
    engine_as: EngineAs, made: ECKey | RSAKey, algorithm: str
) -> None:
    public = {name: str(value) for name, value in made.as_dict(private=False).items()} | {"alg": algorithm}
    async with transaction(engine_as(Role.WORKER)) as connection:
        await register_machine(connection, "machine", public, ["feed:norway"], NOW)
    claims = {"iss": "machine", "sub": "machine", "aud": US, "exp": int(NOW.timestamp()) + 30, "jti": "1"}
    signed = jwt.encode({"alg": algorithm}, claims, made, algorithms=[algorithm])
    assert await outcome(engine_as, signed) == "accepted"


@pytest.mark.parametrize("nonsense", ["", "a", "a.b.c", "....", "e30.e30.", "\u00e9.b.c", "A" * 60_000])
async def test_what_is_no_token_is_refused_like_any_other(engine_as: EngineAs, nonsense: str) -> None:
    assert await outcome(engine_as, nonsense) == "not a signed token with the claims needed"


async def test_only_a_public_key_of_a_known_kind_is_registered(engine_as: EngineAs) -> None:
    key = MachineKey("registry-of-norway")
    private = {name: str(value) for name, value in key.key.as_dict(private=True).items()}
    small = RSAKey.generate_key(1024, auto_kid=False).as_dict(private=False)
    bad: list[tuple[str, dict[str, str], tuple[str, ...], str]] = [
        ("x", private, ("feed:norway",), "must be a public one"),
        ("x", {"kty": "oct", "k": "AA"}, ("feed:norway",), "must be a public one"),
        ("x", {"kty": "OKP", "crv": "X25519", "x": "AA"}, ("feed:norway",), "must be Ed25519, P-256 or RSA"),
        ("x", {"kty": "OKP", "crv": "Ed25519", "x": "AA"}, ("feed:norway",), "cannot be read"),
        ("x", {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, ("feed:norway",), "must name its alg"),
        ("x", {**{k: str(v) for k, v in small.items()}, "alg": "PS256"}, ("feed:norway",), "2048 bits"),
        ("x", key.public() | {"alg": "ES256"}, ("feed:norway",), "alg of this key"),
        ("x\x00", key.public(), ("feed:norway",), "the name is"),
        ("x", key.public(), ("feed:*",), "a scope is"),
        ("x", key.public(), ("research:*",), "a scope is"),
        ("x", key.public(), (), "at least one scope"),
    ]
    for client_id, public, scopes, rule in bad:
        async with transaction(engine_as(Role.WORKER)) as connection:
            with pytest.raises(InvalidMachineError, match=rule):
                await register_machine(connection, client_id, public, scopes, NOW)


async def test_a_name_is_registered_once_and_revoked_once(engine_as: EngineAs) -> None:
    key = MachineKey("registry-of-norway")
    await register(engine_as, key)
    with pytest.raises(MachineTakenError):
        await register(engine_as, key)
    async with transaction(engine_as(Role.WORKER)) as connection:
        await revoke_machine(connection, key.client_id, NOW)
        with pytest.raises(MachineNotFoundError):
            await revoke_machine(connection, key.client_id, NOW)
    assert await outcome(engine_as, key.assertion(US, NOW)) == "no such machine"


async def test_used_assertions_are_forgotten_when_they_have_run_out(engine_as: EngineAs) -> None:
    key = MachineKey("registry-of-norway")
    await register(engine_as, key)
    async with transaction(engine_as(Role.WEB)) as connection:
        for minutes in (0, 1, 2, 3):
            now = NOW + timedelta(minutes=minutes)
            await authenticate(connection, key.assertion(US, now), frozenset((US,)), now)
        kept = await connection.exec_driver_sql("SELECT count(*) FROM access.used_assertion")
        assert kept.scalar_one() == 2


def test_an_access_token_lasts_five_minutes_and_is_ours_alone() -> None:
    secret, issuer = b"s" * 32, "https://etterklang.example"
    made = issue(secret, issuer, "machine", ["feed:norway"], NOW)
    assert read_token(secret, issuer, made, NOW).scopes == {"feed:norway"}
    assert read_token(secret, issuer, made, NOW + timedelta(seconds=299))
    refused = [
        (secret, issuer, made, NOW + timedelta(seconds=300)),
        (b"t" * 32, issuer, made, NOW),
        (secret, "https://other.example", made, NOW),
        (secret, issuer, made[:-4] + "AAAA", NOW),
        (
            secret,
            issuer,
            jwt.encode({"alg": "HS256", "typ": "JWT"}, {"sub": "x"}, OctKey.import_key(b"u" * 32)),
            NOW,
        ),
        (secret, issuer, "\u00e9", NOW),
    ]
    for arguments in refused:
        with pytest.raises(TokenRefusedError):
            read_token(*arguments)


async def test_the_token_endpoint_gives_what_was_asked_for_and_no_more(service: Service) -> None:
    project = new_id()
    key = await service.register("machine", ["feed:norway", f"research:{project}"])
    given = await service.ask_token(key)
    assert given.status_code == 200, given.text
    assert given.headers["cache-control"] == "no-store"
    said = given.json()
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 300)
    assert said["scope"] == f"feed:norway research:{project}"
    assert (await service.ask_token(key, scope="feed:norway", audience="ignored")).json()[
        "scope"
    ] == "feed:norway"


async def test_the_token_endpoint_refuses_as_rfc_6749_has_it(service: Service) -> None:
    key = await service.register("machine", ["feed:norway"])
    cases: list[tuple[dict[str, str], int, str]] = [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": "other"}, 400, "invalid_request"),
        ({"client_assertion": "a.b.c"}, 401, "invalid_client"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"scope": "feed:sweden"}, 400, "invalid_scope"),
    ]
    for fields, status, code in cases:
        found = await service.ask_token(key, **fields)
        assert (found.status_code, found.json()["error"]) == (status, code), fields
    client = await service.anyone()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in (
        b"",
        b"grant_type",
        b"grant_type=a&grant_type=b",
        b"\xff=1",
        b"&".join([b"a%d=1" % n for n in range(30)]),
    ):
        found = await client.post("/api/token", content=body, headers=headers)
        assert (found.status_code, found.json()["error"]) == (400, "invalid_request"), body
    assert (await client.post("/api/token", json={})).status_code == 415


async def test_a_token_outlives_neither_its_time_nor_its_machine(service: Service) -> None:
    key = await service.register("machine", ["feed:norway"])
    token = (await service.ask_token(key)).json()["access_token"]
    client = await service.anyone({"authorization": f"Bearer {token}"})
    path = f"/api/feed/norway/batches/{new_id()}"
    assert (await client.get(path)).status_code == 404
    service.clock.moment += timedelta(minutes=6)
    late = await client.get(path)
    assert (late.status_code, late.headers["www-authenticate"]) == (401, 'Bearer realm="etterklang"')
    service.clock.moment -= timedelta(minutes=6)
    async with transaction(service.engine_as(Role.WORKER)) as connection:
        await revoke_machine(connection, "machine", NOW)
    assert (await client.get(path)).status_code == 401
