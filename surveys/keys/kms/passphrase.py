"""The root key in a file, sealed under a passphrase (Argon2id, RFC 9106)."""

import contextlib
import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from surveys.keys.errors import KeystoreError, NotOpenedError
from surveys.keys.sealing import derive, unwrap, wrap
from surveys.locks import locked

KEY_BYTES = 32
SALT_BYTES = 16
MEMORY_KIB = 64 * 1024
ITERATIONS = 3
LANES = 4
SHORTEST_PASSPHRASE = 12
CONTEXT = b"etterklang keystore 1"


class Keystore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keystore file. The costs stand in it, so that they can be raised later.

    ``epochs`` are the epoch keys, each sealed under the root key; ``destroyed`` are the epochs that had one.
    """

    version: Literal[1]
    salt: bytes
    memory_kib: int
    iterations: int
    lanes: int
    wrapped_root: bytes
    epochs: dict[int, bytes] = msgspec.field(default_factory=dict)
    destroyed: frozenset[int] = frozenset()


class _Epochs(NamedTuple):
    keys: dict[int, bytes]
    destroyed: set[int]


class PassphraseKms:
    """A ``Kms`` whose root key was read from a keystore file, where it keeps its epoch keys too.

    Without a file the epoch keys live as long as this object.
    """

    def __init__(self, root: bytes, file: Path | None = None) -> None:
        self._wrapping = derive(root, "wrap")
        self._hashing = derive(root, "mac")
        self._signing = derive(root, "sign")
        self._file = file
        self._epochs = _Epochs({}, set())

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

    def make_epoch(self, epoch: int) -> None:
        """Makes the key of an epoch, unless there is one or it was destroyed.

        Safe beside another process on the same file.
        """
        with self._changing() as epochs:
            if epoch not in epochs.keys and epoch not in epochs.destroyed:
                epochs.keys[epoch] = wrap(self._wrapping, os.urandom(KEY_BYTES), _epoch_context(epoch))

    def epoch_key(self, epoch: int) -> bytes:
        """The key of an epoch.

        Raises:
            NotOpenedError: none was made, or it was destroyed.
        """
        wrapped = self._read().get(epoch)
        if wrapped is None:
            raise NotOpenedError
        return unwrap(self._wrapping, wrapped, _epoch_context(epoch))

    def destroy_epoch(self, epoch: int) -> None:
        """Takes the key of an epoch out of the file. Older copies of the file must be destroyed too."""
        with self._changing() as epochs:
            epochs.keys.pop(epoch, None)
            epochs.destroyed.add(epoch)

    def sign(self, message: bytes, purpose: str) -> bytes:
        """An Ed25519 signature under a key for this purpose alone."""
        return self._signing_key(purpose).sign(message)

    def public_key(self, purpose: str) -> bytes:
        """The public key that checks the signatures of this purpose."""
        return self._signing_key(purpose).public_key().public_bytes_raw()

    def _read(self) -> dict[int, bytes]:
        return self._epochs.keys if self._file is None else _decode(self._file).epochs

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Epochs]:
        if self._file is None:
            yield self._epochs
            return
        # The file itself is replaced, so that nobody reads half of it.
        with locked(self._file):
            keystore = _decode(self._file)
            epochs = _Epochs(dict(keystore.epochs), set(keystore.destroyed))
            yield epochs
            changed = msgspec.structs.replace(
                keystore, epochs=epochs.keys, destroyed=frozenset(epochs.destroyed)
            )
            if changed != keystore:
                _replace(self._file, changed)

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
        keystore = _decode(path)
        key = _stretched(passphrase, keystore.salt, keystore.memory_kib, keystore.iterations, keystore.lanes)
        return PassphraseKms(unwrap(key, keystore.wrapped_root, CONTEXT), path)
    except (OSError, ValueError, NotOpenedError) as error:
        raise KeystoreError(f"{path} cannot be opened: no keystore, or another passphrase") from error


def _decode(path: Path) -> Keystore:
    return msgspec.json.decode(path.read_bytes(), type=Keystore)


def _replace(path: Path, keystore: Keystore) -> None:
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(keystore))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _epoch_context(epoch: int) -> bytes:
    return b"etterklang epoch key " + str(epoch).encode()


def _sealed(root: bytes, passphrase: bytes) -> Keystore:
    salt = os.urandom(SALT_BYTES)
    key = _stretched(passphrase, salt, MEMORY_KIB, ITERATIONS, LANES)
    return Keystore(1, salt, MEMORY_KIB, ITERATIONS, LANES, wrap(key, root, CONTEXT))


def _stretched(passphrase: bytes, salt: bytes, memory_kib: int, iterations: int, lanes: int) -> bytes:
    stretching = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory_kib
    )
    return stretching.derive(passphrase)
