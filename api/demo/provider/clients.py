"""Which client asks: by a signed assertion (``private_key_jwt``, RFC 7523) that counts once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from api.demo.provider.config import Client
from api.demo.provider.refusals import OAuthRefusalError
from api.security.client_key import PublicJwk

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_SECONDS = 60
LEEWAY_SECONDS = 5


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str
    jti: str
    iat: float
    exp: float


class Clients:
    """The registered clients, and the assertions that they have used."""

    def __init__(self, issuer: str, clients: Sequence[Client], now: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._clients = {client.client_id: client for client in clients}
        self._now = now
        self._used: dict[str, float] = {}

    def find(self, client_id: str) -> Client | None:
        """The client of this name."""
        return self._clients.get(client_id)

    def authenticate(self, fields: Mapping[str, str]) -> Client:
        """The client that signed the request's assertion.

        Raises:
            OAuthRefusalError: ``invalid_client``, with the rule that the assertion breaks.
        """
        if fields.get("client_assertion_type") != ASSERTION_TYPE:
            raise _refused("client_assertion_type must be jwt-bearer")
        client, claims = self._verified(fields.get("client_assertion", ""))
        if fields.get("client_id", client.client_id) != client.client_id:
            raise _refused("client_id is not who signed the assertion")
        moment = self._now().timestamp()
        rules = (
            (claims.iss == claims.sub == client.client_id, "iss and sub must be the client"),
            (claims.aud == self._issuer, "aud must be the issuer"),
            (claims.exp > moment - LEEWAY_SECONDS, "exp has passed"),
            (claims.exp <= moment + LONGEST_SECONDS + LEEWAY_SECONDS, "exp is more than 60 seconds ahead"),
            (claims.iat <= moment + LEEWAY_SECONDS, "iat lies ahead"),
            (bool(claims.jti) and claims.jti not in self._used, "jti has been used"),
        )
        broken = next((rule for holds, rule in rules if not holds), None)
        if broken is not None:
            raise _refused(broken)
        self._use(claims, moment)
        return client

    def _verified(self, assertion: str) -> tuple[Client, _Claims]:
        try:
            unverified = jws.extract_compact(assertion.encode("ascii"))
            header = msgspec.convert(unverified.headers(), _Header)
            named = msgspec.json.decode(unverified.payload, type=_Claims).iss
            client, key = self._key(named, header)
            signed = jws.deserialize_compact(assertion, key, algorithms=[header.alg])
            return client, msgspec.json.decode(signed.payload, type=_Claims)
        except (JoseError, ValueError) as error:
            raise _refused("the assertion is not signed by a registered key") from error

    def _key(self, client_id: str, header: _Header) -> tuple[Client, RSAKey | ECKey]:
        client = self._clients.get(client_id)
        registered = () if client is None else client.jwks
        found = next((key for key in registered if (key.kid, key.alg) == (header.kid, header.alg)), None)
        if client is None or found is None:
            raise _refused("client, kid or alg is not registered")
        return client, _imported(found)

    def _use(self, claims: _Claims, moment: float) -> None:
        self._used = {jti: end for jti, end in self._used.items() if end + LEEWAY_SECONDS > moment}
        self._used[claims.jti] = claims.exp


def _imported(public: PublicJwk) -> RSAKey | ECKey:
    key = import_key(msgspec.to_builtins(public))
    if not isinstance(key, RSAKey | ECKey):
        raise _refused("the registered key is of another kind")
    return key


def _refused(rule: str) -> OAuthRefusalError:
    return OAuthRefusalError("invalid_client", rule, 401)
