"""Sealing: to the inbox key, which only the key service opens, and at rest under a person-and-study key."""

import os

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
)
from cryptography.hazmat.primitives.hpke import Suite as HpkeSuite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from surveys.keys.envelope import (
    ANSWER_LIMIT,
    AT_REST,
    CHUNK_LIMIT,
    HEADER,
    Suite,
    associated,
    header_of,
    key_id_of,
    pad,
    unpad,
)
from surveys.keys.errors import NotOpenedError
from surveys.keys.messages import Binding, InboxKey

MLKEM_PUBLIC_BYTES = 1184
MLKEM_SEED_BYTES = 64
KEY_BYTES = 32
SALT_BYTES = 16
WRAPPED_KEY_BYTES = 104
"""A key of 32 bytes as ``wrap`` gives it."""

_hpke = HpkeSuite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def make_inbox_key() -> bytes:
    """A fresh private key: the ML-KEM seed (64 bytes), then X25519 (32 bytes)."""
    return MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw()


class InboxPrivateKey:
    """The private half of an inbox key, ready to open: only the key service has one."""

    def __init__(self, raw: bytes) -> None:
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(raw[:MLKEM_SEED_BYTES])
        self._x25519 = X25519PrivateKey.from_private_bytes(raw[MLKEM_SEED_BYTES:])
        self._both = MLKEM768X25519PrivateKey(self._mlkem, self._x25519)

    def public_key(self) -> bytes:
        """The public half as ``InboxKey`` carries it."""
        return self._mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw()

    def open(self, sealed: bytes, binding: Binding) -> bytes:
        """What was sealed to this key.

        Raises:
            NotOpenedError: damaged, moved, or sealed to another key.
        """
        context = associated(binding, header_of(Suite.INBOX, key_id_of(sealed)))
        try:
            return unpad(_hpke.decrypt(sealed[HEADER.size :], self._both, info=context))
        except (InvalidTag, ValueError) as error:
            raise NotOpenedError from error


def seal_to_inbox(key: InboxKey, plaintext: bytes, binding: Binding) -> bytes:
    """Seals an answer, a draft or a submission (15 KiB at most, padding included) for the key service alone.

    Raises:
        TooLongError: it is longer.
    """
    return _seal_to_inbox(key, pad(plaintext, ANSWER_LIMIT), binding)


def seal_chunk_to_inbox(key: InboxKey, plaintext: bytes, binding: Binding) -> bytes:
    """Seals a chunk of a feed (1 MiB at most, padding included) for the key service alone.

    Raises:
        TooLongError: it is longer.
    """
    return _seal_to_inbox(key, pad(plaintext, CHUNK_LIMIT), binding)


def seal_at_rest(key: bytes, plaintext: bytes, binding: Binding, limit: int) -> bytes:
    """Seals under a person-and-study key (32 bytes).

    Raises:
        TooLongError: more than ``limit`` bytes with the padding.
    """
    return AT_REST + _lock(key, pad(plaintext, limit), associated(binding, AT_REST))


def open_at_rest(key: bytes, sealed: bytes, binding: Binding) -> bytes:
    """What was sealed under this person-and-study key.

    Raises:
        NotOpenedError: damaged, moved, sealed under another key, or not at rest.
    """
    if not sealed.startswith(AT_REST):
        raise NotOpenedError
    return unpad(_unlock(key, sealed[HEADER.size :], associated(binding, AT_REST)))


def seal_with_secret(secret: bytes, plaintext: bytes, context: str) -> bytes:
    """Seals a short-lived value under a secret that only its owner's browser holds."""
    salt = os.urandom(SALT_BYTES)
    return salt + _lock(_derived(secret, salt, context), plaintext, context.encode())


def open_with_secret(secret: bytes, sealed: bytes, context: str) -> bytes:
    """What ``seal_with_secret`` was given under the same secret and context.

    Raises:
        NotOpenedError: another secret or context, or damaged.
    """
    salt, body = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    return _unlock(_derived(secret, salt, context), body, context.encode())


def wrap(key: bytes, inner: bytes, context: bytes) -> bytes:
    """A key sealed under another."""
    return _lock(key, inner, context)


def unwrap(key: bytes, wrapped: bytes, context: bytes) -> bytes:
    """The key that ``wrap`` was given.

    Raises:
        NotOpenedError: another key or context, or damaged.
    """
    return _unlock(key, wrapped, context)


def derive(secret: bytes, context: str) -> bytes:
    """32 bytes for one use of a secret (HKDF-SHA256, RFC 5869)."""
    return _derived(secret, b"", context)


def _seal_to_inbox(key: InboxKey, padded: bytes, binding: Binding) -> bytes:
    header = header_of(Suite.INBOX, key.key_id)
    return header + _hpke.encrypt(padded, _public(key.public_key), info=associated(binding, header))


def _lock(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(plaintext) + encryptor.finalize()


def _unlock(key: bytes, sealed: bytes, context: bytes) -> bytes:
    try:
        decryptor = Cobblestone256Decryptor(key, context)
        return decryptor.update(sealed) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise NotOpenedError from error


def _derived(secret: bytes, salt: bytes, context: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, b"etterklang/1 " + context.encode()).derive(secret)


def _public(raw: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_BYTES:]),
    )
