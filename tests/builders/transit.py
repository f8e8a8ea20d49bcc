"""What a Vault or OpenBao answers below ``/v1``: Transit and two logins, after its API documentation."""

import base64
import hashlib
import hmac
import json
import os
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.builders.standin import Reply, Request

TOKEN = "hvs.a-token-that-no-log-may-hold"
SECRET_ID = "a-secret-id-that-no-log-may-hold"
SEALED = Reply(503, b'{"errors":["Vault is sealed"]}')
FORBIDDEN = Reply(403, b'{"errors":["1 error occurred:\\n\\t* permission denied\\n\\n"]}')


class _WrongError(Exception):
    """The request is answered with 400."""


@dataclass
class _Key:
    kind: str
    material: bytes = field(default_factory=lambda: os.urandom(32))
    deletion_allowed: bool = False
    exportable: bool = False

    def described(self) -> dict[str, object]:
        first: object = 1442851412
        if self.kind == "ed25519":
            public = Ed25519PrivateKey.from_private_bytes(self.material).public_key().public_bytes_raw()
            first = {"name": "ed25519", "public_key": _text(public), "creation_time": "2026-11-01T00:00:00Z"}
        return {
            "type": self.kind,
            "keys": {"1": first},
            "latest_version": 1,
            "derived": False,
            "exportable": self.exportable,
            "allow_plaintext_backup": False,
            "deletion_allowed": self.deletion_allowed,
        }


@dataclass
class TransitServer:
    """Its keys by mount and name. ``denied`` are patterns of ``METHOD path`` that no token may."""

    keys: dict[str, _Key] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    denied: list[str] = field(default_factory=list)
    namespace: str = ""
    logins: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix("/v1/")
        body = json.loads(request.body) if request.body else {}
        if request.headers.get("x-vault-namespace", "") != self.namespace:
            return FORBIDDEN
        with self.lock:
            try:
                if path.startswith("auth/"):
                    return self._login(path, body)
                if request.headers.get("x-vault-token") not in self.tokens:
                    return FORBIDDEN
                if any(re.fullmatch(one, f"{request.method} {path}") for one in self.denied):
                    return FORBIDDEN
                return self._transit(request.method, path, body)
            except _WrongError as error:
                return _said(400, errors=[str(error)])

    def _login(self, path: str, body: dict[str, str]) -> Reply:
        right = {
            "auth/approle/login": {"role_id": "etterklang", "secret_id": SECRET_ID},
            "auth/kubernetes/login": {"role": "etterklang", "jwt": SECRET_ID},
        }
        if body != right.get(path):
            raise _WrongError("invalid role or secret ID")
        self.logins += 1
        token = f"{TOKEN}-{self.logins}"
        self.tokens = {token}
        return _said(200, auth={"client_token": token, "lease_duration": 1200, "renewable": True})

    def _transit(self, method: str, path: str, body: dict[str, Any]) -> Reply:  # noqa: C901, PLR0911 - one a route
        match (method, *path.split("/")):
            case ("GET", mount, "keys", name):
                found = self.keys.get(f"{mount}/{name}")
                return _said(404, errors=[]) if found is None else _said(200, data=found.described())
            case ("POST", mount, "keys", name):
                return self._create(f"{mount}/{name}", body)
            case ("POST", mount, "keys", name, "config"):
                self._key(mount, name).deletion_allowed = body["deletion_allowed"]
                return Reply(204)
            case ("DELETE", mount, "keys", name):
                if not self._key(mount, name).deletion_allowed:
                    raise _WrongError("deletion is not allowed for this key")
                del self.keys[f"{mount}/{name}"]
                return Reply(204)
            case ("POST", mount, "encrypt", name):
                # As documented, to encrypt with a key that is not there makes it.
                self.keys.setdefault(f"{mount}/{name}", _Key("aes256-gcm96"))
                return self._each(self._key(mount, name), body, _encrypted)
            case ("POST", mount, "decrypt", name):
                return self._each(self._key(mount, name), body, _decrypted)
            case ("POST", mount, "hmac", name, "sha2-256"):
                key = self._of_version(mount, name, body)
                hashed = hmac.digest(key.material, _bytes(body["input"]), hashlib.sha256)
                return _said(200, data={"hmac": f"vault:v1:{_text(hashed)}"})
            case ("POST", mount, "sign", name):
                key = self._of_version(mount, name, body)
                if key.kind != "ed25519":
                    raise _WrongError("key type does not support signing")
                signature = Ed25519PrivateKey.from_private_bytes(key.material).sign(_bytes(body["input"]))
                return _said(200, data={"signature": f"vault:v1:{_text(signature)}"})
        return _said(404, errors=["no handler for route"])

    def _create(self, place: str, body: dict[str, Any]) -> Reply:
        kind = body.get("type", "aes256-gcm96")
        if kind not in {"aes256-gcm96", "ed25519", "hmac"}:
            raise _WrongError(f"unknown key type {kind}")
        if kind == "hmac" and not 32 <= body.get("key_size", 0) <= 512:
            raise _WrongError("invalid key size")
        self.keys.setdefault(place, _Key(kind))
        return _said(200, data=self.keys[place].described())

    def _key(self, mount: str, name: str) -> _Key:
        found = self.keys.get(f"{mount}/{name}")
        if found is None:
            raise _WrongError("encryption key not found")
        return found

    def _of_version(self, mount: str, name: str, body: dict[str, Any]) -> _Key:
        if body.get("key_version", 0) not in {0, 1}:
            raise _WrongError("key version does not exist")
        return self._key(mount, name)

    @staticmethod
    def _each(key: _Key, body: dict[str, Any], act: Any) -> Reply:
        if key.kind != "aes256-gcm96":
            raise _WrongError("key type does not support it")
        results = [act(key.material, one) for one in body["batch_input"]]
        wrong = any("error" in one for one in results)
        return _said(400 if wrong else 200, data={"batch_results": results})


def _encrypted(material: bytes, item: dict[str, str]) -> dict[str, str]:
    nonce = os.urandom(12)
    associated = _bytes(item.get("associated_data", ""))
    sealed = AESGCM(material).encrypt(nonce, _bytes(item["plaintext"]), associated)
    return {"ciphertext": f"vault:v1:{_text(nonce + sealed)}"}


def _decrypted(material: bytes, item: dict[str, str]) -> dict[str, str]:
    prefix, version, text = (*item["ciphertext"].split(":"), "", "")[:3]
    if (prefix, version) != ("vault", "v1"):
        return {"error": "invalid ciphertext: no prefix, or no such version"}
    sealed = _bytes(text)
    try:
        associated = _bytes(item.get("associated_data", ""))
        return {"plaintext": _text(AESGCM(material).decrypt(sealed[:12], sealed[12:], associated))}
    except (InvalidTag, ValueError):
        return {"error": "cipher: message authentication failed"}


def _said(status: int, **content: object) -> Reply:
    return Reply(status, json.dumps({"request_id": "a", "lease_duration": 0} | content).encode())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
