"""The key service for tests: a fresh root key, in process, on the test's own database."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.database import Role
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import PassphraseKms
from surveys.national_id import with_control_digits
from surveys.settings import Settings


def in_process_keys(
    engine: AsyncEngine,
    settings: Settings | None = None,
    now: Callable[[], datetime] = clock.now,
) -> Callable[[Role], InProcessKeys]:
    """Gives the key service as each role meets it; ``engine`` is connected as ``etterklang_keys``."""
    vault = Vault(settings or Settings(etterklang_mode="development"), engine, PassphraseKms(os.urandom(32)))
    return lambda role: InProcessKeys(vault, role, now)


def synthetic_numbers(count: int) -> list[str]:
    """So many valid synthetic national identifiers (month + 80)."""
    numbers = (with_control_digits(f"0181{50 + n // 500:02d}{n % 500:03d}") for n in range(3 * count))
    return [number for number in numbers if number][:count]


@dataclass
class KeyServer:
    """An identity provider's key document, over real HTTP on loopback; ``asked`` are the paths asked for."""

    issuer: str
    keys: list[RSAKey | ECKey | OKPKey]
    asked: list[str] = field(default_factory=list)
    metadata: dict[str, object] = field(default_factory=dict)
    others: list[dict[str, object]] = field(default_factory=list)

    def document(self, path: str) -> object | None:
        """What stands at a path."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"} | self.metadata
        if path == "/jwks":
            return {"keys": [*self.others, *(key.as_dict(private=False) for key in self.keys)]}
        return None


@contextlib.contextmanager
def key_server(*keys: RSAKey | ECKey | OKPKey) -> Iterator[KeyServer]:
    """Serves until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(provider.document(self.path)).encode()
            self.send_response(404 if content == b"null" else 200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = KeyServer(f"http://127.0.0.1:{server.server_port}", list(keys))
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield provider
        finally:
            server.shutdown()
            serving.join()


def signed(key: RSAKey | ECKey | OKPKey, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """A token under a key of the provider's kind."""
    content = json.dumps(claims).encode()
    return jws.serialize_compact(dict(header), content, key, algorithms=[str(header["alg"])])


def login_token(key: ECKey, key_id: str, issuer: str, number: str, nonce: str) -> str:
    """The ID token with which a patient logs in now, in order in every way."""
    at = int(clock.now().timestamp())
    claims: dict[str, object] = {
        "iss": issuer, "aud": "etterklang", "sub": "pairwise",
        "nonce": nonce, "iat": at, "exp": at + 120, "acr": "idporten-loa-high", "pid": number,
    }  # fmt: skip
    return signed(key, {"alg": "ES256", "kid": key_id}, claims)


def hashed(secret: bytes, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    """A token that only claims to be signed: an HMAC under ``secret``, or nothing where it is empty."""
    content = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret, content.encode(), hashlib.sha256) if secret else b""
    return f"{content}.{_base64url(signature)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
