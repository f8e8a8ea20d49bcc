"""The audit log shows the first entry that is not as it was written, whoever changed it."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from surveys import audit
from surveys.database import Role, role_url, transaction
from tests.builders.audit import NOW, EngineAs, entry, tamper, verified, write

ENTRIES = 12


async def test_what_was_written_verifies(database: str, engine_as: EngineAs) -> None:
    for role in Role:
        await write(engine_as(role))
    assert isinstance(verified(database), audit.Verified)


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("UPDATE audit.audit_entry SET entry = replace(entry, 'tried', 'other') WHERE sequence = 5", 5),
        ("UPDATE audit.audit_entry SET hash = sha256('x') WHERE sequence = 5", 5),
        ("DELETE FROM audit.audit_entry WHERE sequence = 5", 5),
        ("DELETE FROM audit.audit_entry WHERE sequence >= 10", 10),
        ("DELETE FROM audit.audit_entry", 1),
        ("UPDATE audit.audit_entry SET sequence = sequence + 100 WHERE sequence = 5", 5),
        ("UPDATE audit.audit_entry SET recorded_at = recorded_at - interval '1 day' WHERE sequence = 5", 5),
        ("UPDATE audit.audit_entry SET recorded_by = 'etterklang_web' WHERE sequence = 5", 5),
        ("UPDATE audit.head SET hash = sha256('x') WHERE sequence > 0", ENTRIES),
        ("UPDATE audit.head SET sequence = sequence - 1 WHERE sequence > 0", ENTRIES),
        ("DELETE FROM audit.head WHERE sequence > 0", 1),
        (
            "UPDATE audit.head h SET sequence = 11, hash = e.hash FROM audit.audit_entry e "
            "WHERE h.lane = e.lane AND e.sequence = 11",
            ENTRIES,
        ),
    ],
    ids=[
        "edited",
        "hash edited",
        "deleted",
        "end cut off",
        "all deleted",
        "moved",
        "earlier",
        "another's",
        "head edited",
        "head set back",
        "head deleted",
        "head and its hash set back",
    ],
)
async def test_the_first_bad_entry_is_named(
    database: str, engine_as: EngineAs, statement: str, sequence: int
) -> None:
    await write(engine_as(Role.WORKER))
    tamper(database, statement)
    for segment in (5, 100):
        broken = verified(database, segment=segment)
        assert isinstance(broken, audit.Broken)
        assert broken.sequence == sequence


async def test_two_entries_that_changed_places_are_found(database: str, engine_as: EngineAs) -> None:
    await write(engine_as(Role.WORKER))
    tamper(
        database,
        "UPDATE audit.audit_entry a SET entry = b.entry, hash = b.hash FROM audit.audit_entry b "
        "WHERE (a.sequence, b.sequence) IN ((3, 4), (4, 3))",
    )
    broken = verified(database)
    assert isinstance(broken, audit.Broken)
    assert broken.sequence == 3


async def test_an_entry_in_no_lane_of_ours_is_found(database: str, engine_as: EngineAs) -> None:
    await write(engine_as(Role.WORKER))
    tamper(
        database,
        "INSERT INTO audit.audit_entry VALUES (32, 1, now(), 'etterklang_worker', '{}', sha256('x'))",
    )
    broken = verified(database)
    assert isinstance(broken, audit.Broken)
    assert (broken.lane, broken.sequence) == (32, 1)


async def test_a_lane_and_its_head_that_are_gone_together_are_found(
    database: str, engine_as: EngineAs
) -> None:
    await write(engine_as(Role.WORKER))
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM audit.audit_entry")
        connection.execute("DELETE FROM audit.head WHERE sequence > 0")
    assert isinstance(verified(database), audit.Broken)


async def test_who_appends_is_the_databases_own_word(database: str, engine_as: EngineAs) -> None:
    forged = audit.AuditEntry("tried", Role.WORKER.value, NOW, None, {})
    async with transaction(engine_as(Role.WEB)) as connection:
        await audit.append(connection, forged)
    with psycopg.connect(database) as connection:
        recorded = connection.execute("SELECT recorded_by FROM audit.audit_entry").fetchall()
    assert recorded == [("etterklang_web",)]


async def test_verifying_goes_on_beside_appending(database: str, engine_as: EngineAs) -> None:
    writing = (write(engine_as(role)) for role in Role)
    *_, found = await asyncio.gather(*writing, asyncio.to_thread(verified, database))
    assert isinstance(found, audit.Verified)
    assert isinstance(verified(database), audit.Verified)


async def test_an_act_that_is_rolled_back_leaves_no_entry(database: str, engine_as: EngineAs) -> None:
    async with engine_as(Role.WEB).connect() as connection:
        await audit.append(connection, entry(0))
        await connection.rollback()
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM audit.audit_entry").fetchone() == (0,)
    assert isinstance(verified(database), audit.Verified)


@pytest.mark.parametrize("role", list(Role))
async def test_no_role_reads_or_changes_the_log_itself(engine_as: EngineAs, role: Role) -> None:
    for statement in (
        "SELECT * FROM audit.audit_entry",
        "INSERT INTO audit.audit_entry VALUES (0, 1, now(), '', '', '')",
        "UPDATE audit.head SET sequence = 0",
        "DELETE FROM audit.audit_entry",
    ):
        async with engine_as(role).connect() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text(statement))


def test_an_entry_has_one_canonical_form() -> None:
    one = audit.AuditEntry("a", "b", NOW, None, {"y": "1", "x": "2"})
    other = audit.AuditEntry("a", "b", NOW, None, {"x": "2", "y": "1"})
    assert audit.encode(one) == audit.encode(other)
    assert " " not in audit.encode(one)


async def test_the_key_service_never_waits_for_the_lane_that_its_caller_holds(database: str) -> None:
    async with await connected(database, Role.WORKER) as caller:
        await caller.execute("SELECT audit.append('{}')")
        # Process numbers follow one another: one is alike in all that a lane was once made of.
        while (asked := await connected(database, Role.KEYS)).info.backend_pid % 32 != (
            caller.info.backend_pid % 32
        ):
            await asked.close()
        async with asked:
            await asked.execute("SET LOCAL lock_timeout = '2s'")
            await asked.execute("SELECT audit.append('{}')")


async def connected(database: str, role: Role) -> psycopg.AsyncConnection:
    address = role_url(database, role).set(drivername="postgresql").render_as_string()
    return await psycopg.AsyncConnection.connect(address)
