"""Finding an entry, and proving it under the first checkpoint that covers it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from surveys.audit.batches import START, Link, Mark, batch_of, leaf_content, offset_of
from surveys.audit.chains import beginning
from surveys.audit.errors import DamagedLogError
from surveys.audit.growing import cut
from surveys.audit.merkle import inclusion_proof_in_batch, leaf_hash
from surveys.audit.proofs import Proof, ProofError

APART = timedelta(days=1)
"""How far the clocks of database and processes may be apart."""

FIND = """
    SELECT lane, sequence, (extract(epoch FROM recorded_at) * 1000000)::bigint, recorded_by, entry, hash
    FROM audit.audit_entry
    WHERE recorded_at BETWEEN %s AND %s AND entry::jsonb @> %s::jsonb
    ORDER BY recorded_at LIMIT 1
"""
HASH = "SELECT hash FROM audit.audit_entry WHERE lane = %s AND sequence = %s LIMIT 1"
COVERING = """
    SELECT size, lanes, root, note FROM audit.checkpoint WHERE lanes[%s] >= %s ORDER BY size LIMIT 1
"""
BEFORE = "SELECT size, lanes, frontier FROM audit.checkpoint WHERE size < %s ORDER BY size DESC LIMIT 1"
CHAINED = "SELECT lane, sequence, hash FROM audit.chained(%s::bigint[], %s::bigint[], %s)"


class _Found(NamedTuple):
    lane: int
    sequence: int
    recorded_at: int
    recorded_by: str
    entry: str
    hash: bytes


def prove(connection: psycopg.Connection, like: str, near: datetime) -> Proof:
    """A proof of the entry that contains ``like`` (JSON), entered at about ``near``; the owner's connection.

    Raises:
        ProofError: there is no such entry, no checkpoint covers it yet, or the log is not as it was written.
    """
    row = connection.execute(FIND, (near - APART, near + APART, like)).fetchone()
    if row is None:
        raise ProofError("the log has no such entry")
    found = _Found(*row)
    covering = connection.execute(COVERING, (found.lane + 1, found.sequence)).fetchone()
    if covering is None:
        raise ProofError("no checkpoint covers the entry yet; the worker makes one every minute")
    size, ends, root, note = covering
    before = _mark_before(connection, size)
    links = connection.execute(CHAINED, (list(before.ends), ends, size - before.size)).fetchall()
    try:
        batch, mark = batch_of(before, [Link(*one) for one in links])
    except DamagedLogError as error:
        raise ProofError(f"lane {error.lane}, entry {error.sequence} is missing") from error
    content = leaf_content(_hash_before(connection, found), found.recorded_at, found.recorded_by, found.entry)
    if leaf_hash(content) != found.hash or (mark.size, mark.tree().root()) != (size, root):
        raise ProofError("the log is not as it was written; run `audit verify`")
    index = before.size + offset_of(found.lane, found.sequence, batch.stretches)
    path = inclusion_proof_in_batch(index, before.tree(), list(batch.hashes()))
    return Proof(content, index, tuple(path), note)


def _mark_before(connection: psycopg.Connection, size: int) -> Mark:
    row: Any = connection.execute(BEFORE, (size,)).fetchone()
    return START if row is None else Mark(row[0], tuple(row[1]), cut(row[2]))


def _hash_before(connection: psycopg.Connection, found: _Found) -> bytes:
    if found.sequence == 1:
        return beginning(found.lane)
    row = connection.execute(HASH, (found.lane, found.sequence - 1)).fetchone()
    if row is None:
        raise ProofError(f"lane {found.lane}, entry {found.sequence - 1} is missing")
    return bytes(row[0])
