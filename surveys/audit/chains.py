"""Recomputing stretches of the lanes' chains, in whatever process there is room.

Hashed here and not by the database, which is what is under suspicion.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

import psycopg
from psycopg.types.numeric import Int8BinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from surveys.audit.findings import Broken

ROWS_AT_ONCE = 3_000
MICROSECONDS_TO_2000 = 946_684_800_000_000
"""PostgreSQL sends times as microseconds since 2000; the chain counts from 1970."""

ENTRIES = """
    SELECT sequence, recorded_at, recorded_by, entry, hash FROM audit.audit_entry
    WHERE lane = %s AND sequence > %s AND sequence <= %s ORDER BY sequence
"""
# The index has them in their order. Where a month's rows have not been counted yet, the planner would sort
# them on the disk, which takes three times as long.
IN_ORDER = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off"
BEFORE = "SELECT hash FROM audit.audit_entry WHERE lane = %s AND sequence = %s LIMIT 1"

VOUCHES = b'{"about":{"responses":"'
"""How an entry that vouches for responses begins: an entry is canonical, so its keys are sorted."""
VOUCHED = re.compile(rb'{"about":{"responses":"([0-9a-f: -]+)"')
VOUCH_FOR_NOTHING = frozenset({b"etterklang_web", b"etterklang_keys", b"etterklang_research"})
"""Roles that store no responses; the worker does, and a migration once did."""

Row = tuple[int, int, bytes, bytes, bytes]
# A copy of one that has begun costs less than a new one.
_new_leaf = hashlib.sha256(b"\x00").copy


class Segment(NamedTuple):
    """The entries of a lane after sequence ``after``, up to and with ``last``."""

    lane: int
    after: int
    last: int


class Recomputed(NamedTuple):
    """The leaves of a segment (32 bytes each, up to the first bad entry), and that entry if there is one.

    ``vouched`` is what its entries say was stored: of each response identifier (16 bytes) and
    digest (32).
    """

    segment: Segment
    leaves: bytes
    vouched: bytes
    broken: Broken | None


def recompute(address: str, snapshot: str, segments: Sequence[Segment]) -> list[Recomputed]:
    """Reads segments as ``snapshot`` (an exported one) shows them, and recomputes their hashes one by one.

    Each trusts the stored hash before it, which the segment before it has recomputed. Nothing is read behind
    the first that is broken.
    """
    done: list[Recomputed] = []
    with psycopg.connect(address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        connection.execute(IN_ORDER)
        for segment in segments:
            done.append(_recompute(connection, segment))
            if done[-1].broken is not None:
                break
    return done


def beginning(lane: int) -> bytes:
    """What the chain of a lane begins with."""
    return hashlib.sha256(f"etterklang audit lane {lane}".encode()).digest()


def _recompute(connection: psycopg.Connection, segment: Segment) -> Recomputed:
    lane, sequence, last = segment
    chained = _hash_before(connection, lane, sequence)
    leaves: list[bytes] = []
    vouching: list[bytes] = []
    broken: Broken | None = None
    with connection.cursor("entries", binary=True) as cursor:
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
        cursor.execute(ENTRIES, segment)
        while broken is None and (rows := cursor.fetchmany(ROWS_AT_ONCE)):
            chained, broken = _follow(lane, sequence, chained, rows, leaves)
            vouching += [
                entry
                for _, _, role, entry, _ in rows
                if entry.startswith(VOUCHES) and role not in VOUCH_FOR_NOTHING
            ]
            sequence += len(rows)
    if broken is None and sequence < last:
        broken = Broken(lane, sequence + 1, "it is missing")
    return Recomputed(segment, b"".join(leaves), b"".join(map(_vouched, vouching)), broken)


def _hash_before(connection: psycopg.Connection, lane: int, sequence: int) -> bytes:
    if sequence == 0:
        return beginning(lane)
    row = connection.execute(BEFORE, (lane, sequence)).fetchone()
    return b"" if row is None else row[0]


def _follow(
    lane: int, sequence: int, chained: bytes, rows: list[Row], leaves: list[bytes]
) -> tuple[bytes, Broken | None]:
    """The hash after ``rows``. It runs a million times a second: nothing is called that need not be."""
    last_at, last_role, before = None, b"", b""
    for number, at, role, entry, stored in rows:
        sequence += 1
        if number != sequence:
            return chained, Broken(lane, sequence, "it is missing or out of its place")
        if at != last_at or role != last_role:
            last_at, last_role, before = at, role, b"%d %b " % (at + MICROSECONDS_TO_2000, role)
        leaf = _new_leaf()
        leaf.update(chained + before + entry)
        chained = leaf.digest()
        if chained != stored:
            return chained, Broken(lane, sequence, "its content or an earlier one was changed")
        leaves.append(chained)
    return chained, None


def _vouched(entry: bytes) -> bytes:
    found = VOUCHED.match(entry)
    return b"" if found is None else bytes.fromhex(re.sub("[: -]", "", found[1].decode()))
