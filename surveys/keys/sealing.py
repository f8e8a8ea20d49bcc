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
    CHUNK_LIMIT,
    HEADER,
    Envelope,
    Suite,
    associated,
    pack,
    pad,
    unpad,
)
from surveys.keys.errors import NotOpenedError
from surveys.keys.messages import Binding, InboxKey

MLKEM_PUBLIC_BYTES = 1184
MLKEM_SEED_BYTES = 64
KEY_BYTES = 32
SALT_BYTES = 16

_hpke = HpkeSuite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def make_inbox_key() -> tuple[bytes, bytes]:
    """A fresh private key (ML-KEM seed, 64 bytes, then X25519, 32 bytes) and its public key."""
    private = (
        MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw()
    )
    mlkem, x25519 = _private_parts(private)
    return private, mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


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


def open_from_inbox(private_key: bytes, envelope: Envelope, binding: Binding) -> bytes:
    """What was sealed to this inbox key.

    Raises:
        NotOpenedError: damaged, moved, or sealed to another key.
    """
    header = HEADER.pack(b"EK1", envelope.suite, envelope.key_id)
    key = MLKEM768X25519PrivateKey(*_private_parts(private_key))
    try:
        return unpad(_hpke.decrypt(envelope.body, key, info=associated(binding, header)))
    except (InvalidTag, ValueError) as error:
        raise NotOpenedError from error


def seal_at_rest(key: bytes, key_id: int, plaintext: bytes, binding: Binding, limit: int) -> bytes:
    """Seals under a person-and-study key (32 bytes) of the epoch ``key_id``.

    Raises:
        TooLongError: more than ``limit`` bytes with the padding.
    """
    header = HEADER.pack(b"EK1", Suite.AT_REST, key_id)
    return header + _lock(key, pad(plaintext, limit), associated(binding, header))


def open_at_rest(key: bytes, envelope: Envelope, binding: Binding) -> bytes:
    """What was sealed under this person-and-study key.

    Raises:
        NotOpenedError: damaged, moved, or sealed under another key.
    """
    header = HEADER.pack(b"EK1", envelope.suite, envelope.key_id)
    return unpad(_unlock(key, envelope.body, associated(binding, header)))


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
    header = HEADER.pack(b"EK1", Suite.INBOX, key.key_id)
    body = _hpke.encrypt(padded, _public(key.public_key), info=associated(binding, header))
    return pack(Suite.INBOX, key.key_id, body)


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


def _private_parts(raw: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    return (
        MLKEM768PrivateKey.from_seed_bytes(raw[:MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(raw[MLKEM_SEED_BYTES:]),
    )
