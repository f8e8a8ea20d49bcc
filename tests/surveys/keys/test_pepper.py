"""A new pepper: the blind index is made anew while everybody goes on, and the old pepper is destroyed."""

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.answering import process_inbox
from surveys.database import Role, transaction
from surveys.identifiers import PersonId
from surveys.keys import Audience, Keys, NotOpenedError, reindexing
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import PassphraseKms
from surveys.keys.peppers import BlindIndex
from surveys.keys.reindexing import Reindexed, rotate_pepper
from surveys.keys.rotation import rotate_epoch
from surveys.keys.status import PepperStatus, read_status
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
from tests.builders.keys import key_server, login_token, synthetic_numbers

EC = ECKey.generate_key("P-256", {"kid": "ec"})
NONCE = "the nonce of this login"
NUMBERS = synthetic_numbers(400)
WAITING = "pg_locks WHERE locktype = 'advisory' AND NOT granted"

EngineAs = Callable[[Role], AsyncEngine]
Start = Callable[[], Vault]


@pytest.fixture
def issuer() -> Iterator[str]:
    with key_server(EC) as serving:
        yield serving.issuer


@pytest.fixture
def start(issuer: str, engine_as: EngineAs) -> Start:
    """Starts one more key service on the same root key and database."""
    kms = PassphraseKms(os.urandom(32))
    settings = Settings(etterklang_mode="development", etterklang_patient_issuer=issuer)
    return lambda: Vault(settings, engine_as(Role.KEYS), kms)


def worker(vault: Vault) -> Keys:
    return InProcessKeys(vault, Role.WORKER)


async def rotated(vault: Vault, now: datetime = NOW) -> Reindexed:
    return await rotate_pepper(vault.hierarchy, vault.peppers, vault.engine, now)


async def logged_in(vault: Vault, number: str) -> PersonId:
    token = login_token(EC, "ec", vault.settings.etterklang_patient_issuer, number, NONCE)
    return (await InProcessKeys(vault, Role.WEB).login(Audience.PATIENT, token, NONCE)).person_id


async def test_a_rotation_under_load_fails_nothing_doubles_nobody_and_rewrites_no_answer(
    start: Start, engine_as: EngineAs, database: str
) -> None:
    one, other = start(), start()
    study = await open_study(engine_as, lambda role: InProcessKeys(one, role))
    for _ in range(3):
        await send(study, make_submission(await open_assessment(study)))
    await process_inbox(study.worker, worker(one), NOW, 10)
    answers = stored_answers(database)
    assert len(answers) > 3
    known = dict(zip(NUMBERS[:200], await worker(one).link(NUMBERS[:200]), strict=True))
    fed: dict[str, set[PersonId | None]] = {}
    tries = 0
    ended = asyncio.Event()

    async def feed(vault: Vault) -> None:
        # Both services are fed the same new people at once, beside people that they know.
        nonlocal tries
        for at in range(200, 400, 5):
            batch = NUMBERS[at : at + 5] + NUMBERS[at - 200 : at - 195]
            for number, person in zip(batch, await worker(vault).link(batch), strict=True):
                fed.setdefault(number, set()).add(person)
            tries += 1

    async def log_in(vault: Vault) -> None:
        nonlocal tries
        while not ended.is_set():
            number = NUMBERS[tries % 200]
            assert await logged_in(vault, number) == known[number]
            tries += 1

    async def rotate() -> list[Reindexed]:
        done = [await rotated(start()) for _ in range(3)]
        ended.set()
        return done

    with patch.object(reindexing, "ROWS_AT_ONCE", 20):
        done, *_ = await asyncio.gather(
            rotate(), feed(one), feed(other), log_in(one), log_in(other), log_in(start())
        )
    assert [(each.version, each.destroyed) for each in done] == [(2, (1,)), (3, (2,)), (4, (3,))]
    assert tries > 80
    assert all(len(persons) == 1 for persons in fed.values())
    assert all(fed[number] == {person} for number, person in known.items() if number in fed)
    assert count(database, "identity.national_identifier") == 400
    assert count(database, "identity.national_identifier WHERE index_version <> 4") == 0
    assert stored_answers(database) == answers


async def test_while_both_versions_stand_either_finds_the_person(start: Start, database: str) -> None:
    running = start()
    persons = await worker(running).link(NUMBERS[:10])
    operator = start()
    assert await operator.peppers.begin(NOW) == 2
    assert await worker(running).link(NUMBERS[:12]) == [*persons, *await worker(start()).link(NUMBERS[10:12])]
    assert count(database, "identity.national_identifier WHERE index_version = 1") == 10
    assert count(database, "identity.national_identifier WHERE index_version = 2") == 2
    assert await operator.peppers.destroy_before(2, NOW) == ()
    # Whoever goes on with the interrupted rotation makes no third version.
    assert await rotated(start()) == Reindexed(2, 10, (1,))
    assert (await worker(running).link(NUMBERS[:12]))[:10] == persons


async def test_somebody_stored_while_the_rotation_began_is_not_stored_twice(
    start: Start, database: str
) -> None:
    one, other = start(), start()
    await worker(one).link(NUMBERS[:1])
    await rotated(start())
    await asyncio.gather(
        *(worker(vault).link(NUMBERS[1:60]) for vault in (one, other, start())), other.peppers.begin(NOW)
    )
    await rotated(start())
    assert count(database, "identity.national_identifier") == 60


async def test_a_new_version_waits_for_those_who_go_by_the_old_list(start: Start, database: str) -> None:
    running, operator = start(), start()
    await worker(running).link(NUMBERS[:1])
    begun: list[asyncio.Task[int]] = []

    async def look_up(_: AsyncConnection, index: BlindIndex) -> int:
        begun.append(asyncio.create_task(operator.peppers.begin(NOW)))
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(count, database, WAITING):
                assert not begun[0].done()
        return index.newest

    assert await running.peppers.within(NOW, look_up) == 1
    assert await begun[0] == 2


async def test_a_destroyed_pepper_is_nowhere_and_finds_nobody(start: Start, database: str) -> None:
    running = start()
    await worker(running).link(NUMBERS[:3])
    await rotated(start())
    await worker(running).link(NUMBERS[:3])
    assert list(running.peppers._secrets) == [2]
    assert count(database, "keys.pepper WHERE version = 1 AND wrapped = '' AND destroyed_at IS NOT NULL") == 1
    async with transaction(running.engine) as connection:
        status = await read_status(connection)
    assert status.peppers == (PepperStatus(1, "destroyed", 0), PepperStatus(2, "in use", 3))


async def test_a_pepper_is_wrapped_anew_with_every_epoch(start: Start, database: str) -> None:
    persons = await worker(start()).link(NUMBERS[:3])
    operator = start()
    for months in (1, 3):
        now = NOW + timedelta(days=31 * months)
        await rotate_epoch(operator.hierarchy, operator.engine, now)
    assert count(database, "keys.pepper p JOIN keys.epoch_key USING (epoch) WHERE closed_at IS NULL") == 1
    assert count(database, "keys.epoch_key WHERE destroyed_at IS NOT NULL") == 1
    assert await worker(start()).link(NUMBERS[:3]) == persons


async def test_an_entry_whose_identifier_does_not_open_keeps_the_old_pepper(
    start: Start, database: str
) -> None:
    persons = await worker(start()).link(NUMBERS[:2])
    as_owner(
        database,
        "UPDATE identity.national_identifier n SET sealed = other.sealed "
        "FROM identity.national_identifier other WHERE n.person_id <> other.person_id",
    )
    with pytest.raises(NotOpenedError):
        await rotated(start())
    assert count(database, "keys.pepper WHERE destroyed_at IS NULL") == 2
    assert await worker(start()).link(NUMBERS[:2]) == persons


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.sampled_from(NUMBERS))
def test_each_version_has_entries_of_its_own_and_the_newest_comes_first(
    first: bytes, second: bytes, number: str
) -> None:
    entries = BlindIndex({1: first, 2: second}).of(number)
    assert list(entries) == [2, 1]
    assert BlindIndex({1: first, 2: second}).newest_of(number) == entries[2]
    assert BlindIndex({1: first}).of(number) == {1: entries[1]}
    assert (entries[1] == entries[2]) == (first == second)
