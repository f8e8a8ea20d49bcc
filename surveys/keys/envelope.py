"""The envelope of every sealed value: ``EK1 | suite | key id | body``, its padding and its associated data.

Layout: 3 bytes ``EK1``, 1 byte suite, 4 bytes key id (big-endian), then the body of the suite. The key id
is the inbox key's; at rest it is 0, since the binding says whose key it is.
"""

import struct
from enum import IntEnum
from functools import lru_cache

from surveys.keys.errors import NotOpenedError, TooLongError
from surveys.keys.messages import Binding

MAGIC = b"EK1"
HEADER = struct.Struct(">3sBI")
STEP = 256
ANSWER_LIMIT = 15 * 1024
CHUNK_LIMIT = 1024 * 1024
LENGTH = struct.Struct(">I")
NO_KEY_ID = 0
ID_LENGTH = LENGTH.pack(16)
ZEROS = tuple(bytes(count) for count in range(STEP))


class Suite(IntEnum):
    """How a body is sealed."""

    INBOX = 1
    """HPKE: ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM (RFC 9180)."""
    AT_REST = 2
    """Cobblestone-256 under a person-and-study key: key-committing, its own salt a message."""


def header_of(suite: Suite, key_id: int) -> bytes:
    """How an envelope begins; it is part of the associated data."""
    return HEADER.pack(MAGIC, suite, key_id)


AT_REST = header_of(Suite.AT_REST, NO_KEY_ID)
"""How every value at rest begins."""


def key_id_of(sealed: bytes) -> int:
    """The inbox key that a value says it is sealed to; not to be trusted before it has opened.

    Raises:
        NotOpenedError: it is too short, or not sealed to an inbox key. The reader says of which suite a value
            is: anyone can seal to the inbox key, and that must not pass for what we stored.
    """
    if len(sealed) < HEADER.size:
        raise NotOpenedError
    magic, suite, key_id = HEADER.unpack_from(sealed)
    if (magic, suite) != (MAGIC, Suite.INBOX):
        raise NotOpenedError
    return int(key_id)


def pad(plaintext: bytes, limit: int) -> bytes:
    """``plaintext`` behind its length, filled with zeros to a multiple of 256 bytes.

    Raises:
        TooLongError: more than ``limit`` bytes with its padding.
    """
    length = LENGTH.size + len(plaintext)
    padded = -(-length // STEP) * STEP
    if padded > limit:
        raise TooLongError(limit)
    return LENGTH.pack(len(plaintext)) + plaintext + bytes(padded - length)


def unpad(padded: bytes) -> bytes:
    """What ``pad`` was given; only ever called on what has been authenticated.

    Raises:
        NotOpenedError: not what ``pad`` gives.
    """
    size = len(padded)
    if size < STEP or size % STEP:
        raise NotOpenedError
    (length,) = LENGTH.unpack_from(padded)
    end = length + LENGTH.size
    if not 0 <= size - end < STEP or not padded.endswith(ZEROS[size - end]):
        raise NotOpenedError
    return padded[LENGTH.size : end]


def associated(binding: Binding, header: bytes) -> bytes:
    """The associated data of a binding: each part behind its length, so that no two bindings are alike."""
    # The numbers of the identifiers are asked for and not their bytes, which takes half as long.
    return b"".join(
        (
            _front(header, binding.table),
            ID_LENGTH,
            binding.row_id.int.to_bytes(16),
            ID_LENGTH,
            binding.person_id.int.to_bytes(16),
            ID_LENGTH,
            binding.study_id.int.to_bytes(16),
            _back(binding.version, binding.row_version),
        )
    )


@lru_cache(maxsize=256)
def _front(header: bytes, table: str) -> bytes:
    return _behind_its_length(b"etterklang/1", header, table.encode())


@lru_cache(maxsize=256)
def _back(version: str, row_version: int) -> bytes:
    return _behind_its_length(version.encode(), str(row_version).encode())


def _behind_its_length(*parts: bytes) -> bytes:
    return b"".join(LENGTH.pack(len(part)) + part for part in parts)
