"""Every minute what was entered comes under a signed checkpoint, whole or not at all, once."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from surveys import audit
from surveys.audit import merkle
from surveys.audit.checkpoints import read_note
from surveys.audit.growing import chained, last_mark
from surveys.database import Role, transaction
from surveys.keys import NotAllowedError
from tests.builders.audit import NOW, EngineAs, KeysAs, checkpointed, entry, notes, tamper, verifier, write


async def test_a_checkpoint_is_signed_over_every_entry_of_every_lane(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    for role in Role:
        await write(engine_as(role), 5)
    assert await checkpointed(engine_as, keys_as) == [20]
    with psycopg.connect(database) as connection:
        hashes = connection.execute("SELECT hash FROM audit.audit_entry ORDER BY lane, sequence").fetchall()
    [note] = notes(database)
    signed = read_note(note.encode(), await verifier(keys_as))
    assert (signed.size, signed.root) == (20, merkle.root(one for (one,) in hashes))


async def test_what_is_too_much_for_one_checkpoint_comes_under_the_next(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    for role in Role:
        await write(engine_as(role), 5)
    assert await checkpointed(engine_as, keys_as, most=7) == [7, 7, 6]
    key = await verifier(keys_as)
    assert [read_note(note.encode(), key).size for note in notes(database)] == [7, 14, 20]


async def test_where_nothing_was_entered_no_checkpoint_is_made(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    assert await checkpointed(engine_as, keys_as) == []
    await write(engine_as(Role.WEB), 1)
    assert await checkpointed(engine_as, keys_as) == [1]
    assert await checkpointed(engine_as, keys_as) == []
    assert len(notes(database)) == 1


async def test_two_workers_at_once_make_one_checkpoint(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await write(engine_as(Role.WEB))
    made = await asyncio.gather(*(checkpointed(engine_as, keys_as) for _ in range(4)))
    assert [one for one in made if one] == [[12]]
    assert len(notes(database)) == 1


async def test_where_nobody_signs_the_entries_wait(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await write(engine_as(Role.WEB))
    with pytest.raises(NotAllowedError):
        await audit.make_checkpoint(engine_as(Role.WORKER), keys_as(Role.WEB), NOW)
    assert notes(database) == []
    # The refusal is an entry itself.
    assert await checkpointed(engine_as, keys_as) == [12 + 1]


async def test_no_checkpoint_is_made_over_a_missing_entry(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await write(engine_as(Role.WEB))
    tamper(database, "DELETE FROM audit.audit_entry WHERE sequence = 5")
    with pytest.raises(audit.DamagedLogError, match="entry 5 is missing"):
        await checkpointed(engine_as, keys_as)
    assert notes(database) == []


async def test_the_entries_of_one_act_are_chained_as_if_they_came_singly(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        await audit.append(connection, entry(0))
        await audit.append_all(connection, [entry(n) for n in range(1, 6)])
        await audit.append_all(connection, [])
        await audit.append(connection, entry(6))
    with psycopg.connect(database) as connection:
        numbers = connection.execute(
            "SELECT sequence - 1, (entry::json -> 'about' ->> 'n')::int FROM audit.audit_entry ORDER BY 1"
        ).fetchall()
    assert numbers == [(n, n) for n in range(7)]
    assert await checkpointed(engine_as, keys_as) == [7]


async def test_the_worker_reads_hashes_of_entries_and_nothing_else_of_them(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await write(engine_as(Role.WEB), 3)
    async with transaction(engine_as(Role.WORKER)) as connection:
        links = await chained(connection, await last_mark(connection), None, 10)
    assert [(link.sequence, len(link.hash)) for link in links] == [(1, 32), (2, 32), (3, 32)]
    for role in (Role.WEB, Role.KEYS, Role.RESEARCH):
        async with engine_as(role).connect() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text("SELECT * FROM audit.checkpoint"))


async def test_the_worker_cannot_take_a_checkpoint_back(
    database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await write(engine_as(Role.WEB), 3)
    await checkpointed(engine_as, keys_as)
    for statement in ("DELETE FROM audit.checkpoint", "UPDATE audit.checkpoint SET size = 1"):
        async with engine_as(Role.WORKER).connect() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text(statement))
