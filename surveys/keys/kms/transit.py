"""The Transit engine of Vault or OpenBao: root and epoch keys stay in it, and it answers with what they make.

After the Transit API documentation, which OpenBao and Vault share. Keys are named ``PREFIX-wrap``
(aes256-gcm96), ``PREFIX-mac`` and ``PREFIX-epoch-N`` (hmac), ``PREFIX-sign-PURPOSE`` (ed25519);
``PREFIX-destroyed-N`` marks an epoch that was destroyed. Version 1 of each but the first is what counts, so
that rotating one by mistake changes nothing.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence

import msgspec

from surveys.keys.errors import KeystoreAnswerError, KeystoreError, NotOpenedError, RootKeyMissingError
from surveys.keys.kms import SIGNING_PURPOSES
from surveys.keys.kms.addresses import TransitStore
from surveys.keys.kms.messages import KEY_BYTES, SIGNATURE_BYTES, epoch_message, mac_message
from surveys.keys.kms.transit_calls import TransitCalls, TransitRefusedError

MOST_AT_ONCE = 5_000
"""Keys in one request: about a megabyte, of the 32 that the server takes."""

VERSION_BYTES = 4
SEALED = re.compile(r"vault:v([0-9]{1,9}):([A-Za-z0-9+/]+={0,2})", re.ASCII)
HMAC = {"type": "hmac", "key_size": 32}


class _Key(msgspec.Struct, frozen=True):
    type: str
    keys: dict[str, msgspec.Raw]
    exportable: bool = False
    allow_plaintext_backup: bool = False
    derived: bool = False


class _PublicVersion(msgspec.Struct, frozen=True):
    public_key: bytes


class _Result(msgspec.Struct, frozen=True):
    ciphertext: str = ""
    plaintext: bytes = b""
    error: str = ""


class _Results(msgspec.Struct, frozen=True):
    batch_results: list[_Result]


class _Hmac(msgspec.Struct, frozen=True):
    hmac: str


class _Signature(msgspec.Struct, frozen=True):
    signature: str


class TransitKms:
    """A ``Kms`` whose root keys never leave a Vault or OpenBao.

    One request a call, or one for each 5,000 keys; the first call of an epoch's key is three.
    """

    def __init__(self, store: TransitStore, calls: TransitCalls) -> None:
        self._prefix = store.prefix
        self._mount = store.mount
        self._calls = calls
        self._public: dict[str, bytes] = {}

    def set_up(self, purposes: Sequence[str] = SIGNING_PURPOSES) -> list[str]:
        """Makes the root keys that are not there, and gives their names.

        Raises:
            KeystoreError: a right is lacking, or a key of this name is of another kind or may be exported.
        """
        made = []
        kinds = {"wrap": "aes256-gcm96", "mac": "hmac"} | {f"sign-{one}": "ed25519" for one in purposes}
        for name, kind in kinds.items():
            if self._read(name) is None:
                self._calls.do("POST", self._key(name), HMAC if kind == "hmac" else {"type": kind})
                made.append(f"{self._prefix}-{name}")
            self._check(name, kind)
        return made

    def check(self) -> None:
        """Raises RootKeyMissingError unless the root keys are there: to encrypt could make one anew."""
        for name in ("wrap", "mac"):
            self._present(name)

    def wrap_many(self, keys: Sequence[bytes], context: bytes) -> list[bytes]:
        """Each key sealed under the root key (AES-256-GCM, the context as associated data)."""
        items = [{"plaintext": key, "associated_data": context} for key in keys]
        try:
            return [_packed(one.ciphertext) for one in self._batch("encrypt", items)]
        except TransitRefusedError as error:
            self._present("wrap")
            raise KeystoreAnswerError("Transit refuses to encrypt") from error

    def unwrap_many(self, wrapped: Sequence[bytes], context: bytes) -> list[bytes]:
        """The keys that were wrapped.

        Raises:
            NotOpenedError: another root key or context, or damaged.
        """
        items = [{"ciphertext": _unpacked(one), "associated_data": context} for one in wrapped]
        try:
            return [one.plaintext for one in self._batch("decrypt", items)]
        except TransitRefusedError as error:
            self._present("wrap")
            raise NotOpenedError from error

    def mac(self, message: bytes, purpose: str) -> bytes:
        """HMAC-SHA256 of purpose and message, under the one key for it."""
        try:
            return self._hmac("mac", mac_message(message, purpose))
        except TransitRefusedError as error:
            self._present("mac")
            raise KeystoreAnswerError("Transit refuses to hash") from error

    def make_epoch(self, epoch: int) -> None:
        """Makes the key of an epoch, unless there is one or it was destroyed; Transit makes a name once."""
        if self._read(f"destroyed-{epoch}") is None and self._read(f"epoch-{epoch}") is None:
            self._calls.do("POST", self._key(f"epoch-{epoch}"), HMAC)

    def epoch_key(self, epoch: int) -> bytes:
        """The key of an epoch: what Transit's own key of this epoch makes of a fixed message.

        Raises:
            NotOpenedError: none was made, or it was destroyed.
        """
        name = f"epoch-{epoch}"
        if self._read(f"destroyed-{epoch}") is not None or self._read(name) is None:
            raise NotOpenedError
        try:
            return self._hmac(name, epoch_message(epoch))
        except TransitRefusedError as error:
            if self._read(name) is None:
                raise NotOpenedError from error
            raise KeystoreAnswerError(f"Transit refuses to hash with {self._prefix}-{name}") from error

    def destroy_epoch(self, epoch: int) -> None:
        """Marks the epoch as destroyed, then deletes its key. The store's snapshots must be destroyed too."""
        self._calls.do("POST", self._key(f"destroyed-{epoch}"), HMAC)
        name = f"epoch-{epoch}"
        if self._read(name) is None:
            return
        try:
            self._calls.do("POST", f"{self._key(name)}/config", {"deletion_allowed": True})
            self._calls.do("DELETE", self._key(name))
        except TransitRefusedError as error:
            # Somebody else may have deleted it just now.
            if self._read(name) is not None:
                raise KeystoreAnswerError(f"Transit refuses to delete {self._prefix}-{name}") from error

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature under the key of this purpose."""
        name = f"sign-{purpose}"
        body = {"input": message, "key_version": 1}
        try:
            answer = self._calls.post(f"{self._mount}/sign/{self._prefix}-{name}", body, _Signature)
        except TransitRefusedError as error:
            self._present(name)
            raise KeystoreAnswerError("Transit refuses to sign") from error
        return _parsed(answer.signature, SIGNATURE_BYTES)

    def public_key(self, purpose: str) -> bytes:
        """The public key of this purpose; asked for once."""
        if purpose not in self._public:
            first = self._present(f"sign-{purpose}").keys.get("1", msgspec.Raw(b"null"))
            try:
                key = msgspec.json.decode(first, type=_PublicVersion).public_key
            except msgspec.DecodeError as error:
                raise KeystoreAnswerError(f"Transit names no public key of {purpose}") from error
            if len(key) != KEY_BYTES:
                raise KeystoreAnswerError(f"Transit's public key of {purpose} is none of Ed25519")
            self._public[purpose] = key
        return self._public[purpose]

    def _batch(self, act: str, items: Sequence[Mapping[str, object]]) -> list[_Result]:
        results: list[_Result] = []
        for start in range(0, len(items), MOST_AT_ONCE):
            lot = items[start : start + MOST_AT_ONCE]
            path = f"{self._mount}/{act}/{self._prefix}-wrap"
            answer = self._calls.post(path, {"batch_input": lot}, _Results)
            if len(answer.batch_results) != len(lot):
                raise KeystoreAnswerError("Transit answered for another number of keys than it was given")
            results += answer.batch_results
        if any(one.error for one in results):
            raise TransitRefusedError(f"{act} was refused for one of them")
        return results

    def _hmac(self, name: str, message: bytes) -> bytes:
        path = f"{self._mount}/hmac/{self._prefix}-{name}/sha2-256"
        return _parsed(self._calls.post(path, {"input": message, "key_version": 1}, _Hmac).hmac, KEY_BYTES)

    def _key(self, name: str) -> str:
        return f"{self._mount}/keys/{self._prefix}-{name}"

    def _read(self, name: str) -> _Key | None:
        return self._calls.get(self._key(name), _Key)

    def _present(self, name: str) -> _Key:
        found = self._read(name)
        if found is None:
            raise RootKeyMissingError(
                f"Transit has no key {self._prefix}-{name}: another mount, prefix or namespace, or "
                "`etterklang keys init` was never run"
            )
        return found

    def _check(self, name: str, kind: str) -> None:
        key = self._present(name)
        if key.type != kind or key.exportable or key.allow_plaintext_backup or key.derived:
            raise KeystoreError(
                f"the key {self._prefix}-{name} in Transit must be {kind}, neither exportable nor derived; "
                "take another prefix"
            )


def _packed(ciphertext: str) -> bytes:
    """Version and bytes: of base64 there is more than one text for the same bytes."""
    version, sealed = _split(ciphertext)
    return version.to_bytes(VERSION_BYTES) + sealed


def _unpacked(wrapped: bytes) -> str:
    version, sealed = int.from_bytes(wrapped[:VERSION_BYTES]), wrapped[VERSION_BYTES:]
    return f"vault:v{version}:{b64encode(sealed).decode()}"


def _parsed(value: str, length: int) -> bytes:
    version, content = _split(value)
    if version != 1 or len(content) != length:
        raise KeystoreAnswerError("Transit answered with a value of another version or length than asked for")
    return content


def _split(value: str) -> tuple[int, bytes]:
    found = SEALED.fullmatch(value)
    if found is None:
        raise KeystoreAnswerError("Transit answered with what its documentation does not say")
    try:
        return int(found[1]), b64decode(found[2], validate=True)
    except Base64Error as error:
        raise KeystoreAnswerError("Transit answered with what its documentation does not say") from error
