"""The identity providers as the key service knows them: who they are, and the keys that they sign with."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

import httpx2
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from surveys.keys.errors import LoginRefusedError
from surveys.keys.messages import Audience
from surveys.settings import Settings
from surveys.tls import trusted

KEPT_SECONDS = 3600
COOL_DOWN_SECONDS = 30
RETRY_SECONDS = 2
TIMEOUT_SECONDS = 10
SHORTEST_RSA_BITS = 2048

DictKey = dict[str, str | list[str]]
SigningKey = RSAKey | ECKey | OKPKey

# httpx2 logs whole addresses at INFO.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class Issuer(NamedTuple):
    """One identity provider as the settings name it."""

    issuer: str
    client_id: str
    accepted_acr: frozenset[str]


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[DictKey]


def issuer_of(settings: Settings, audience: Audience) -> Issuer:
    """The provider that this audience logs in at.

    Raises:
        LoginRefusedError: in production, its address is not https.
    """
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
    """A provider's signing keys: fetched when needed, kept for an hour.

    A token that names an unknown key has them fetched again, but once in 30 seconds at most: whoever may send
    tokens could otherwise have us ask the provider without end.
    """

    def __init__(self, issuer: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._seconds = seconds
        self._keys: dict[str, SigningKey] = {}
        self._old_at = self._ask_again_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> SigningKey:
        """The key with this identifier.

        Raises:
            LoginRefusedError: the provider has no such key, or does not answer.
        """
        key = self._known(key_id)
        if key is None:
            async with self._fetching:
                if self._known(key_id) is None and self._seconds() >= self._ask_again_at:
                    await self._refresh()
                key = self._known(key_id)
        if key is None:
            raise LoginRefusedError("kid is not one of the issuer's keys")
        return key

    def _known(self, key_id: str) -> SigningKey | None:
        return self._keys.get(key_id) if self._seconds() < self._old_at else None

    async def _refresh(self) -> None:
        self._ask_again_at = self._seconds() + RETRY_SECONDS
        self._keys = _signing_keys(await self._fetch())
        self._old_at = self._seconds() + KEPT_SECONDS
        self._ask_again_at = self._seconds() + COOL_DOWN_SECONDS

    async def _fetch(self) -> bytes:
        address = f"{self._issuer.removesuffix('/')}/.well-known/openid-configuration"
        try:
            async with httpx2.AsyncClient(
                timeout=TIMEOUT_SECONDS, follow_redirects=False, verify=trusted()
            ) as client:
                found = await client.get(address)
                metadata = msgspec.json.decode(found.raise_for_status().content, type=_Metadata)
                self._check(metadata)
                return (await client.get(metadata.jwks_uri)).raise_for_status().content
        except (httpx2.HTTPError, httpx2.InvalidURL, msgspec.DecodeError) as error:
            raise LoginRefusedError("the issuer does not answer") from error

    def _check(self, metadata: _Metadata) -> None:
        if metadata.issuer != self._issuer:
            raise LoginRefusedError("the issuer's metadata names another issuer")
        if self._issuer.startswith("https://") and not metadata.jwks_uri.startswith("https://"):
            raise LoginRefusedError("the issuer's keys are not at an https address")


def _signing_keys(document: bytes) -> dict[str, SigningKey]:
    try:
        described = msgspec.json.decode(document, type=_KeySet).keys
    except msgspec.DecodeError as error:
        raise LoginRefusedError("the issuer's keys cannot be read") from error
    keys = ((one["kid"], _signing_key(one)) for one in described if isinstance(one.get("kid"), str))
    return {str(key_id): key for key_id, key in keys if key is not None}


def _signing_key(described: DictKey) -> SigningKey | None:
    try:
        key = import_key(described)
    except (JoseError, ValueError, TypeError, KeyError):
        # A provider may publish, beside those that we know, keys of kinds that come later.
        return None
    if isinstance(key, RSAKey) and key.raw_value.key_size < SHORTEST_RSA_BITS:
        return None
    return key if isinstance(key, (RSAKey, ECKey, OKPKey)) else None
