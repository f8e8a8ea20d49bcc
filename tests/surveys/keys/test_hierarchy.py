"""Keys are made once, by whichever service comes first, and open nothing but their own."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import (
    Binding,
    Keys,
    NotAllowedError,
    NotOpenedError,
    PlainRow,
    Purpose,
    SealedRow,
    seal_to_inbox,
)
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import PassphraseKms
from surveys.settings import Settings
from tests.builders.answering import as_owner, count
from tests.builders.keys import synthetic_numbers

NOVEMBER = datetime(2026, 11, 23, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
SETTINGS = Settings(etterklang_mode="development")

EngineAs = Callable[[Role], AsyncEngine]
Start = Callable[[datetime], Callable[[Role], Keys]]


@pytest.fixture
def start(engine_as: EngineAs) -> Start:
    """Starts one more key service on the same root key; it has opened no key yet."""
    kms = PassphraseKms(os.urandom(32))

    def started(now: datetime) -> Callable[[Role], Keys]:
        vault = Vault(SETTINGS, engine_as(Role.KEYS), kms)
        return lambda role: InProcessKeys(vault, role, lambda: now)

    return started


def rows(number: int) -> list[PlainRow]:
    places = (Binding("answering.score", new_id(), PersonId(new_id()), new_id(), "v1") for _ in range(number))
    return [PlainRow(place, f"scores {n}".encode()) for n, place in enumerate(places)]


async def sealed(keys: Keys, plain: list[PlainRow]) -> list[SealedRow]:
    return [SealedRow(row.binding, one) for row, one in zip(plain, await keys.seal(plain), strict=True)]


async def opened(keys: Keys, stored: list[SealedRow]) -> list[bytes]:
    return await keys.open(Purpose.COMPARE, stored)


async def test_services_that_begin_at_once_have_one_inbox_key(start: Start, database: str) -> None:
    keys = await asyncio.gather(*(start(NOVEMBER)(Role.WEB).inbox_key() for _ in range(8)))
    assert len({key.public_key for key in keys}) == 1
    assert count(database, "keys.inbox_key") == 1


async def test_services_that_seal_for_the_same_people_at_once_open_each_others(
    start: Start, database: str
) -> None:
    plain = rows(200)
    one, other = start(NOVEMBER)(Role.WORKER), start(NOVEMBER)(Role.WORKER)
    first, second = await asyncio.gather(sealed(one, plain), sealed(other, plain[::-1]))
    assert await opened(other, first) == [row.plaintext for row in plain]
    assert await opened(one, second) == [row.plaintext for row in plain[::-1]]
    assert count(database, "keys.person_key") == 200
    assert count(database, "keys.epoch_key") == 1


async def test_a_thousand_people_are_linked_in_one_call(start: Start, database: str) -> None:
    numbers = synthetic_numbers(1000)
    one, other = start(NOVEMBER)(Role.WORKER), start(NOVEMBER)(Role.WORKER)
    assert await one.link(numbers) == await other.link(numbers)
    assert count(database, "identity.national_identifier") == 1000
    assert count(database, "audit.audit_entry WHERE entry LIKE '%identifiers-linked%'") == 2


async def test_what_was_sealed_last_month_opens_and_new_people_get_this_months_epoch(
    start: Start, database: str
) -> None:
    plain = rows(2)
    old = await sealed(start(NOVEMBER)(Role.WORKER), plain[:1])
    december = start(DECEMBER)(Role.WORKER)
    new = await sealed(december, plain[1:])
    assert await opened(december, old + new) == [row.plaintext for row in plain]
    assert count(database, "keys.person_key WHERE epoch = 20261100") == 1
    assert count(database, "keys.person_key WHERE epoch = 20261200") == 1


async def test_a_retired_inbox_key_opens_what_it_sealed_and_seals_nothing_more(
    start: Start, database: str
) -> None:
    web = start(NOVEMBER)(Role.WEB)
    old = await web.inbox_key()
    place = Binding("answering.inbox", new_id(), PersonId(new_id()), new_id())
    sent = SealedRow(place, seal_to_inbox(old, b"answers", place))
    as_owner(database, "UPDATE keys.inbox_key SET retired_at = now()")
    as_owner(
        database,
        "INSERT INTO keys.inbox_key (key_id, epoch, wrapped, created_at) "
        "SELECT 2, epoch, wrapped, now() FROM keys.inbox_key",
    )
    assert await start(DECEMBER)(Role.WORKER).open(Purpose.INGEST, [sent]) == [b"answers"]
    # A wrapped key belongs to its number: what somebody copied is no key.
    with pytest.raises(NotOpenedError):
        await start(DECEMBER)(Role.WEB).inbox_key()


async def test_an_inbox_key_that_nobody_made_opens_nothing(start: Start) -> None:
    key = await start(NOVEMBER)(Role.WEB).inbox_key()
    place = Binding("answering.inbox", new_id(), PersonId(new_id()), new_id())
    sent = SealedRow(place, seal_to_inbox(msgspec.structs.replace(key, key_id=7), b"answers", place))
    with pytest.raises(NotOpenedError):
        await start(NOVEMBER)(Role.WORKER).open(Purpose.INGEST, [sent])


async def test_a_person_whose_key_was_erased_is_neither_opened_nor_sealed_for(
    start: Start, database: str
) -> None:
    plain = rows(2)
    stored = await sealed(start(NOVEMBER)(Role.WORKER), plain)
    as_owner(
        database,
        "UPDATE keys.person_key SET erased_at = now(), wrapped = '' WHERE person_id = :person",
        person=plain[0].binding.person_id,
    )
    worker = start(NOVEMBER)(Role.WORKER)
    with pytest.raises(NotOpenedError):
        await opened(worker, stored)
    assert await opened(worker, stored[1:]) == [plain[1].plaintext]
    with pytest.raises(NotAllowedError, match="erased"):
        await worker.seal(plain)


async def test_somebody_who_was_never_sealed_for_opens_as_little_as_a_damaged_row(start: Start) -> None:
    worker = start(NOVEMBER)(Role.WORKER)
    (stored,) = await sealed(worker, rows(1))
    stranger = msgspec.structs.replace(stored.binding, person_id=PersonId(new_id()))
    with pytest.raises(NotOpenedError):
        await opened(worker, [SealedRow(stranger, stored.sealed)])


async def test_keys_that_changed_places_in_the_database_open_nothing(start: Start, database: str) -> None:
    plain = rows(2)
    stored = await sealed(start(NOVEMBER)(Role.WORKER), plain)
    as_owner(
        database,
        "UPDATE keys.person_key a SET wrapped = b.wrapped FROM keys.person_key b "
        "WHERE a.person_id <> b.person_id",
    )
    for one in stored:
        with pytest.raises(NotOpenedError):
            await opened(start(NOVEMBER)(Role.WORKER), [one])


async def test_the_keys_of_another_root_are_no_keys(start: Start, engine_as: EngineAs) -> None:
    stored = await sealed(start(NOVEMBER)(Role.WORKER), rows(1))
    other = InProcessKeys(Vault(SETTINGS, engine_as(Role.KEYS), PassphraseKms(os.urandom(32))), Role.WORKER)
    with pytest.raises(NotOpenedError):
        await opened(other, stored)


async def test_each_opening_is_an_entry_of_each_person_that_says_for_what_and_how_much(
    start: Start, database: str
) -> None:
    plain = rows(3)
    worker = start(NOVEMBER)(Role.WORKER)
    stored = await sealed(worker, plain)
    await opened(worker, stored)
    await opened(worker, stored[:1])
    with psycopg.connect(database) as connection:
        entries = [
            msgspec.json.decode(row[0])
            for row in connection.execute(
                "SELECT entry FROM audit.audit_entry ORDER BY recorded_at, sequence"
            )
        ]
    assert [(one["action"], one["about"]["count"], one["person_id"]) for one in entries] == [
        ("opened-for-compare", "1", str(row.binding.person_id)) for row in [*plain, plain[0]]
    ]
