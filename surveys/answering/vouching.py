"""Stored responses are in the audit log by their digests: an edited, added or removed row is found.

A digest is SHA-256 over the row's clear columns, parted by spaces (times in microseconds since 1970), a line
feed, and the sealed bytes. It reveals nothing: what it is over is sealed under a salt of its own.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

CLEAR = (
    "person_id",
    "response_id",
    "received_at",
    "stored_at",
    "assessment_id",
    "protocol_version_id",
    "study_id",
    "tumour_id",
    "wave",
    "part",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ID_BYTES, DIGEST_BYTES = 16, 32
GONE = "it is missing, or the log has it twice"

# The database's own sha256, in the statement and not in a function that could be replaced: the sealed bytes
# stay where they are.
STORED = """
    SELECT response_id, sha256(convert_to(concat_ws(' ', person_id, response_id,
        (extract(epoch FROM received_at) * 1000000)::bigint,
        (extract(epoch FROM stored_at) * 1000000)::bigint,
        assessment_id, protocol_version_id, study_id, tumour_id, wave, part) || E'\\n', 'UTF8') || sealed)
    FROM answering.response ORDER BY response_id, received_at
"""


class Digest(NamedTuple):
    """A response by its identifier, and the digest of its row."""

    response_id: UUID
    digest: bytes

    def __str__(self) -> str:
        return f"{self.response_id}:{self.digest.hex()}"


@dataclass(frozen=True)
class BrokenResponse:
    """The first response that is not as the log says it was stored."""

    response_id: UUID
    why: str

    def __str__(self) -> str:
        return f"response {self.response_id}: {self.why}"


def digest_of(row: Mapping[str, object]) -> Digest:
    """The digest of a row of answering.response, given by its columns' names."""
    clear = " ".join(_written(row[name]) for name in CLEAR)
    response_id, sealed = row["response_id"], row["sealed"]
    if not isinstance(response_id, UUID) or not isinstance(sealed, bytes):
        raise TypeError("a response has an identifier and sealed bytes")
    return Digest(response_id, hashlib.sha256(clear.encode() + b"\n" + sealed).digest())


def first_unvouched(connection: psycopg.Connection, vouched: bytes) -> BrokenResponse | None:
    """Holds every stored response against what the log vouches for; gives the first that differs.

    ``connection`` is the owner's, at the moment that the log was read at. ``vouched``: identifier (16 bytes)
    and digest (32 bytes) of each, as ``audit.verify`` gives them. No sealed byte leaves the database.
    """
    expected = _digests(sorted(_cut(vouched)))
    with connection.cursor("responses", binary=True) as cursor:
        cursor.execute(STORED)
        return compare(expected, (Digest(*row) for row in cursor))


def compare(expected: Iterable[Digest], stored: Iterable[Digest]) -> BrokenResponse | None:
    """The first difference of two sequences that are both ordered by identifier."""
    rest, rows = iter(expected), iter(stored)
    for row in rows:
        entry = next(rest, None)
        if entry is None or row.response_id < entry.response_id:
            return BrokenResponse(row.response_id, "the log does not say that it was stored")
        if entry.response_id < row.response_id:
            return BrokenResponse(entry.response_id, GONE)
        if entry.digest != row.digest:
            return BrokenResponse(row.response_id, "its row is not the one that was stored")
    left = next(rest, None)
    return None if left is None else BrokenResponse(left.response_id, GONE)


def _cut(vouched: bytes) -> list[bytes]:
    size = ID_BYTES + DIGEST_BYTES
    return [vouched[at : at + size] for at in range(0, len(vouched), size)]


def _digests(records: Iterable[bytes]) -> Iterator[Digest]:
    return (Digest(UUID(bytes=one[:ID_BYTES]), one[ID_BYTES:]) for one in records)


def _written(value: object) -> str:
    return str((value - EPOCH) // timedelta(microseconds=1)) if isinstance(value, datetime) else str(value)
