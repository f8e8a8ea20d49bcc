"""The root key in a file, sealed under a passphrase (Argon2id, RFC 9106)."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from surveys.keys.errors import KeystoreError, NotOpenedError
from surveys.keys.sealing import derive, unwrap, wrap

KEY_BYTES = 32
SALT_BYTES = 16
MEMORY_KIB = 64 * 1024
ITERATIONS = 3
LANES = 4
SHORTEST_PASSPHRASE = 12
CONTEXT = b"etterklang keystore 1"


class Keystore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keystore file. The costs stand in it, so that they can be raised later."""

    version: Literal[1]
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
        self._signing = derive(root, "sign")

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

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature under a key for this purpose alone."""
        return self._signing_key(purpose).sign(message)

    def public_key(self, purpose: str) -> bytes:
        """The public key that checks the signatures of this purpose."""
        return self._signing_key(purpose).public_key().public_bytes_raw()

    def _signing_key(self, purpose: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(derive(self._signing, purpose))


def create_keystore(path: Path, passphrase: bytes) -> None:
    """Makes a keystore with a fresh root key, readable by its owner alone.

    Raises:
        KeystoreError: there is a file already, or the passphrase is too short to keep anyone out.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeystoreError(f"the passphrase must have at least {SHORTEST_PASSPHRASE} characters")
    keystore = _sealed(os.urandom(KEY_BYTES), passphrase)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(keystore))
            file.flush()
            os.fsync(file.fileno())
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
    except (OSError, ValueError, NotOpenedError) as error:
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
