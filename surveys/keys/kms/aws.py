"""AWS KMS: root and epoch keys stay in it, and are found by aliases.

``alias/PREFIX/wrap`` (SYMMETRIC_DEFAULT), ``alias/PREFIX/mac`` and ``alias/PREFIX/epoch/N`` (HMAC_256),
``alias/PREFIX/sign/PURPOSE`` (ECC_NIST_EDWARDS25519). A deleted key takes its aliases with it, so which
epochs were destroyed stands in tags of the mac key, one tag a year.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from surveys.keys.errors import (
    KeystoreAnswerError,
    KeystoreError,
    KeystoreForbiddenError,
    KeystoreUnreachableError,
    NotOpenedError,
    RootKeyMissingError,
)
from surveys.keys.kms import SIGNING_PURPOSES
from surveys.keys.kms.addresses import AwsStore
from surveys.keys.kms.aws_calls import AT_ONCE, AwsCalls, AwsRefusedError
from surveys.keys.kms.messages import KEY_BYTES, SIGNATURE_BYTES, epoch_message, mac_message
from surveys.keys.kms.patience import PassingError, Patience, persist
from surveys.keys.sealing import unwrap, wrap

DAYS_UNTIL_DELETED = 7
"""The shortest that AWS KMS allows; nobody can use the key meanwhile."""

UNTIL_SEEN = Patience(tries=8, pause=0.1)
"""A new alias is seen everywhere within seconds."""

EPOCHS_A_YEAR = 10_000
EPOCH_DIGITS = 4
DESTROYED = "destroyed-"

LENGTH_BYTES = 2
PROBE = b"etterklang probe"


class _Spec(NamedTuple):
    spec: str
    usage: str


WRAP = _Spec("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
MAC = _Spec("HMAC_256", "GENERATE_VERIFY_MAC")
SIGN = _Spec("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")


class _Metadata(msgspec.Struct, frozen=True, rename="pascal"):
    key_id: str
    key_state: str
    key_spec: str


class _Described(msgspec.Struct, frozen=True, rename="pascal"):
    key_metadata: _Metadata


class _Encrypted(msgspec.Struct, frozen=True, rename="pascal"):
    ciphertext_blob: bytes


class _Decrypted(msgspec.Struct, frozen=True, rename="pascal"):
    plaintext: bytes


class _Mac(msgspec.Struct, frozen=True, rename="pascal"):
    mac: bytes


class _Signed(msgspec.Struct, frozen=True, rename="pascal"):
    signature: bytes


class _Public(msgspec.Struct, frozen=True, rename="pascal"):
    public_key: bytes


class _Tag(msgspec.Struct, frozen=True, rename="pascal"):
    tag_key: str
    tag_value: str


class _Tags(msgspec.Struct, frozen=True, rename="pascal"):
    tags: list[_Tag]


class _Nothing(msgspec.Struct, frozen=True):
    pass


class AwsKms:
    """A ``Kms`` whose root keys never leave AWS KMS.

    AWS KMS takes one key a request, so many keys are sealed under one data key (envelope encryption): a
    request for each call that wraps, and for each such call whose keys are unwrapped, sixteen at once.
    """

    def __init__(self, store: AwsStore, calls: AwsCalls, until_seen: Patience = UNTIL_SEEN) -> None:
        self._prefix = store.prefix
        self._calls = calls
        self._until_seen = until_seen
        self._public: dict[str, bytes] = {}

    def set_up(self, purposes: Sequence[str] = SIGNING_PURPOSES) -> list[str]:
        """Makes the root keys that are not there, and gives their aliases.

        Raises:
            KeystoreError: a right is lacking, or a key of this alias is of another kind or not in use.
        """
        made = []
        kinds = {"wrap": WRAP, "mac": MAC} | {f"sign/{one}": SIGN for one in purposes}
        for name, kind in kinds.items():
            if self._described(name) is None:
                self._make(name, kind)
                made.append(self._alias(name))
            self._check(name, kind)
        return made

    def check(self) -> None:
        """Raises RootKeyMissingError unless the root keys are there."""
        for name in ("wrap", "mac"):
            self._present(name)

    def wrap_many(self, keys: Sequence[bytes], context: bytes) -> list[bytes]:
        """Each key sealed under a data key of this call, which stands before it sealed under the root key."""
        if not keys:
            return []
        data_key = os.urandom(KEY_BYTES)
        try:
            sealed = self._encrypted(data_key, context)
        except AwsRefusedError as error:
            raise self._lacking("wrap", error) from error
        before = len(sealed).to_bytes(LENGTH_BYTES) + sealed
        return [before + wrap(data_key, key, context) for key in keys]

    def unwrap_many(self, wrapped: Sequence[bytes], context: bytes) -> list[bytes]:
        """The keys that were wrapped; each data key is asked for once.

        Raises:
            NotOpenedError: another root key or context, or damaged.
        """
        split = [_split(one) for one in wrapped]
        sealed = sorted({one for one, _ in split})
        with ThreadPoolExecutor(AT_ONCE) as pool:
            data_keys = dict(
                zip(sealed, pool.map(lambda one: self._data_key(one, context), sealed), strict=True)
            )
        return [unwrap(data_keys[one], inner, context) for one, inner in split]

    def mac(self, message: bytes, purpose: str) -> bytes:
        """HMAC-SHA256 of purpose and message, under the one key for it."""
        try:
            return self._hmac("mac", mac_message(message, purpose))
        except AwsRefusedError as error:
            raise self._lacking("mac", error) from error

    def make_epoch(self, epoch: int) -> None:
        """Makes the key of an epoch, unless there is one or it was destroyed; AWS KMS gives an alias once."""
        if epoch not in self._destroyed() and self._described(f"epoch/{epoch}") is None:
            self._make(f"epoch/{epoch}", MAC)

    def epoch_key(self, epoch: int) -> bytes:
        """The key of an epoch: what the key of this epoch in AWS KMS makes of a fixed message.

        Raises:
            NotOpenedError: none was made, or it was destroyed.
        """
        if epoch in self._destroyed():
            raise NotOpenedError
        name = f"epoch/{epoch}"
        try:
            return self._hmac(name, epoch_message(epoch))
        except AwsRefusedError as error:
            found = self._described(name)
            if found is None or found.key_state == "PendingDeletion":
                raise NotOpenedError from error
            raise KeystoreError(f"the key {self._alias(name)} in AWS KMS is {found.key_state}") from error

    def destroy_epoch(self, epoch: int) -> None:
        """Nobody can use the key from now on, and AWS KMS deletes it in seven days."""
        self._mark_destroyed(epoch)
        found = self._described(f"epoch/{epoch}")
        if found is None or found.key_state == "PendingDeletion":
            return
        # Whoever cancels the deletion finds it disabled still.
        with suppress(AwsRefusedError):
            self._calls.ask("disable_key", _Nothing, KeyId=found.key_id)
        self._schedule_deletion(found.key_id)

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature under the key of this purpose; a message has 4,096 bytes at most."""
        name = f"sign/{purpose}"
        try:
            signed = self._calls.ask(
                "sign",
                _Signed,
                KeyId=self._alias(name),
                Message=message,
                MessageType="RAW",
                SigningAlgorithm="ED25519_SHA_512",
            )
        except AwsRefusedError as error:
            raise self._lacking(name, error) from error
        if len(signed.signature) != SIGNATURE_BYTES:
            raise KeystoreAnswerError("AWS KMS gave a signature that is none of Ed25519")
        return signed.signature

    def public_key(self, purpose: str) -> bytes:
        """The public key of this purpose; asked for once."""
        if purpose not in self._public:
            name = f"sign/{purpose}"
            try:
                found = self._calls.ask("get_public_key", _Public, KeyId=self._alias(name)).public_key
            except AwsRefusedError as error:
                raise self._lacking(name, error) from error
            self._public[purpose] = _raw(found)
        return self._public[purpose]

    def _data_key(self, sealed: bytes, context: bytes) -> bytes:
        try:
            return self._decrypted(sealed, context)
        except AwsRefusedError as error:
            if error.code in {"InvalidCiphertextException", "IncorrectKeyException"}:
                raise NotOpenedError from error
            raise self._lacking("wrap", error) from error
        except KeystoreForbiddenError as error:
            # AWS KMS says the same of a damaged one that names a key which there is not, so try a whole one.
            self._decrypted(self._encrypted(PROBE, context), context)
            raise NotOpenedError from error

    def _encrypted(self, key: bytes, context: bytes) -> bytes:
        return self._calls.ask(
            "encrypt", _Encrypted, KeyId=self._alias("wrap"), Plaintext=key, EncryptionContext=_named(context)
        ).ciphertext_blob

    def _decrypted(self, sealed: bytes, context: bytes) -> bytes:
        return self._calls.ask(
            "decrypt",
            _Decrypted,
            KeyId=self._alias("wrap"),
            CiphertextBlob=sealed,
            EncryptionContext=_named(context),
        ).plaintext

    def _hmac(self, name: str, message: bytes) -> bytes:
        answer = self._calls.ask(
            "generate_mac", _Mac, KeyId=self._alias(name), Message=message, MacAlgorithm="HMAC_SHA_256"
        )
        if len(answer.mac) != KEY_BYTES:
            raise KeystoreAnswerError("AWS KMS gave a hash of another length than asked for")
        return answer.mac

    def _make(self, name: str, kind: _Spec) -> None:
        tags = [{"TagKey": "etterklang", "TagValue": self._prefix}]
        new = self._calls.ask(
            "create_key",
            _Described,
            KeySpec=kind.spec,
            KeyUsage=kind.usage,
            Description=self._alias(name),
            Tags=tags,
        ).key_metadata
        try:
            self._calls.ask("create_alias", _Nothing, AliasName=self._alias(name), TargetKeyId=new.key_id)
        except AwsRefusedError as error:
            # Ours is one too many; who may not delete it leaves it to whoever sees its description.
            with suppress(KeystoreForbiddenError):
                self._schedule_deletion(new.key_id)
            if error.code != "AlreadyExistsException":
                raise self._lacking(name, error) from error
        persist(self._until_seen, lambda: self._seen(name))

    def _seen(self, name: str) -> None:
        if self._described(name) is None:
            said = f"AWS KMS does not show the new alias {self._alias(name)} yet; try again"
            raise PassingError(KeystoreUnreachableError(said))

    def _schedule_deletion(self, key_id: str) -> None:
        try:
            self._calls.ask(
                "schedule_key_deletion", _Nothing, KeyId=key_id, PendingWindowInDays=DAYS_UNTIL_DELETED
            )
        except AwsRefusedError as error:
            # Somebody else has scheduled it just now.
            if error.code not in {"KMSInvalidStateException", "NotFoundException"}:
                raise KeystoreAnswerError("AWS KMS refuses to delete a key") from error

    def _destroyed(self) -> set[int]:
        return {
            int(tag.tag_key.removeprefix(DESTROYED)) * EPOCHS_A_YEAR + int(number)
            for tag in self._tags()
            if tag.tag_key.startswith(DESTROYED)
            for number in tag.tag_value.split()
        }

    def _mark_destroyed(self, epoch: int) -> None:
        year = epoch // EPOCHS_A_YEAR
        numbers = sorted(
            one % EPOCHS_A_YEAR for one in self._destroyed() | {epoch} if one // EPOCHS_A_YEAR == year
        )
        value = " ".join(f"{number:0{EPOCH_DIGITS}}" for number in numbers)
        tag = {"TagKey": f"{DESTROYED}{year}", "TagValue": value}
        self._calls.ask("tag_resource", _Nothing, KeyId=self._present("mac").key_id, Tags=[tag])

    def _tags(self) -> list[_Tag]:
        # Fifty is both the most that one answer holds and the most that a key may have.
        return self._calls.ask("list_resource_tags", _Tags, KeyId=self._present("mac").key_id).tags

    def _described(self, name: str) -> _Metadata | None:
        try:
            return self._calls.ask("describe_key", _Described, KeyId=self._alias(name)).key_metadata
        except AwsRefusedError as error:
            if error.code == "NotFoundException":
                return None
            raise KeystoreAnswerError(
                f"AWS KMS does not describe {self._alias(name)}: {error.code}"
            ) from error

    def _present(self, name: str) -> _Metadata:
        found = self._described(name)
        if found is None:
            raise RootKeyMissingError(
                f"AWS KMS has no key {self._alias(name)}: another account, region or prefix, or "
                "`etterklang keys init` was never run"
            )
        return found

    def _lacking(self, name: str, error: AwsRefusedError) -> KeystoreError:
        if error.code == "NotFoundException":
            self._present(name)
        return KeystoreError(f"AWS KMS does not use {self._alias(name)}: {error.code}")

    def _check(self, name: str, kind: _Spec) -> None:
        found = self._present(name)
        if found.key_spec != kind.spec or found.key_state != "Enabled":
            raise KeystoreError(
                f"{self._alias(name)} in AWS KMS must be a {kind.spec} key in use, and is a {found.key_spec} "
                f"key, {found.key_state}; take another prefix"
            )

    def _alias(self, name: str) -> str:
        return f"alias/{self._prefix}/{name}"


def _split(wrapped: bytes) -> tuple[bytes, bytes]:
    """The sealed data key, and what is sealed under it."""
    length = int.from_bytes(wrapped[:LENGTH_BYTES])
    sealed, inner = wrapped[LENGTH_BYTES : LENGTH_BYTES + length], wrapped[LENGTH_BYTES + length :]
    if not sealed or not inner:
        raise NotOpenedError
    return sealed, inner


def _named(context: bytes) -> dict[str, str]:
    # Its hash, since CloudTrail keeps it in the clear.
    return {"etterklang": hashlib.sha256(context).hexdigest()}


def _raw(der: bytes) -> bytes:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeystoreAnswerError("AWS KMS gave no public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeystoreAnswerError("AWS KMS gave a public key that is none of Ed25519")
    return key.public_bytes_raw()
