"""The ID token, signed with a key that lives as long as the process; claims as ID-porten has them."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

import msgspec
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization, RSAKey

from api.demo.provider.book import LANGUAGES, LEVELS, Granted
from api.demo.provider.config import Person

ALGORITHM = "RS256"
RSA_BITS = 2048
ID_TOKEN_SECONDS = 120
STAFF_ROLES = ("registry",)


class TokenAnswer(msgspec.Struct, frozen=True):
    """What the token endpoint gives; the access token is good for nothing here."""

    access_token: str
    id_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a kind


class Signer:
    """The provider's key, and what it signs."""

    def __init__(self, issuer: str, now: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._now = now
        self._key = RSAKey.generate_key(RSA_BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        self._salt = secrets.token_bytes(16)

    def jwks(self) -> KeySetSerialization:
        """The public key, as a set."""
        return KeySet([self._key]).as_dict(private=False)

    def answer(self, granted: Granted) -> TokenAnswer:
        """The tokens for a redeemed code."""
        return TokenAnswer(
            access_token=secrets.token_urlsafe(32),
            id_token=self._id_token(granted),
            expires_in=ID_TOKEN_SECONDS,
            scope=granted.request.scope,
        )

    def _id_token(self, granted: Granted) -> str:
        request, issued = granted.request, int(self._now().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": request.client_id,
            "sub": self._subject(request.client_id, granted.person),
            "nonce": request.nonce,
            "acr": _level(request.acr_values),
            "amr": ["TestID"],
            "auth_time": int(granted.logged_in_at.timestamp()),
            "iat": issued,
            "exp": issued + ID_TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "sid": granted.sid,
            "locale": _locale(request.ui_locales),
            **_who(granted.person),
        }
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def _subject(self, client_id: str, person: Person) -> str:
        """Patients go by a name that only this client knows them by, staff by their own."""
        if person.name:
            return person.name
        return hashlib.sha256(self._salt + f"{client_id} {person.pid}".encode()).hexdigest()


def _who(person: Person) -> dict[str, str | list[str]]:
    if person.name:
        return {"name": person.name, "roles": list(STAFF_ROLES)}
    return {"pid": person.pid}


def _level(asked: str) -> str:
    return next(iter(asked.split()), LEVELS[0])


def _locale(asked: str) -> str:
    return next((language for language in asked.split() if language in LANGUAGES), LANGUAGES[0])
