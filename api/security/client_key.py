"""The key of our client assertions (``private_key_jwt``, RFC 7523): made once, kept in a file, never sent."""

import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

RSA_BITS = 3072
SMALLEST_RSA_BITS = 2048
LIFE_SECONDS = 60
OTHERS_MAY_READ = 0o077
ALGORITHMS = {("RSA", ""): "RS256", ("EC", "P-256"): "ES256"}


class ClientKeyError(Exception):
    """The file of a client key cannot be used; the message names the file and the rule."""

    def __init__(self, path: Path, rule: str) -> None:
        self.path = path
        self.rule = rule
        super().__init__(f"{path}: {rule}")


class PublicJwk(msgspec.Struct, frozen=True, omit_defaults=True):
    """The half of a key that is registered at the identity provider (JWK, RFC 7517)."""

    kty: str
    kid: str
    alg: str
    use: str
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


@dataclass(frozen=True)
class ClientKey:
    """A private key, and the public half under its identifier."""

    public: PublicJwk
    _private: RSAKey | ECKey = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "ClientKey":
        """The key in ``path``, a JWK; without a ``kid`` it goes by its thumbprint (RFC 7638).

        Raises:
            ClientKeyError: the file is missing, others may read it, or it holds no private key of our kinds.
        """
        try:
            mode, content = path.stat().st_mode, path.read_bytes()
        except OSError as error:
            raise ClientKeyError(path, "cannot be read; make it with ensure_client_key") from error
        if mode & OTHERS_MAY_READ:
            raise ClientKeyError(path, "others may read it; set its mode to 0600")
        try:
            key = import_key(msgspec.json.decode(content, type=dict[str, str | list[str]]))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ClientKeyError(path, "holds no JWK") from error
        if not isinstance(key, RSAKey | ECKey) or not key.is_private:
            raise ClientKeyError(path, "must hold a private RSA or P-256 key")
        return cls(_public(path, key), key)

    def assertion(self, client_id: str, issuer: str, now: datetime) -> str:
        """A new assertion that we are ``client_id``, for one attempt: its own ``jti``, 60 s at most."""
        issued = int(now.timestamp())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "jti": secrets.token_urlsafe(24),
            "iat": issued,
            "exp": issued + LIFE_SECONDS,
        }
        header = {"alg": self.public.alg, "kid": self.public.kid}
        return jwt.encode(header, claims, self._private, algorithms=[self.public.alg])


def ensure_client_key(path: Path) -> PublicJwk:
    """Makes an RSA key in ``path``, for its owner alone, unless there is one; gives its public half.

    Raises:
        ClientKeyError: the file that is there cannot be used.
    """
    if not path.exists():
        made = RSAKey.generate_key(RSA_BITS)
        private = {**made.as_dict(private=True), "kid": made.thumbprint(), "use": "sig"}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(private))
    return ClientKey.read(path).public


def _public(path: Path, key: RSAKey | ECKey) -> PublicJwk:
    public = key.as_dict(private=False)
    algorithm = ALGORITHMS.get((key.key_type, str(public.get("crv", ""))))
    if algorithm is None:
        raise ClientKeyError(path, "must hold a private RSA or P-256 key")
    if isinstance(key, RSAKey) and key.public_key.key_size < SMALLEST_RSA_BITS:
        raise ClientKeyError(path, f"an RSA key must have {SMALLEST_RSA_BITS} bits or more")
    named = {"kid": key.kid or key.thumbprint(), "alg": algorithm, "use": "sig"}
    return msgspec.convert({**public, **named}, PublicJwk)
