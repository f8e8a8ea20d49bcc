"""Attack 4: somebody who may do anything to the database rewrites the log and every hash in it.

What is left is what was published: the folder with its batches names the very entry, one checkpoint alone
still tells that it happened.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from surveys import audit
from surveys.audit.batches import leaf_content
from surveys.audit.chains import beginning
from surveys.audit.checkpoints import Checkpoint, VerifierKey, body_of, sign_note
from surveys.audit.merkle import leaf_hash
from surveys.audit.publishing import destinations_of, publish
from surveys.database import Role
from surveys.settings import Settings
from tests.builders.audit import NOW, EngineAs, KeysAs, checkpointed, notes, tamper, verified, verifier, write

ENTRIES, CHECKPOINTS = 4, 3
LAST = ENTRIES * CHECKPOINTS
TABLES = ("audit.head", "audit.audit_entry", "audit.checkpoint")


class Entry(NamedTuple):
    recorded_at: datetime
    recorded_by: str
    entry: str


class Kept(NamedTuple):
    """What lies outside: the folder with every batch, and the same last checkpoint by itself."""

    archive: audit.Outside
    alone: audit.Outside
    lane: int
    length: int


@pytest.fixture
async def kept(database: str, engine_as: EngineAs, keys_as: KeysAs, tmp_path: Path) -> Kept:
    """A log of two roles' entries under three checkpoints; the attacks go for one lane."""
    for _ in range(CHECKPOINTS):
        await write(engine_as(Role.WEB), ENTRIES)
        await write(engine_as(Role.WORKER), ENTRIES)
        await checkpointed(engine_as, keys_as)
    folder = tmp_path / "log"
    destinations = destinations_of(Settings(etterklang_audit_destinations=folder.as_uri()))
    await publish(engine_as(Role.WORKER), destinations, NOW)
    (tmp_path / "alone").write_text(notes(database)[-1], encoding="utf-8")
    key = await verifier(keys_as)
    archive, alone = audit.read_outside(folder / "latest", key), audit.read_outside(tmp_path / "alone", key)
    with psycopg.connect(database) as connection:
        # Two connections may fall into one lane.
        lanes = connection.execute(
            "SELECT lane, max(sequence) FROM audit.audit_entry GROUP BY lane ORDER BY lane"
        ).fetchall()
    return Kept(archive, alone, *lanes[0])


@contextmanager
def undone(database: str) -> Iterator[None]:
    """What happens to the log inside is undone after it."""
    with psycopg.connect(database) as connection:
        rows = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # type: ignore[call-overload] # names of ours
    yield
    with psycopg.connect(database) as connection:
        for table, before in rows.items():
            connection.execute(f"DELETE FROM {table}")  # type: ignore[call-overload] # a name of ours
            places = ", ".join(["%s"] * len(before[0]))
            connection.cursor().executemany(f"INSERT INTO {table} VALUES ({places})", before)  # type: ignore[arg-type] # the same


def rewrite(database: str, lane: int, change: Callable[[list[Entry]], None]) -> None:
    """Changes a lane's entries and chains them anew, head and all, as audit.append would have."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT recorded_at, recorded_by, entry FROM audit.audit_entry WHERE lane = %s ORDER BY sequence",
            [lane],
        )
        entries = [Entry(*row) for row in found]
        change(entries)
        chained, rows = beginning(lane), list[tuple[Any, ...]]()
        for sequence, one in enumerate(entries, start=1):
            at = round(one.recorded_at.timestamp() * 1_000_000)
            chained = leaf_hash(leaf_content(chained, at, one.recorded_by, one.entry))
            rows.append((lane, sequence, *one, chained))
        connection.execute("DELETE FROM audit.audit_entry WHERE lane = %s", [lane])
        connection.cursor().executemany("INSERT INTO audit.audit_entry VALUES (%s,%s,%s,%s,%s,%s)", rows)
        connection.execute(
            "UPDATE audit.head SET sequence = %s, hash = %s WHERE lane = %s", [len(rows), chained, lane]
        )


def edit(entries: list[Entry], at: int) -> None:
    entries[at] = entries[at]._replace(entry=entries[at].entry.replace("tried", "never"))


def earlier(entries: list[Entry], at: int) -> None:
    entries[at] = entries[at]._replace(recorded_at=entries[at].recorded_at - timedelta(microseconds=1))


def anothers(entries: list[Entry], at: int) -> None:
    entries[at] = entries[at]._replace(recorded_by="etterklang_keys")


def delete(entries: list[Entry], at: int) -> None:
    del entries[at]


def insert(entries: list[Entry], at: int) -> None:
    entries.insert(at, entries[at]._replace(entry="{}"))


def swap(entries: list[Entry], at: int) -> None:
    other = at + 1 if at + 1 < len(entries) else at - 1
    entries[at], entries[other] = entries[other], entries[at]


def truncate(entries: list[Entry], at: int) -> None:
    del entries[at:]


@pytest.mark.parametrize("attack", [edit, earlier, anothers, delete, insert, swap, truncate])
async def test_a_lane_written_anew_with_its_head_is_found_at_every_entry(
    database: str, kept: Kept, attack: Callable[[list[Entry], int], None]
) -> None:
    assert isinstance(verified(database, kept.archive), audit.Verified)
    for at in range(kept.length):
        with undone(database):
            rewrite(database, kept.lane, lambda entries, at=at: attack(entries, at))  # type: ignore[misc] # at is bound
            named = verified(database, kept.archive)
            assert isinstance(named, audit.Broken)
            first = min(at, kept.length - 2) if attack is swap else at
            assert (named.lane, named.sequence) == (kept.lane, first + 1)
            assert not isinstance(verified(database, kept.alone), audit.Verified)
    assert isinstance(verified(database, kept.alone), audit.Verified)


async def test_several_processes_find_what_one_finds(
    database: str, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.audit.verifying.SEGMENT", 1)
    assert isinstance(verified(database, kept.archive, segment=5), audit.Verified)
    with undone(database):
        rewrite(database, kept.lane, lambda entries: edit(entries, 6))
        found = verified(database, kept.archive, segment=5)
    assert isinstance(found, audit.Broken)
    assert (found.lane, found.sequence) == (kept.lane, 7)


def back_to(size: int) -> tuple[str, ...]:
    """The log as it was at an earlier checkpoint, in every table: a backup put back."""
    ends = f"(SELECT lanes FROM audit.checkpoint WHERE size = {size})"
    return (
        f"DELETE FROM audit.audit_entry WHERE sequence > ({ends})[lane + 1]",
        "UPDATE audit.head h SET sequence = e.sequence, hash = e.hash FROM audit.audit_entry e "
        "WHERE e.lane = h.lane AND e.sequence = "
        "(SELECT max(sequence) FROM audit.audit_entry WHERE lane = h.lane)",
        f"DELETE FROM audit.checkpoint WHERE size > {size}",
    )


WHOLE = {
    "set back to the first checkpoint": back_to(2 * ENTRIES),
    "set back to the second": back_to(4 * ENTRIES),
    "emptied": (
        "TRUNCATE audit.audit_entry, audit.checkpoint",
        "UPDATE audit.head SET sequence = 0, hash = sha256(('etterklang audit lane ' || lane)::bytea)",
    ),
    "checkpoints deleted": ("DELETE FROM audit.checkpoint",),
    "the last checkpoint deleted": (f"DELETE FROM audit.checkpoint WHERE size = {2 * LAST}",),
    "the first checkpoint deleted": (f"DELETE FROM audit.checkpoint WHERE size = {2 * ENTRIES}",),
    "a root changed": (f"UPDATE audit.checkpoint SET root = sha256('x') WHERE size = {2 * ENTRIES}",),
    "a frontier changed": (f"UPDATE audit.checkpoint SET frontier = sha256('x') WHERE size = {2 * ENTRIES}",),
    "ends exchanged": ("UPDATE audit.checkpoint SET lanes = lanes[2:32] || lanes[1]",),
    "ends of too few lanes": (
        "ALTER TABLE audit.checkpoint DROP CONSTRAINT checkpoint_lanes_check",
        "UPDATE audit.checkpoint SET lanes = lanes[1:31]",
    ),
    "a size changed": (f"UPDATE audit.checkpoint SET size = size + 1 WHERE size = {2 * LAST}",),
    "a note emptied": (f"UPDATE audit.checkpoint SET note = '' WHERE size = {2 * ENTRIES}",),
    "a note of another": (
        "UPDATE audit.checkpoint SET note = (SELECT note FROM audit.checkpoint ORDER BY size LIMIT 1)",
    ),
}


@pytest.mark.parametrize("statements", WHOLE.values(), ids=list(WHOLE))
async def test_a_log_set_back_or_with_other_checkpoints_is_found(
    database: str, kept: Kept, statements: tuple[str, ...]
) -> None:
    constraint = (
        "ALTER TABLE audit.checkpoint ADD CONSTRAINT checkpoint_lanes_check CHECK (cardinality(lanes) = 32)"
    )
    with undone(database):
        tamper(database, *statements)
        for outside in (kept.archive, kept.alone):
            for segment in (1, 100):
                found = verified(database, outside, segment)
                assert isinstance(found, audit.Broken | audit.BrokenCheckpoint)
    if "DROP CONSTRAINT" in statements[0]:
        with psycopg.connect(database) as connection:
            connection.execute(constraint)  # type: ignore[call-overload] # written here


async def test_a_log_signed_anew_by_another_key_is_found(database: str, kept: Kept) -> None:
    other = VerifierKey("127.0.0.1/audit", hashlib.sha256(b"another").digest())
    with undone(database), psycopg.connect(database) as connection:
        for size, root in connection.execute("SELECT size, root FROM audit.checkpoint").fetchall():
            note = sign_note(body_of(Checkpoint(other.name, size, root)), other, b"x" * 64)
            connection.execute("UPDATE audit.checkpoint SET note = %s WHERE size = %s", [note, size])
        connection.commit()
        for outside in (kept.archive, kept.alone):
            found = verified(database, outside)
            assert isinstance(found, audit.BrokenCheckpoint)
            assert "no signature in it is by the key" in found.why


async def test_the_folder_names_the_first_entry_that_a_rollback_took(database: str, kept: Kept) -> None:
    with undone(database):
        tamper(database, *back_to(2 * ENTRIES))
        found = verified(database, kept.archive)
    assert isinstance(found, audit.Broken)
    assert (found.sequence, found.why) == (
        kept.length // CHECKPOINTS + 1,
        "it is missing; its leaf was kept outside",
    )


async def test_what_comes_after_a_checkpoint_does_not_break_it(
    database: str, kept: Kept, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await write(engine_as(Role.RESEARCH), 5)
    await checkpointed(engine_as, keys_as)
    await write(engine_as(Role.WEB), 5)
    found = verified(database, kept.archive, segment=1)
    assert isinstance(found, audit.Verified)
    assert (found.entries, found.covered) == (2 * LAST + 10, 2 * LAST + 5)


async def test_batches_that_are_not_the_signed_tree_do_not_count(
    kept: Kept, keys_as: KeysAs, tmp_path: Path
) -> None:
    key, folder = await verifier(keys_as), tmp_path / "log"
    batch = folder / f"{4 * ENTRIES}.batch"
    whole = batch.read_bytes()
    for content in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b"", b"\x80"):
        batch.write_bytes(content)
        with pytest.raises(audit.CheckpointError):
            audit.read_outside(folder / "latest", key)
    batch.unlink()
    with pytest.raises(audit.CheckpointError, match="is missing"):
        audit.read_outside(folder / "latest", key)
