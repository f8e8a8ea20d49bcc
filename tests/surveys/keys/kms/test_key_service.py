"""The whole key service on each kind of key store: sealed, rotated, opened, erased, signed."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from surveys.audit.checkpoints import read_key, read_note
from surveys.database import Role, make_engine, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys import Binding, NotOpenedError, PlainRow, Purpose, SealedRow, seal_to_inbox
from surveys.keys.erasure import erase
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.addresses import Pkcs11Store, read_store
from surveys.keys.kms.hsm import HsmKms
from surveys.keys.rotation import rotate_epoch
from surveys.keys.service import opened_vault
from surveys.keys.status import read_status
from surveys.settings import Settings
from tests.builders.answering import EngineAs
from tests.builders.key_stores import AwsGround, KeyStore, TransitGround, in_processes
from tests.builders.keys import synthetic_numbers

NOVEMBER = datetime(2026, 11, 23, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
MACHINES = 4
NO_DATABASE = create_async_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")


@pytest.mark.parametrize("store", ["transit", "aws", "hsm"], indirect=True)  # the file: test_rotation.py
async def test_what_was_sealed_opens_after_a_rotation_and_erasure_closes_it(
    store: KeyStore, engine_as: EngineAs
) -> None:
    def started() -> Vault:
        return Vault(Settings(etterklang_mode="development"), engine_as(Role.KEYS), store.open())

    def keys(role: Role, now: datetime) -> InProcessKeys:
        return InProcessKeys(started(), role, lambda: now)

    persons = [PersonId(new_id()) for _ in range(2)]
    plain = [
        PlainRow(Binding("answering.score", new_id(), one, new_id(), "v1"), b"scores") for one in persons
    ]
    worker = keys(Role.WORKER, NOVEMBER)
    stored = [SealedRow(row.binding, one) for row, one in zip(plain, await worker.seal(plain), strict=True)]
    place = Binding("answering.inbox", new_id(), persons[0], new_id())
    sealed = seal_to_inbox(await keys(Role.WEB, NOVEMBER).inbox_key(), b"answers", place)
    linked = await worker.link(synthetic_numbers(2))

    one = started()
    rotated = await rotate_epoch(one.hierarchy, one.engine, DECEMBER, timedelta(0))
    assert (rotated.epoch, rotated.destroyed) == (20261200, (20261100,))
    with pytest.raises(NotOpenedError):
        store.open().epoch_key(20261100)

    later = keys(Role.WORKER, DECEMBER)
    assert await later.open(Purpose.COMPARE, stored) == [b"scores", b"scores"]
    assert await later.open(Purpose.INGEST, [SealedRow(place, sealed)]) == [b"answers"]
    assert await later.link(synthetic_numbers(2)) == linked
    assert await keys(Role.WEB, DECEMBER).receipt_key() == await keys(Role.WEB, NOVEMBER).receipt_key()
    note, key = await later.checkpoint(3, b"r" * 32), await keys(Role.WORKER, NOVEMBER).checkpoint_key()
    assert read_note(note.encode(), read_key(key)).size == 3

    for actor in ("ada", "grace"):
        async with transaction(started().engine) as connection:
            await erase(connection, persons[0], actor, DECEMBER)
    with pytest.raises(NotOpenedError):
        await keys(Role.WORKER, DECEMBER).open(Purpose.COMPARE, stored[:1])
    assert await keys(Role.WORKER, DECEMBER).open(Purpose.COMPARE, stored[1:]) == [b"scores"]


async def test_the_settings_alone_open_it(store: KeyStore, engine_as: EngineAs, database: str) -> None:
    settings = Settings(
        etterklang_mode="development",
        database_url=database,
        etterklang_key_store=store.address,
        etterklang_key_store_secret_file=str(store.secret_file),
    )
    async with opened_vault(settings) as vault:
        assert vault.receipt_key == store.open().mac(b"", "receipts")
        async with transaction(vault.engine) as connection:
            assert (await read_status(connection)).epochs == ()


def test_key_services_of_several_machines_open_the_same_epoch_at_once(
    hsm: KeyStore, database: str, tmp_path: Path
) -> None:
    """Each has a PIN's file of its own, at which none of the others waits."""
    store = read_store(hsm.address)
    assert isinstance(store, Pkcs11Store)

    together = get_context("fork").Barrier(MACHINES)

    def opened(number: int) -> bytes:
        pin_file = tmp_path / f"pin-{number}"
        pin_file.write_bytes(hsm.secret_file.read_bytes())
        settings = Settings(etterklang_mode="development")

        async def opening() -> bytes:
            vault = Vault(settings, make_engine(database, Role.KEYS), HsmKms(store, pin_file))
            async with transaction(vault.engine) as connection:
                assert await connection.scalar(text("SELECT 1")) == 1
            together.wait(30)
            return await vault.hierarchy.epochs.secret(await vault.hierarchy.epochs.current(NOVEMBER))

        return asyncio.run(opening())

    secrets = in_processes([partial(opened, number) for number in range(MACHINES)])
    assert set(secrets) == {hsm.open().epoch_key(20261100)}


@pytest.mark.parametrize("kind", ["transit", "aws"])
def test_a_start_asks_five_times_and_an_epoch_three(kind: str, request: pytest.FixtureRequest) -> None:
    ground: TransitGround | AwsGround = request.getfixturevalue(kind)
    ground.kms().set_up()
    ground.kms().make_epoch(20261100)
    ground.http.asked.clear()
    kms = ground.kms()
    kms.check()
    Vault(Settings(etterklang_mode="development"), NO_DATABASE, kms)
    assert len(ground.http.asked) == 5
    kms.epoch_key(20261100)
    assert len(ground.http.asked) == 8
