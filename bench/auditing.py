"""The audit log: appending in the transactions of bulk acts, and verifying it whole against a checkpoint."""

import asyncio
import time
from datetime import UTC, datetime

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.figures import Figure
from bench.ground import Ground, ground
from surveys import audit, clock
from surveys.audit.checkpoints import read_key, read_note
from surveys.audit.verifying import Outside
from surveys.database import Role, make_engine, transaction
from surveys.identifiers import new_id
from surveys.keys.in_process import InProcessKeys
from surveys.keys.service import opened_vault

WRITERS = 8
AT_ONCE = 100
ENTRIES = 3_000_000
SINGLE = 20_000
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def audit_figures() -> tuple[Figure, ...]:
    """Appended by eight connections, 100 entries a transaction as the inbox does, and one; fsync is on.

    Verified: 3 million entries in eight lanes, against a signed checkpoint, the start of processes included,
    once the database's own vacuum has been over them: most of a log has long been at rest.
    """
    with ground() as place:
        alone = asyncio.run(_append(place, SINGLE, 1))
        bulk = asyncio.run(_append(place, ENTRIES, AT_ONCE))
        taken = asyncio.run(_verify(place))
    return (
        Figure("audit_append_per_s", ENTRIES / bulk, "/s", "higher", 20_000),
        Figure("audit_append_alone_per_s", SINGLE / alone, "/s", "higher"),
        Figure("audit_verify_per_s", (ENTRIES + SINGLE) / taken, "/s", "higher", 500_000),
    )


def _entry() -> audit.AuditEntry:
    about = {"submission": str(new_id()), "assessment": str(new_id())}
    return audit.AuditEntry("submission-received", "patient", NOW, new_id(), about)


async def _append(place: Ground, count: int, at_once: int) -> float:
    """Seconds until so many entries are on the disk."""
    engine = make_engine(place.address, Role.WORKER, pool_size=WRITERS)
    entries = [_entry() for _ in range(at_once)]
    started = time.perf_counter()
    await asyncio.gather(*(_write(engine, entries, count // at_once // WRITERS) for _ in range(WRITERS)))
    taken = time.perf_counter() - started
    await engine.dispose()
    return taken


async def _write(engine: AsyncEngine, entries: list[audit.AuditEntry], times: int) -> None:
    for _ in range(times):
        async with transaction(engine) as connection:
            await audit.append_all(connection, entries)


async def _verify(place: Ground) -> float:
    engine = make_engine(place.address, Role.WORKER)
    async with opened_vault(place.settings) as vault:
        keys = InProcessKeys(vault, Role.WORKER)
        while await audit.make_checkpoint(engine, keys, clock.now()):
            pass
        key = read_key(await keys.checkpoint_key())
    await engine.dispose()
    with psycopg.connect(place.address, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) audit.audit_entry")
        connection.execute("CHECKPOINT")
    with psycopg.connect(place.address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        [(note,)] = connection.execute(
            "SELECT note FROM audit.checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchall()
        connection.commit()
        started = time.perf_counter()
        found = audit.verify(connection, place.address, Outside(key, read_note(note.encode(), key)))
        taken = time.perf_counter() - started
    if not isinstance(found, audit.Verified) or found.covered != found.entries:
        raise RuntimeError(f"the log does not verify: {found}")
    return taken
