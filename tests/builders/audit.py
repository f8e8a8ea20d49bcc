"""An audit log with entries in it, its checkpoints, and somebody who may do anything to the database."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import audit
from surveys.audit.checkpoints import VerifierKey, read_key
from surveys.database import Role, transaction
from surveys.identifiers import new_id
from surveys.keys import Keys

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

EngineAs = Callable[[Role], AsyncEngine]
KeysAs = Callable[[Role], Keys]


def entry(n: int) -> audit.AuditEntry:
    """An entry about nothing in particular."""
    return audit.AuditEntry("tried", "test", NOW, new_id(), {"n": str(n)})


async def write(engine: AsyncEngine, count: int = 12) -> None:
    """Appends so many entries, one by one, in one transaction."""
    async with transaction(engine) as connection:
        for n in range(count):
            await audit.append(connection, entry(n))


async def checkpointed(engine_as: EngineAs, keys_as: KeysAs, most: int = 100_000) -> list[int]:
    """Makes checkpoints as the worker does until every entry is under one; gives how many each added."""
    made = []
    while added := await audit.make_checkpoint(
        engine_as(Role.WORKER), keys_as(Role.WORKER), datetime.now(UTC), most
    ):
        made.append(added)
    return made


async def verifier(keys_as: KeysAs) -> VerifierKey:
    """The key that an outsider checks checkpoints with."""
    return read_key(await keys_as(Role.WORKER).checkpoint_key())


def notes(database: str) -> list[str]:
    """The signed checkpoints, the first first, as the owner sees them."""
    with psycopg.connect(database) as connection:
        return [note for (note,) in connection.execute("SELECT note FROM audit.checkpoint ORDER BY size")]


def tamper(database: str, *statements: str) -> None:
    """What a superuser does to the tables; the last statement must have found a row."""
    with psycopg.connect(database) as connection:
        for statement in statements:
            done = connection.execute(statement)  # type: ignore[call-overload] # written in a test
        assert done.rowcount


def verified(
    database: str, outside: audit.Outside | None = None, segment: int = 100
) -> audit.Verified | audit.Broken | audit.BrokenCheckpoint:
    """What ``etterklang audit verify`` finds; segments may be short, so that a few entries have many."""
    with psycopg.connect(database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return audit.verify(connection, database, outside or audit.Outside(), segment)
