"""What AWS KMS answers (JSON 1.1, one operation a request), after its API reference."""

import base64
import hashlib
import hmac
import json
import os
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.builders.standin import Reply, Request

ACCESS_KEY, SECRET_KEY = "AKIDETTERKLANGTESTS", "a-secret-access-key-that-no-log-may-hold"
REGION = "eu-north-1"
USES = {
    "SYMMETRIC_DEFAULT": "ENCRYPT_DECRYPT",
    "HMAC_256": "GENERATE_VERIFY_MAC",
    "ECC_NIST_EDWARDS25519": "SIGN_VERIFY",
}
SIGNED = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/\d{{8}}/{REGION}/kms/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*x-amz-target[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)
LONGEST = 4096
Json = dict[str, Any]


class AwsError(Exception):
    """A documented error, by its code."""


@dataclass
class _Key:
    spec: str
    tags: dict[str, str]
    key_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    material: bytes = field(default_factory=lambda: os.urandom(32))
    state: str = "Enabled"
    days: int = 0


@dataclass
class AwsKmsServer:
    """``unseen`` is how often a new alias is not found yet; ``denied`` are operations that nobody may."""

    keys: dict[str, _Key] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    not_yet: dict[str, int] = field(default_factory=dict)
    unseen: int = 1
    denied: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        if not SIGNED.fullmatch(request.headers.get("authorization", "")):
            return refused("UnrecognizedClientException", 400)
        operation = request.headers["x-amz-target"].removeprefix("TrentService.")
        if operation in self.denied:
            return refused("AccessDeniedException", 400)
        acts: dict[str, Callable[[Json], Json]] = {
            "CreateKey": self._create_key,
            "CreateAlias": self._create_alias,
            "DescribeKey": lambda asked: {"KeyMetadata": _metadata(self._found(asked))},
            "Encrypt": self._encrypt,
            "Decrypt": self._decrypt,
            "GenerateMac": self._generate_mac,
            "Sign": self._sign,
            "GetPublicKey": self._get_public_key,
            "DisableKey": self._disable,
            "ScheduleKeyDeletion": self._schedule_deletion,
            "TagResource": self._tag,
            "ListResourceTags": self._list_tags,
        }
        with self.lock:
            try:
                return Reply(200, json.dumps(acts[operation](json.loads(request.body))).encode())
            except AwsError as error:
                return refused(str(error), 400)

    def pass_days(self, days: int) -> None:
        """What was to be deleted within them is gone, its aliases too."""
        for key in list(self.keys.values()):
            if key.state == "PendingDeletion" and key.days <= days:
                del self.keys[key.key_id]
                self.aliases = {name: one for name, one in self.aliases.items() if one != key.key_id}

    def _create_key(self, asked: Json) -> Json:
        if USES[asked["KeySpec"]] != asked["KeyUsage"]:
            raise AwsError("ValidationException")
        key = _Key(asked["KeySpec"], {tag["TagKey"]: tag["TagValue"] for tag in asked.get("Tags", [])})
        self.keys[key.key_id] = key
        return {"KeyMetadata": _metadata(key)}

    def _create_alias(self, asked: Json) -> Json:
        name = asked["AliasName"]
        if not re.fullmatch(r"alias/[a-zA-Z0-9/_-]+", name):
            raise AwsError("InvalidAliasNameException")
        if name in self.aliases:
            raise AwsError("AlreadyExistsException")
        self.aliases[name] = self._usable(asked["TargetKeyId"], None).key_id
        self.not_yet[name] = self.unseen
        return {}

    def _encrypt(self, asked: Json) -> Json:
        key = self._usable(asked["KeyId"], "ENCRYPT_DECRYPT")
        nonce, named = os.urandom(12), uuid.UUID(key.key_id).bytes
        sealed = AESGCM(key.material).encrypt(nonce, _short(asked["Plaintext"]), named + _context(asked))
        return {"CiphertextBlob": _text(named + nonce + sealed), "KeyId": key.key_id}

    def _decrypt(self, asked: Json) -> Json:
        key = self._usable(asked["KeyId"], "ENCRYPT_DECRYPT")
        blob = base64.b64decode(asked["CiphertextBlob"])
        named, nonce, sealed = blob[:16], blob[16:28], blob[28:]
        if len(sealed) < 16:
            raise AwsError("InvalidCiphertextException")
        if str(uuid.UUID(bytes=named)) not in self.keys:
            # So it says of a key that there is not, as of one that is not the caller's.
            raise AwsError("AccessDeniedException")
        if str(uuid.UUID(bytes=named)) != key.key_id:
            raise AwsError("IncorrectKeyException")
        try:
            plain = AESGCM(key.material).decrypt(nonce, sealed, named + _context(asked))
        except InvalidTag as error:
            raise AwsError("InvalidCiphertextException") from error
        return {"Plaintext": _text(plain), "KeyId": key.key_id}

    def _generate_mac(self, asked: Json) -> Json:
        key = self._usable(asked["KeyId"], "GENERATE_VERIFY_MAC")
        if asked["MacAlgorithm"] != "HMAC_SHA_256":
            raise AwsError("InvalidKeyUsageException")
        return {"Mac": _text(hmac.digest(key.material, _short(asked["Message"]), hashlib.sha256))}

    def _sign(self, asked: Json) -> Json:
        key = self._usable(asked["KeyId"], "SIGN_VERIFY")
        if (asked["SigningAlgorithm"], asked["MessageType"]) != ("ED25519_SHA_512", "RAW"):
            raise AwsError("ValidationException")
        private = Ed25519PrivateKey.from_private_bytes(key.material)
        return {"Signature": _text(private.sign(_short(asked["Message"])))}

    def _get_public_key(self, asked: Json) -> Json:
        key = self._usable(asked["KeyId"], "SIGN_VERIFY")
        public = Ed25519PrivateKey.from_private_bytes(key.material).public_key()
        return {"PublicKey": _text(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))}

    def _disable(self, asked: Json) -> Json:
        key = self._found(asked)
        if key.state == "PendingDeletion":
            raise AwsError("KMSInvalidStateException")
        key.state = "Disabled"
        return {}

    def _schedule_deletion(self, asked: Json) -> Json:
        key = self._found(asked)
        if not 7 <= asked["PendingWindowInDays"] <= 30:
            raise AwsError("ValidationException")
        if key.state == "PendingDeletion":
            raise AwsError("KMSInvalidStateException")
        key.state, key.days = "PendingDeletion", asked["PendingWindowInDays"]
        return {"KeyId": key.key_id, "KeyState": key.state}

    def _tag(self, asked: Json) -> Json:
        key = self._found(asked)
        if asked["KeyId"].startswith("alias/"):
            raise AwsError("InvalidArnException")
        key.tags |= {tag["TagKey"]: tag["TagValue"] for tag in asked["Tags"]}
        if len(key.tags) > 50 or any(len(value) > 256 for value in key.tags.values()):
            raise AwsError("LimitExceededException")
        return {}

    def _list_tags(self, asked: Json) -> Json:
        tags = self._found(asked).tags
        if asked["KeyId"].startswith("alias/"):
            raise AwsError("InvalidArnException")
        return {
            "Tags": [{"TagKey": key, "TagValue": value} for key, value in tags.items()],
            "Truncated": False,
        }

    def _found(self, asked: Json) -> _Key:
        name = asked["KeyId"]
        if self.not_yet.get(name, 0):
            self.not_yet[name] -= 1
            raise AwsError("NotFoundException")
        key = self.keys.get(self.aliases.get(name, name))
        if key is None:
            raise AwsError("NotFoundException")
        return key

    def _usable(self, name: str, use: str | None) -> _Key:
        key = self._found({"KeyId": name})
        if key.state == "Disabled":
            raise AwsError("DisabledException")
        if key.state != "Enabled":
            raise AwsError("KMSInvalidStateException")
        if use is not None and USES[key.spec] != use:
            raise AwsError("InvalidKeyUsageException")
        return key


def refused(code: str, status: int) -> Reply:
    """An error as AWS writes it."""
    return Reply(status, json.dumps({"__type": code, "message": "no"}).encode())


def _metadata(key: _Key) -> Json:
    return {"KeyId": key.key_id, "KeyState": key.state, "KeySpec": key.spec, "KeyUsage": USES[key.spec]}


def _context(asked: Json) -> bytes:
    return json.dumps(asked.get("EncryptionContext", {}), sort_keys=True).encode()


def _short(text: str) -> bytes:
    content = base64.b64decode(text)
    if len(content) > LONGEST:
        raise AwsError("ValidationException")
    return content


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
