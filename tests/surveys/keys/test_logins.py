"""The key service believes an identity provider's ID token, and nothing that only looks like one."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.database import Role
from surveys.keys import (
    Audience,
    FreshLoginNeededError,
    Keys,
    Login,
    LoginRefusedError,
    NotAllowedError,
    OwnAct,
)
from surveys.keys.in_process import InProcessKeys
from surveys.keys.issuers import COOL_DOWN_SECONDS, KEPT_SECONDS, IssuerKeys, issuer_of
from surveys.settings import Settings
from tests.builders.keys import KeyServer, hashed, in_process_keys, key_server, signed, synthetic_numbers

NONCE = "the nonce of this login"
LEVEL = "idporten-loa-high"
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
FOREIGN = RSAKey.generate_key(2048, {"kid": "rsa"})
ANNA, BERIT = synthetic_numbers(2)


class Ground(NamedTuple):
    """The provider's keys, the key service, and the time that it goes by."""

    provider: KeyServer
    keys_as: Callable[[Role], Keys]
    now: datetime

    def claims(self, **changed: object) -> dict[str, object]:
        """Good claims of a patient, but for those given; None leaves one out."""
        at = int(self.now.timestamp())
        good: dict[str, object] = {
            "iss": self.provider.issuer, "aud": "etterklang", "sub": "pairwise", "nonce": NONCE,
            "iat": at, "exp": at + 120, "acr": LEVEL, "pid": ANNA, "amr": ["BankID"],
        }  # fmt: skip
        return {name: value for name, value in (good | changed).items() if value is not None}

    def token(self, **changed: object) -> str:
        return signed(RSA, {"alg": "RS256", "kid": "rsa"}, self.claims(**changed))

    async def log_in(self, token: str, audience: Audience = Audience.PATIENT, nonce: str = NONCE) -> Login:
        return await self.keys_as(Role.WEB).login(audience, token, nonce)

    async def believes(self, token: str) -> bool:
        try:
            await self.log_in(token)
        except LoginRefusedError:
            return False
        return True

    async def refusal(self, token: str, audience: Audience = Audience.PATIENT) -> str:
        with pytest.raises(LoginRefusedError) as refused:
            await self.log_in(token, audience)
        assert ANNA not in str(refused.value)
        assert token not in str(refused.value)
        return refused.value.rule


@pytest.fixture
def provider() -> Iterator[KeyServer]:
    with key_server(RSA, EC, ED) as serving:
        yield serving


@pytest.fixture
async def ground(provider: KeyServer, engine_as: Callable[[Role], AsyncEngine]) -> Ground:
    settings = Settings(
        etterklang_mode="development",
        etterklang_patient_issuer=provider.issuer,
        etterklang_staff_issuer=provider.issuer,
    )
    now = clock.now()
    return Ground(provider, in_process_keys(engine_as(Role.KEYS), settings, lambda: now), now)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
async def test_each_kind_of_key_is_believed_under_its_own_algorithms(
    ground: Ground, key: RSAKey | ECKey | OKPKey, algorithm: str
) -> None:
    (person,) = await ground.keys_as(Role.WORKER).link([ANNA])
    token = signed(key, {"alg": algorithm, "kid": key.kid}, ground.claims())
    assert (await ground.log_in(token)).person_id == person


async def test_somebody_whom_no_registry_has_fed_is_another_nobody_each_time(ground: Ground) -> None:
    (anna,) = await ground.keys_as(Role.WORKER).link([ANNA])
    found = {(await ground.log_in(ground.token(pid=BERIT))).person_id for _ in range(2)}
    assert len(found) == 2
    assert anna not in found


async def test_staff_get_the_roles_that_we_know_and_no_others(ground: Ground) -> None:
    token = ground.token(aud="etterklang-staff", pid=None, roles=["registry", "administrator"])
    login = await ground.log_in(token, Audience.STAFF)
    assert (login.subject, login.roles) == ("pairwise", ("registry",))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"iss": "http://127.0.0.1:1"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["etterklang", "another"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": "etterklang-staff"}, "aud"),
        ({"nonce": "of another login"}, "nonce"),
        ({"acr": "idporten-loa-low"}, "acr"),
        ({"acr": f"{LEVEL} "}, "acr"),
        ({"exp": 0}, "exp"),
        ({"pid": "not a number"}, "pid"),
        ({"pid": "01015012345"}, "pid"),
        ({"pid": None}, "pid"),
        *(({name: None}, "claims") for name in ("iss", "aud", "sub", "exp", "iat", "nonce", "acr")),
        *(({name: 7}, "claims") for name in ("iss", "aud", "sub", "nonce", "acr", "pid")),
        ({"exp": "tomorrow"}, "claims"),
        ({"roles": "registry"}, "claims"),
    ],
)
async def test_every_claim_must_be_right(ground: Ground, changed: dict[str, object], rule: str) -> None:
    assert rule in await ground.refusal(ground.token(**changed))


@pytest.mark.parametrize(
    ("issued", "ends", "rule"),
    [(-304, 60, None), (-306, 60, "iat"), (4, 60, None), (6, 60, "iat"), (-60, -4, None), (-60, -6, "exp")],
)
async def test_a_token_counts_for_five_minutes_with_five_seconds_to_spare(
    ground: Ground, issued: int, ends: int, rule: str | None
) -> None:
    at = int(ground.now.timestamp())
    token = ground.token(iat=at + issued, exp=at + ends)
    if rule is None:
        assert await ground.log_in(token)
    else:
        assert rule in await ground.refusal(token)


@pytest.mark.parametrize(
    ("auth_time", "seconds_later", "is_fresh"),
    [
        (0, 0, True),
        (0, 299, True),
        (0, 300, False),
        (-200, 99, True),
        (-200, 100, False),
        (-3600, 0, False),
        (None, 0, False),
        (4, 0, True),
    ],
)
async def test_a_login_is_fresh_for_five_minutes_after_the_person_themselves_logged_in(
    ground: Ground,
    engine_as: Callable[[Role], AsyncEngine],
    auth_time: int | None,
    seconds_later: int,
    is_fresh: bool,
) -> None:
    at = int(ground.now.timestamp())
    login = await ground.log_in(ground.token(auth_time=None if auth_time is None else at + auth_time))
    web = ground.keys_as(Role.WEB)
    assert isinstance(web, InProcessKeys)
    later = InProcessKeys(
        web._vault, Role.WEB, lambda: ground.now.replace(microsecond=0) + timedelta(seconds=seconds_later)
    )
    refused = 0
    for act in OwnAct:
        try:
            await later.act(act, login.grant)
        except FreshLoginNeededError:
            refused += 1
    assert refused == (0 if is_fresh else len(OwnAct))


async def test_a_login_that_lies_ahead_is_refused_and_staff_do_nothing_in_a_patients_place(
    ground: Ground,
) -> None:
    assert "auth_time" in await ground.refusal(ground.token(auth_time=int(ground.now.timestamp()) + 7))
    assert "auth_time" in await ground.refusal(ground.token(auth_time=-1e300))
    assert await ground.refusal(ground.token(auth_time="now")) == "signature or claims do not hold"
    at = int(ground.now.timestamp())
    staff = ground.token(aud="etterklang-staff", pid=None, roles=["registry"], auth_time=at)
    grant = (await ground.log_in(staff, Audience.STAFF)).grant
    for act, grant_ in ((act, one) for act in OwnAct for one in (grant, b"", b"x" * 80)):
        with pytest.raises(NotAllowedError):
            await ground.keys_as(Role.WEB).act(act, grant_)


async def test_an_audience_of_one_in_a_list_is_us_too(ground: Ground) -> None:
    assert await ground.log_in(ground.token(aud=["etterklang"]))


async def test_no_signature_but_the_providers_is_believed(ground: Ground) -> None:
    claims = ground.claims()
    public = RSA.as_pem(private=False)
    good = ground.token()
    head, body, signature = good.split(".")
    other_body = ground.token(pid=BERIT).split(".")[1]
    forged = {
        "of a foreign key": signed(FOREIGN, {"alg": "RS256", "kid": "rsa"}, claims),
        "none": hashed(b"", {"alg": "none", "kid": "rsa"}, claims),
        "None": hashed(b"", {"alg": "None", "kid": "rsa"}, claims),
        "the public key as a secret": hashed(public, {"alg": "HS256", "kid": "rsa"}, claims),
        "the public key as a secret under the key's algorithm": hashed(
            public, {"alg": "RS256", "kid": "rsa"}, claims
        ),
        "another key's algorithm": signed(RSA, {"alg": "RS256", "kid": "ec"}, claims),
        "a longer hash": signed(RSA, {"alg": "RS512", "kid": "rsa"}, claims),
        "an unknown key": signed(RSA, {"alg": "RS256", "kid": "unknown"}, claims),
        "no key named": signed(RSA, {"alg": "RS256"}, claims),
        "a critical header that we do not know": hashed(
            b"", {"alg": "RS256", "kid": "rsa", "crit": ["x"], "x": 1}, claims
        ),
        "another body": f"{head}.{other_body}.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.{signature}",
        "nothing": "",
        "no ASCII": "æ.ø.å",
        "no JSON": "e30x.e30x.e30x",
        "long": good + "A" * 200_000,
    }
    assert [what for what, token in forged.items() if await ground.believes(token)] == []


@pytest.mark.filterwarnings("ignore:Key size should be")
async def test_a_short_key_signs_nothing_that_counts(ground: Ground) -> None:
    short = RSAKey.generate_key(1024, {"kid": "short"})
    ground.provider.keys.append(short)
    assert not await ground.believes(signed(short, {"alg": "RS256", "kid": "short"}, ground.claims()))
    assert await ground.believes(ground.token())


async def test_every_flipped_character_of_a_token_is_refused(ground: Ground) -> None:
    good = ground.token()
    assert await ground.log_in(good)
    for place in range(0, len(good) - 1, 5):
        flipped = "A" if good[place] != "A" else "B"
        assert not await ground.believes(good[:place] + flipped + good[place + 1 :])


async def test_a_token_of_the_patients_is_none_of_the_staffs(ground: Ground) -> None:
    assert "aud" in await ground.refusal(ground.token(), Audience.STAFF)


async def test_a_provider_that_names_another_issuer_is_not_believed(ground: Ground) -> None:
    ground.provider.metadata["issuer"] = "http://127.0.0.1:1"
    assert "another issuer" in await ground.refusal(ground.token())


async def test_a_provider_that_does_not_answer_is_said_to_be_that(ground: Ground) -> None:
    for address in (
        "http://127.0.0.1:1/jwks",
        "nonsense://",
        "http://[",
        f"{ground.provider.issuer}/nowhere",
    ):
        ground.provider.metadata["jwks_uri"] = address
        with pytest.raises(LoginRefusedError, match="does not answer"):
            await IssuerKeys(ground.provider.issuer).find("rsa")


@pytest.mark.filterwarnings("ignore:Key size should be")
async def test_keys_of_other_kinds_beside_ours_do_no_harm(ground: Ground) -> None:
    ground.provider.others = [
        {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA", "kid": "later"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {"kty": "RSA", "kid": "half"},
        {"kty": "EC", "crv": "P-256"},
        {},
    ]
    assert await ground.log_in(ground.token())
    token = hashed(b"secret", {"alg": "HS256", "kid": "secret"}, ground.claims())
    assert "kid" in await ground.refusal(token)


async def test_an_unknown_key_is_asked_for_again_once_in_half_a_minute(provider: KeyServer) -> None:
    seconds = [1000.0]
    keys = IssuerKeys(provider.issuer, lambda: seconds[0])
    assert (await keys.find("rsa")).kid == "rsa"
    for _ in range(20):
        with pytest.raises(LoginRefusedError):
            await keys.find("new")
    assert provider.asked.count("/jwks") == 1
    provider.keys.append(ECKey.generate_key("P-256", {"kid": "new"}))
    seconds[0] += COOL_DOWN_SECONDS
    assert (await keys.find("new")).kid == "new"
    assert provider.asked.count("/jwks") == 2


async def test_a_key_that_the_provider_has_withdrawn_counts_for_an_hour_at_most(provider: KeyServer) -> None:
    seconds = [1000.0]
    keys = IssuerKeys(provider.issuer, lambda: seconds[0])
    await keys.find("rsa")
    provider.keys.remove(RSA)
    assert await keys.find("rsa")
    seconds[0] += KEPT_SECONDS
    with pytest.raises(LoginRefusedError, match="kid"):
        await keys.find("rsa")


async def test_in_production_the_issuer_and_its_keys_are_reached_by_https_alone() -> None:
    settings = Settings(etterklang_mode="production", etterklang_patient_issuer="http://login.example")
    with pytest.raises(LoginRefusedError, match="https"):
        issuer_of(settings, Audience.PATIENT)


async def test_only_the_web_role_logs_anybody_in(ground: Ground) -> None:
    for role in (Role.WORKER, Role.RESEARCH):
        with pytest.raises(NotAllowedError):
            await ground.keys_as(role).login(Audience.PATIENT, ground.token(), NONCE)
