"""The identity provider's ID token, verified by the key service itself (OpenID Connect Core 1.0, 3.1.3.7)."""

from datetime import UTC, datetime
from hmac import compare_digest

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from surveys.keys.errors import LoginRefusedError
from surveys.keys.issuers import Issuer, IssuerKeys

LEEWAY_SECONDS = 5
OLDEST_SECONDS = 300
ALGORITHMS = {"RSA": ("RS256", "PS256"), "EC": ("ES256",), "OKP": ("EdDSA", "Ed25519")}


class Claims(msgspec.Struct, frozen=True):
    """The claims that we read; an ID token carries others too.

    ``auth_time`` is when the person logged in themselves: earlier than ``iat`` where a single sign-on did not
    ask them again. Without it nobody knows, and the login opens no more than it did.
    """

    iss: str
    aud: str | list[str]
    sub: str
    exp: float
    iat: float
    nonce: str
    acr: str
    auth_time: float | None = None
    pid: str = ""
    roles: tuple[str, ...] = ()

    def logged_in_at(self) -> datetime | None:
        """When the person logged in themselves, as far as the token says."""
        return None if self.auth_time is None else datetime.fromtimestamp(min(self.auth_time, self.iat), UTC)


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str


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
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    rules = (
        (claims.iss == issuer.issuer, "iss is not the issuer"),
        (audiences == [issuer.client_id], "aud is not us alone"),
        (compare_digest(claims.nonce.encode(), nonce.encode()), "nonce is not the one of this login"),
        (claims.acr in issuer.accepted_acr, "acr is not an accepted level"),
        (claims.exp + LEEWAY_SECONDS > now, "exp has passed"),
        (claims.iat - LEEWAY_SECONDS <= now, "iat lies ahead"),
        ((claims.auth_time or 0) - LEEWAY_SECONDS <= now, "auth_time lies ahead"),
        ((claims.auth_time or 0) >= 0, "auth_time lies before 1970"),
        (claims.iat + OLDEST_SECONDS + LEEWAY_SECONDS > now, "iat is more than five minutes ago"),
    )
    return next((rule for holds, rule in rules if not holds), None)
