"""The envelope of every sealed value: ``EK1 | suite | key id | body``, its padding and its associated data.

Layout: 3 bytes ``EK1``, 1 byte suite, 4 bytes key id (big-endian), then the body of the suite. The key id
is the inbox key's; at rest it is 0, since the binding says whose key it is.
"""

import struct
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

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


class Suite(IntEnum):
    """How a body is sealed."""

    INBOX = 1
    """HPKE: ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM (RFC 9180)."""
    AT_REST = 2
    """Cobblestone-256 under a person-and-study key: key-committing, its own salt a message."""


class Envelope(NamedTuple):
    """A sealed value taken apart; nothing in it is to be trusted before its body has opened."""

    header: bytes
    key_id: int
    body: bytes


def header_of(suite: Suite, key_id: int) -> bytes:
    """How an envelope begins; it is part of the associated data."""
    return HEADER.pack(MAGIC, suite, key_id)


def unpack(sealed: bytes, suite: Suite) -> Envelope:
    """The parts of an envelope of this suite.

    The reader says which: anyone can seal to the inbox key, and that must not pass for what we stored.

    Raises:
        NotOpenedError: it is too short, or of another kind.
    """
    if len(sealed) < HEADER.size:
        raise NotOpenedError
    magic, found, key_id = HEADER.unpack_from(sealed)
    if (magic, found) != (MAGIC, suite):
        raise NotOpenedError
    return Envelope(sealed[: HEADER.size], key_id, sealed[HEADER.size :])


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
    if len(padded) < LENGTH.size or len(padded) % STEP:
        raise NotOpenedError
    (length,) = LENGTH.unpack_from(padded)
    end = LENGTH.size + length
    if end > len(padded) or len(padded) - end >= STEP or any(padded[end:]):
        raise NotOpenedError
    return padded[LENGTH.size : end]


def associated(binding: Binding, header: bytes) -> bytes:
    """The associated data of a binding: each part behind its length, so that no two bindings are alike."""
    return b"".join(
        (
            _front(header, binding.table),
            ID_LENGTH,
            binding.row_id.bytes,
            ID_LENGTH,
            binding.person_id.bytes,
            ID_LENGTH,
            binding.study_id.bytes,
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
