"""The identity provider's ID token, verified by the key service itself (OpenID Connect Core 1.0, 3.1.3.7)."""

import logging
import time
from datetime import datetime
from hmac import compare_digest
from typing import NamedTuple

import httpx2
import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from surveys.keys.errors import LoginRefusedError
from surveys.keys.messages import Audience
from surveys.settings import Settings

LEEWAY_SECONDS = 5
OLDEST_SECONDS = 300
COOL_DOWN_SECONDS = 30
TIMEOUT_SECONDS = 10
ALGORITHMS = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA", "Ed25519")}

# httpx2 logs whole addresses at INFO.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class Issuer(NamedTuple):
    """One identity provider as the settings name it."""

    issuer: str
    client_id: str
    accepted_acr: frozenset[str]


class Claims(msgspec.Struct, frozen=True):
    """The claims that we read; an ID token carries others too."""

    iss: str
    aud: str | list[str]
    sub: str
    exp: float
    iat: float
    nonce: str
    acr: str
    pid: str = ""
    roles: tuple[str, ...] = ()


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


def issuer_of(settings: Settings, audience: Audience) -> Issuer:
    """The provider that this audience logs in at."""
    if audience is Audience.PATIENT:
        issuer, client_id = settings.etterklang_patient_issuer, settings.etterklang_patient_client_id
        acr = settings.etterklang_patient_acr
    else:
        issuer, client_id = settings.etterklang_staff_issuer, settings.etterklang_staff_client_id
        acr = settings.etterklang_staff_acr
    if settings.etterklang_mode == "production" and not issuer.startswith("https://"):
        raise LoginRefusedError("in production the issuer's address must begin with https")
    return Issuer(issuer, client_id, frozenset(acr.split()))


class IssuerKeys:
    """A provider's signing keys, fetched when needed; an unknown key is asked for again once in a while."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: dict[str, RSAKey | ECKey | OKPKey] = {}
        self._fetched_at = float("-inf")

    async def find(self, key_id: str) -> RSAKey | ECKey | OKPKey:
        """The key with this identifier.

        Raises:
            LoginRefusedError: the provider has no such key, or does not answer.
        """
        if key_id not in self._keys and time.monotonic() - self._fetched_at > COOL_DOWN_SECONDS:
            await self._fetch()
        key = self._keys.get(key_id)
        if key is None:
            raise LoginRefusedError("kid is not one of the issuer's keys")
        return key

    async def _fetch(self) -> None:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
                found = await client.get(f"{self._issuer}/.well-known/openid-configuration")
                metadata = msgspec.json.decode(found.raise_for_status().content, type=_Metadata)
                if metadata.issuer != self._issuer:
                    raise LoginRefusedError("the issuer's metadata names another issuer")
                keys = (await client.get(metadata.jwks_uri)).raise_for_status().content
        except (httpx2.HTTPError, msgspec.DecodeError) as error:
            raise LoginRefusedError("the issuer does not answer") from error
        try:
            key_set = KeySet.import_key_set(msgspec.json.decode(keys))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise LoginRefusedError("the issuer's keys cannot be read") from error
        self._fetched_at = time.monotonic()
        self._keys = {
            key.kid: key
            for key in key_set.keys
            if key.kid is not None and isinstance(key, (RSAKey, ECKey, OKPKey))
        }


async def verify_id_token(issuer: Issuer, keys: IssuerKeys, token: str, nonce: str, now: datetime) -> Claims:
    """The claims of an ID token that keeps every rule.

    Raises:
        LoginRefusedError: the first rule that it breaks.
    """
    header = _header(token)
    key = await keys.find(header.kid)
    if header.alg not in ALGORITHMS.get(key.key_type, ()):
        raise LoginRefusedError("alg does not belong to the key")
    try:
        signed = jws.deserialize_compact(token, key, algorithms=[header.alg])
        claims = msgspec.json.decode(signed.payload, type=Claims)
    except (JoseError, ValueError) as error:
        raise LoginRefusedError("signature or claims do not hold") from error
    broken = _broken_rule(issuer, claims, nonce, now.timestamp())
    if broken is not None:
        raise LoginRefusedError(broken)
    return claims


def _header(token: str) -> _Header:
    try:
        return msgspec.convert(jws.extract_compact(token.encode("ascii")).headers(), _Header)
    except (JoseError, ValueError) as error:
        raise LoginRefusedError("it is no signed token with alg and kid") from error


def _broken_rule(issuer: Issuer, claims: Claims, nonce: str, now: float) -> str | None:
    audience = claims.aud if isinstance(claims.aud, str) else "".join(claims.aud[:1])
    single = isinstance(claims.aud, str) or len(claims.aud) == 1
    rules = (
        (claims.iss == issuer.issuer, "iss is not the issuer"),
        (single and audience == issuer.client_id, "aud is not us alone"),
        (compare_digest(claims.nonce.encode(), nonce.encode()), "nonce is not the one of this login"),
        (claims.acr in issuer.accepted_acr, "acr is not an accepted level"),
        (claims.exp + LEEWAY_SECONDS > now, "exp has passed"),
        (claims.iat - LEEWAY_SECONDS <= now, "iat lies ahead"),
        (claims.iat + OLDEST_SECONDS + LEEWAY_SECONDS > now, "iat is more than five minutes ago"),
    )
    return next((rule for holds, rule in rules if not holds), None)
