"""Rotation wraps keys anew and rewrites nothing else; erasure takes two people and nothing opens after it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.answering import process_inbox
from surveys.database import Role, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys import (
    Binding,
    KeystoreError,
    NotAllowedError,
    NotOpenedError,
    PlainRow,
    Purpose,
    SealedRow,
    create_keystore,
    rewrapping,
    seal_to_inbox,
)
from surveys.keys.erasure import erase
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms import passphrase
from surveys.keys.kms.passphrase import open_keystore
from surveys.keys.rotation import rotate_epoch, rotate_inbox
from surveys.keys.status import read_status
from surveys.settings import Settings
from tests.builders.answering import (
    NOW,
    as_owner,
    count,
    make_submission,
    open_assessment,
    open_study,
    send,
    stored_answers,
)
from tests.builders.answering import Open as Opened

NOVEMBER = datetime(2026, 11, 23, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
FEBRUARY = DECEMBER + timedelta(days=65)
RIGHT = b"the right passphrase"
SETTINGS = Settings(etterklang_mode="development")

EngineAs = Callable[[Role], AsyncEngine]
Open = Callable[[], Vault]


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    with patch.multiple(passphrase, MEMORY_KIB=64, ITERATIONS=1, LANES=1):
        create_keystore(tmp_path / "keystore", RIGHT)
    return tmp_path / "keystore"


@pytest.fixture
def vault(keystore: Path, engine_as: EngineAs) -> Open:
    """Opens the keystore again, as a key service that starts does."""
    return lambda: Vault(SETTINGS, engine_as(Role.KEYS), open_keystore(keystore, RIGHT))


def worker(vault: Vault, now: datetime = NOVEMBER) -> InProcessKeys:
    return InProcessKeys(vault, Role.WORKER, lambda: now)


def rows(number: int) -> list[PlainRow]:
    places = (Binding("answering.score", new_id(), PersonId(new_id()), new_id(), "v1") for _ in range(number))
    return [PlainRow(place, f"scores {n}".encode()) for n, place in enumerate(places)]


async def sealed(keys: InProcessKeys, plain: list[PlainRow]) -> list[SealedRow]:
    return [SealedRow(row.binding, one) for row, one in zip(plain, await keys.seal(plain), strict=True)]


def tables_of(database: str) -> dict[str, list[tuple[object, ...]]]:
    """What a backup of the key tables holds."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(text(f"TABLE keys.{name}"))]
            for name in ("epoch_key", "person_key", "inbox_key", "pepper")
        }
    engine.dispose()
    return found


@pytest.mark.parametrize("few", [0, rewrapping.FEW], ids=["in other processes", "here"])
async def test_after_a_rotation_what_was_sealed_opens_under_the_new_epoch_alone(
    vault: Open, database: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "FEW", few)
    plain = rows(300)
    stored = await sealed(worker(vault()), plain)
    one = vault()
    rotated = await rotate_epoch(one.hierarchy, one.engine, DECEMBER)
    assert (rotated.epoch, rotated.rewrapped, rotated.destroyed) == (20261200, 300, ())
    assert count(database, "keys.person_key WHERE epoch <> 20261200") == 0
    opened = await worker(vault(), DECEMBER).open(Purpose.COMPARE, stored)
    assert opened == [row.plaintext for row in plain]


async def test_a_service_that_runs_through_a_rotation_goes_on_sealing_and_opening(
    vault: Open, database: str
) -> None:
    running = worker(vault())
    early = rows(60)
    stored = await sealed(running, early)

    async def work() -> list[SealedRow]:
        done = []
        for _ in range(20):
            plain = rows(10)
            done += await sealed(running, plain)
            await running.open(Purpose.COMPARE, done[-10:])
        return done

    one = vault()
    during, _ = await asyncio.gather(work(), rotate_epoch(one.hierarchy, one.engine, NOVEMBER))
    again = vault()
    await rotate_epoch(again.hierarchy, again.engine, NOVEMBER)
    assert count(database, "keys.person_key WHERE epoch <> 20261102") == 0
    assert len(await worker(vault()).open(Purpose.COMPARE, stored + during)) == 260


async def test_an_interrupted_rotation_is_gone_on_with(vault: Open, database: str) -> None:
    plain = rows(50)
    stored = await sealed(worker(vault()), plain)
    one = vault()
    await one.hierarchy.epochs.begin(DECEMBER)
    rotated = await rotate_epoch(one.hierarchy, one.engine, DECEMBER)
    assert rotated.rewrapped == 50
    assert len(await worker(vault(), DECEMBER).open(Purpose.COMPARE, stored)) == 50


async def test_an_old_epoch_is_destroyed_only_when_no_backup_needs_it(vault: Open, database: str) -> None:
    stored = await sealed(worker(vault()), rows(5))
    for when, destroyed in ((DECEMBER, ()), (DECEMBER + timedelta(days=34), ()), (FEBRUARY, (20261100,))):
        one = vault()
        assert (await rotate_epoch(one.hierarchy, one.engine, when)).destroyed == destroyed
    async with transaction(vault().engine) as connection:
        states = {one.epoch: one.state for one in (await read_status(connection)).epochs}
    assert states == {20261100: "destroyed", 20261200: "empty", 20270100: "empty", 20270200: "open"}
    assert len(await worker(vault(), FEBRUARY).open(Purpose.COMPARE, stored)) == 5


async def test_a_new_inbox_key_seals_and_the_old_one_still_opens(vault: Open) -> None:
    one = vault()
    web = InProcessKeys(one, Role.WEB, lambda: NOVEMBER)
    old = await web.inbox_key()
    place = Binding("answering.inbox", new_id(), PersonId(new_id()), new_id())
    waiting = SealedRow(place, seal_to_inbox(old, b"answers", place))
    assert await rotate_inbox(one.hierarchy, one.engine, NOVEMBER) == 2
    assert (await web.inbox_key()).key_id == 2
    await rotate_epoch(one.hierarchy, one.engine, DECEMBER)
    assert await worker(vault(), DECEMBER).open(Purpose.INGEST, [waiting]) == [b"answers"]


async def test_rotations_under_load_lose_no_answer_and_rewrite_no_response(
    vault: Open, database: str, engine_as: EngineAs
) -> None:
    one = vault()
    study = await open_study(engine_as, lambda role: InProcessKeys(one, role))
    people = [await open_assessment(study) for _ in range(14)]
    for person in people[:4]:
        await send(study, make_submission(person))
    await process_inbox(study.worker, worker(one), NOW, 10)
    before = stored_answers(database)
    ended = asyncio.Event()

    async def answer(mine: list[Opened]) -> None:
        for person in mine:
            await send(study, make_submission(person))

    async def work() -> None:
        while not ended.is_set():
            await process_inbox(study.worker, worker(vault()), NOW, 3)

    async def rotate() -> None:
        operator = vault()
        for _ in range(3):
            await rotate_inbox(operator.hierarchy, operator.engine, NOW)
        await rotate_epoch(operator.hierarchy, operator.engine, NOW)
        await rotate_inbox(operator.hierarchy, operator.engine, NOW)

    async def until_done() -> None:
        await asyncio.gather(rotate(), answer(people[4:9]), answer(people[9:]))
        ended.set()

    await asyncio.gather(until_done(), work(), work())
    while await process_inbox(study.worker, worker(vault()), NOW, 10):
        pass
    assert count(database, "answering.inbox") == 0
    assert count(database, "answering.response") == 2 * len(people)
    assert set(before) <= set(stored_answers(database))
    assert count(database, "keys.inbox_key WHERE retired_at IS NULL") == 1
    assert (
        count(database, "keys.person_key k JOIN keys.epoch_key e USING (epoch) WHERE closed_at IS NULL") >= 14
    )


async def test_erasure_takes_two_people_and_the_first_cannot_be_the_second(
    vault: Open, database: str
) -> None:
    plain = rows(2)
    running = worker(vault())
    stored = await sealed(running, plain)
    person = plain[0].binding.person_id
    async with transaction(vault().engine) as connection:
        assert await erase(connection, person, "ada", NOVEMBER) is None
    with pytest.raises(NotAllowedError, match="ada asked for"):
        async with transaction(vault().engine) as connection:
            await erase(connection, person, "ada", NOVEMBER)
    with pytest.raises(NotAllowedError):
        async with transaction(vault().engine) as connection:
            await erase(connection, person, " Ada", NOVEMBER)
    assert len(await running.open(Purpose.COMPARE, stored)) == 2
    async with transaction(vault().engine) as connection:
        assert await erase(connection, person, "grace", NOVEMBER) == 1
    with pytest.raises(NotOpenedError):
        await running.open(Purpose.COMPARE, stored)
    assert await running.open(Purpose.COMPARE, stored[1:]) == [plain[1].plaintext]
    with pytest.raises(NotAllowedError, match="erased"):
        await running.seal(plain[:1])
    assert count(database, "audit.audit_entry WHERE entry LIKE '%\"erased\"%'") == 1


async def test_what_waits_for_an_erased_person_goes_with_the_keys(vault: Open, database: str) -> None:
    await InProcessKeys(vault(), Role.WEB, lambda: NOVEMBER).inbox_key()
    person, other = new_id(), new_id()
    for one in (person, other):
        as_owner(
            database,
            "INSERT INTO answering.draft VALUES (:person, gen_random_uuid(), 1, 'x', now())",
            person=one,
        )
    for actor in ("ada", "grace"):
        async with transaction(vault().engine) as connection:
            await erase(connection, PersonId(person), actor, NOVEMBER)
    assert count(database, "answering.draft") == 1


async def test_an_erased_person_opens_from_no_backup_once_its_epoch_is_destroyed(
    vault: Open, keystore: Path, database: str, engine_as: EngineAs
) -> None:
    plain = rows(3)
    stored = await sealed(worker(vault()), plain)
    backup = tables_of(database)
    for actor in ("ada", "grace"):
        async with transaction(vault().engine) as connection:
            await erase(connection, plain[0].binding.person_id, actor, NOVEMBER)
    for when in (DECEMBER, FEBRUARY):
        one = vault()
        await rotate_epoch(one.hierarchy, one.engine, when)
    # The thief has the database of then, the database of now, and the key store of now.
    as_owner(database, "TRUNCATE keys.person_key, keys.inbox_key, keys.pepper, keys.epoch_key")
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for name in ("epoch_key", "person_key", "inbox_key", "pepper"):
            for row in backup[name]:
                values = ", ".join(f":v{n}" for n in range(len(row)))
                statement = text(f"INSERT INTO keys.{name} VALUES ({values})")
                connection.execute(statement, {f"v{n}": value for n, value in enumerate(row)})
    engine.dispose()
    for one in stored:
        with pytest.raises(NotOpenedError):
            await worker(vault()).open(Purpose.COMPARE, [one])


async def test_the_key_store_of_another_database_is_said_to_be(
    vault: Open, keystore: Path, tmp_path: Path, engine_as: EngineAs
) -> None:
    stored = await sealed(worker(vault()), rows(1))
    with patch.multiple(passphrase, MEMORY_KIB=64, ITERATIONS=1, LANES=1):
        create_keystore(tmp_path / "other", RIGHT)
    other = open_keystore(tmp_path / "other", RIGHT)
    other.make_epoch(20261100)
    with pytest.raises(KeystoreError, match="another key store"):
        await worker(Vault(SETTINGS, engine_as(Role.KEYS), other)).open(Purpose.COMPARE, stored)


def test_epoch_keys_live_in_the_file_and_die_there(keystore: Path) -> None:
    one, other = open_keystore(keystore, RIGHT), open_keystore(keystore, RIGHT)
    one.make_epoch(20261100)
    other.make_epoch(20261100)
    assert one.epoch_key(20261100) == other.epoch_key(20261100)
    other.make_epoch(20261200)
    assert one.epoch_key(20261200) != one.epoch_key(20261100)
    one.destroy_epoch(20261100)
    with pytest.raises(NotOpenedError):
        other.epoch_key(20261100)
    assert other.epoch_key(20261200) == one.epoch_key(20261200)
