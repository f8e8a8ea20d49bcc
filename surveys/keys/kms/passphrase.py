"""The root key in a file, sealed under a passphrase (Argon2id, RFC 9106)."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from surveys.keys.errors import KeystoreError, NotOpenedError
from surveys.keys.sealing import derive, unwrap, wrap

KEY_BYTES = 32
SALT_BYTES = 16
MEMORY_KIB = 64 * 1024
ITERATIONS = 3
LANES = 4
CONTEXT = b"etterklang keystore 1"


class Keystore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keystore file. The costs stand in it, so that they can be raised later."""

    version: int
    salt: bytes
    memory_kib: int
    iterations: int
    lanes: int
    wrapped_root: bytes


class PassphraseKms:
    """A ``Kms`` whose root key was read from a keystore file."""

    def __init__(self, root: bytes) -> None:
        self._wrapping = derive(root, "wrap")
        self._hashing = derive(root, "mac")

    def wrap_many(self, keys: Sequence[bytes], context: bytes) -> list[bytes]:
        """Each key sealed under the root key."""
        return [wrap(self._wrapping, key, context) for key in keys]

    def unwrap_many(self, wrapped: Sequence[bytes], context: bytes) -> list[bytes]:
        """The keys that were wrapped.

        Raises:
            NotOpenedError: another root key or context, or damaged.
        """
        return [unwrap(self._wrapping, one, context) for one in wrapped]

    def mac(self, message: bytes, purpose: str) -> bytes:
        """HMAC-SHA256 under a key for this purpose alone."""
        return hmac.digest(derive(self._hashing, purpose), message, hashlib.sha256)


def create_keystore(path: Path, passphrase: bytes) -> None:
    """Makes a keystore with a fresh root key, readable by its owner alone.

    Raises:
        KeystoreError: there is a file already.
    """
    keystore = _sealed(os.urandom(KEY_BYTES), passphrase)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(keystore))
    except FileExistsError as error:
        raise KeystoreError(f"{path} exists; a keystore is never overwritten") from error


def open_keystore(path: Path, passphrase: bytes) -> PassphraseKms:
    """The root key of a keystore.

    Raises:
        KeystoreError: no such file, not a keystore, or another passphrase.
    """
    try:
        keystore = msgspec.json.decode(path.read_bytes(), type=Keystore)
        key = _stretched(passphrase, keystore.salt, keystore.memory_kib, keystore.iterations, keystore.lanes)
        return PassphraseKms(unwrap(key, keystore.wrapped_root, CONTEXT))
    except (OSError, msgspec.DecodeError, NotOpenedError) as error:
        raise KeystoreError(f"{path} cannot be opened: no keystore, or another passphrase") from error


def _sealed(root: bytes, passphrase: bytes) -> Keystore:
    salt = os.urandom(SALT_BYTES)
    key = _stretched(passphrase, salt, MEMORY_KIB, ITERATIONS, LANES)
    return Keystore(1, salt, MEMORY_KIB, ITERATIONS, LANES, wrap(key, root, CONTEXT))


def _stretched(passphrase: bytes, salt: bytes, memory_kib: int, iterations: int, lanes: int) -> bytes:
    stretching = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory_kib
    )
    return stretching.derive(passphrase)
