"""Access tokens of machines: short-lived JWTs (RFC 9068) that each of our web processes makes and reads."""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from api.security.errors import TokenRefusedError
from surveys.identifiers import new_id
from surveys.keys import derive

LASTS = timedelta(minutes=5)
ALGORITHM = "HS256"
TYPE = "at+jwt"
CONTEXT = "api access token"
LONGEST = 4096


class AccessToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an access token says: whose it is, for which scopes, and until when (seconds since 1970)."""

    iss: str
    aud: str
    sub: str
    client_id: str
    scope: str
    iat: int
    exp: int
    jti: str

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes as a set."""
        return frozenset(self.scope.split())


def issue(secret: bytes, issuer: str, client_id: str, scopes: Collection[str], now: datetime) -> str:
    """A token for five minutes; ``secret`` is the receipt key, which all web processes share."""
    claims = AccessToken(
        iss=issuer,
        aud=issuer,
        sub=client_id,
        client_id=client_id,
        scope=" ".join(sorted(scopes)),
        iat=int(now.timestamp()),
        exp=int((now + LASTS).timestamp()),
        jti=str(new_id()),
    )
    header = {"alg": ALGORITHM, "typ": TYPE}
    return jwt.encode(header, msgspec.to_builtins(claims), _key(secret), algorithms=[ALGORITHM])


def read_token(secret: bytes, issuer: str, token: str, now: datetime) -> AccessToken:
    """What the token says.

    Raises:
        TokenRefusedError: it is not ours, or has run out; which of the two is not said.
    """
    if len(token) > LONGEST:
        raise TokenRefusedError
    try:
        found = jwt.decode(token, _key(secret), algorithms=[ALGORITHM])
        claims = msgspec.convert(found.claims, AccessToken)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefusedError from error
    ours = found.header.get("typ") == TYPE and claims.iss == issuer and claims.aud == issuer
    if not ours or claims.exp <= now.timestamp():
        raise TokenRefusedError
    return claims


def _key(secret: bytes) -> OctKey:
    return OctKey.import_key(derive(secret, CONTEXT))
