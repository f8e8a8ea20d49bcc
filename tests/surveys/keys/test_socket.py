"""The key service in a process of its own answers over its sockets as it does in process."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import (
    Binding,
    KeysUnavailableError,
    NotAllowedError,
    NotOpenedError,
    PlainRow,
    Purpose,
    SealedRow,
    create_keystore,
    open_keys,
    seal_to_inbox,
)
from surveys.settings import Settings


@pytest.fixture
def settings(database: str) -> Iterator[Settings]:
    # A Unix socket's path may have 107 characters, which pytest's own folders can exceed.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "passphrase").write_bytes(b"a passphrase for tests")
        create_keystore(folder / "keystore", b"a passphrase for tests")
        yield Settings(
            etterklang_mode="development",
            database_url=database,
            etterklang_keystore=str(folder / "keystore"),
            etterklang_keystore_passphrase_file=str(folder / "passphrase"),
            etterklang_keys_socket_folder=str(folder),
        )


def start(settings: Settings) -> subprocess.Popen[bytes]:
    values = msgspec.to_builtins(settings)
    environment = {name.upper(): str(value) for name, value in values.items() if value}
    command = [Path(sys.executable).parent / "etterklang", "keys", "serve"]
    return subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[subprocess.Popen[bytes]]:
    process = start(settings)
    await until_it_answers(settings)
    yield process
    process.kill()
    process.wait()


async def until_it_answers(settings: Settings) -> None:
    async with asyncio.timeout(60), open_keys(settings, Role.WEB) as keys:
        while True:
            try:
                await keys.inbox_key()
            except KeysUnavailableError:
                await asyncio.sleep(0)
            else:
                return


async def test_values_and_refusals_cross_the_socket(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    binding = Binding("answering.inbox", new_id(), PersonId(new_id()), new_id(), "v")
    async with open_keys(settings, Role.WEB) as web, open_keys(settings, Role.WORKER) as worker:
        sealed = SealedRow(binding, seal_to_inbox(await web.inbox_key(), b"answers", binding))
        assert await worker.open(Purpose.INGEST, [sealed]) == [b"answers"]
        with pytest.raises(NotAllowedError):
            await web.open(Purpose.INGEST, [sealed])
        moved = SealedRow(msgspec.structs.replace(binding, row_id=new_id()), sealed.sealed)
        with pytest.raises(NotOpenedError):
            await worker.open(Purpose.INGEST, [moved])


async def test_many_callers_at_once_each_get_their_own_answer(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    async with open_keys(settings, Role.WORKER) as worker:

        async def there_and_back(n: int) -> bool:
            binding = Binding("answering.score", new_id(), PersonId(new_id()), new_id())
            content = f"scores {n}".encode()
            (sealed,) = await worker.seal([PlainRow(binding, content)])
            return await worker.open(Purpose.COMPARE, [SealedRow(binding, sealed)]) == [content]

        assert all(await asyncio.gather(*(there_and_back(n) for n in range(50))))


async def test_a_service_that_was_killed_is_found_again_with_the_same_keys(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    binding = Binding("answering.score", new_id(), PersonId(new_id()), new_id())
    async with open_keys(settings, Role.WORKER) as worker:
        (sealed,) = await worker.seal([PlainRow(binding, b"scores")])
        service.kill()
        service.wait()
        with pytest.raises(KeysUnavailableError):
            await worker.open(Purpose.COMPARE, [SealedRow(binding, sealed)])
        again = start(settings)
        try:
            await until_it_answers(settings)
            assert await worker.open(Purpose.COMPARE, [SealedRow(binding, sealed)]) == [b"scores"]
        finally:
            again.kill()
            again.wait()


async def test_only_the_owner_may_use_the_sockets_and_a_clean_stop_removes_them(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    folder = Path(settings.etterklang_keys_socket_folder)
    sockets = sorted(folder.glob("*.sock"))
    assert [one.name for one in sockets] == ["research.sock", "web.sock", "worker.sock"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in sockets} == {0o600}
    service.send_signal(signal.SIGTERM)
    assert service.wait(20) == 0
    assert list(folder.glob("*.sock")) == []
