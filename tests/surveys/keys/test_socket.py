"""The key service in a process of its own answers over its sockets as it does in process."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from surveys import clock
from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import (
    Audience,
    Binding,
    FreshLoginNeededError,
    KeysUnavailableError,
    NotAllowedError,
    NotOpenedError,
    OwnAct,
    PlainRow,
    Purpose,
    SealedRow,
    TooLongError,
    create_keystore,
    open_keys,
    seal_to_inbox,
)
from surveys.keys.callers import caller_of
from surveys.keys.frames import LENGTH, LONGEST_FRAME, Answered, InboxKeyAsked, Refused, encode
from surveys.keys.grants import make_grant
from surveys.keys.kms import passphrase
from surveys.keys.service import opened_vault
from surveys.settings import Settings, SettingsError
from tests.builders.answering import count

# What `etterklang keys serve` does, without reading the libraries of the other commands.
SERVE = """
import asyncio
from surveys.keys import run_key_service
from surveys.settings import load_settings
asyncio.run(run_key_service(load_settings()))
"""


@pytest.fixture
def settings(database: str) -> Iterator[Settings]:
    # A Unix socket's path may have 107 characters, which pytest's own folders can exceed.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "passphrase").write_bytes(b"a passphrase for tests")
        # The file says at which costs it opens; a test has no thief to slow down.
        with patch.multiple(passphrase, MEMORY_KIB=64, ITERATIONS=1, LANES=1):
            create_keystore(folder / "keystore", b"a passphrase for tests")
        yield Settings(
            etterklang_mode="development",
            database_url=database,
            etterklang_key_store=f"file:{folder / 'keystore'}",
            etterklang_key_store_secret_file=str(folder / "passphrase"),
            etterklang_keys_socket_folder=str(folder),
        )


@contextmanager
def started(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A key service that has said that it is ready; killed at the end of the block."""
    values = msgspec.to_builtins(settings)
    environment = {name.upper(): str(value) for name, value in values.items() if value}
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert any(b"key-service-ready" in line for line in process.stdout)
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def service(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    with started(settings) as process:
        yield process


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


async def test_what_a_patient_asks_for_themselves_crosses_the_socket(
    settings: Settings, service: subprocess.Popen[bytes], database: str
) -> None:
    async with opened_vault(settings) as vault, open_keys(settings, Role.WEB) as web:
        now, person = clock.now(), PersonId(new_id())
        end = now + timedelta(hours=1)
        fresh, old = (
            make_grant(vault.grant_key, Audience.PATIENT, person, (), end, at)
            for at in (now, now - timedelta(minutes=5))
        )
        for act in OwnAct:
            await web.act(act, fresh)
            with pytest.raises(FreshLoginNeededError):
                await web.act(act, old)
            with pytest.raises(NotAllowedError):
                await web.act(act, b"none")
    for table in ("own.reading", "registry.reservation_fact", "keys.erasure"):
        assert count(database, table) == 1


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
        with started(settings):
            assert await worker.open(Purpose.COMPARE, [SealedRow(binding, sealed)]) == [b"scores"]


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


async def test_who_is_not_the_roles_account_is_turned_away(settings: Settings) -> None:
    changed = msgspec.structs.replace(settings, etterklang_keys_callers=f"worker={os.getuid() + 1}")
    with started(changed):
        async with open_keys(changed, Role.WORKER) as worker:
            with pytest.raises(KeysUnavailableError):
                await worker.inbox_key()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can call as somebody else")
async def test_the_roles_own_account_is_let_in_though_it_is_not_the_services(settings: Settings) -> None:
    changed = msgspec.structs.replace(settings, etterklang_keys_callers="worker=65534")
    folder = Path(changed.etterklang_keys_socket_folder)
    folder.chmod(0o711)
    with started(changed):
        answer = ask_as(65534, folder / "worker.sock", encode(InboxKeyAsked()))
        assert isinstance(msgspec.msgpack.decode(answer, type=Answered | Refused), Answered)
        with pytest.raises(PermissionError):
            ask_as(65534, folder / "web.sock", encode(InboxKeyAsked()))


async def test_a_second_service_takes_over_and_the_end_of_the_first_does_no_harm(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    first = sockets_in(settings)
    with started(settings):
        assert not first & sockets_in(settings)
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0
        async with open_keys(settings, Role.WEB) as web:
            assert await web.inbox_key()


async def test_a_call_that_is_none_is_refused_and_the_service_goes_on(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    place = Path(settings.etterklang_keys_socket_folder) / "web.sock"
    for frame in (b"", b"\xc1", b"\x81\xa4type\xa4Nope", b"\xff" * 100):
        answer = msgspec.msgpack.decode(ask_as(os.getuid(), place, frame), type=Answered | Refused)
        assert answer == Refused("NotAllowedError", "a malformed call")
    reader, writer = await asyncio.open_unix_connection(place)
    writer.write(LENGTH.pack(LONGEST_FRAME + 1))
    assert await reader.read() == b""
    writer.close()
    async with open_keys(settings, Role.WEB) as web, open_keys(settings, Role.WORKER) as worker:
        with pytest.raises(TooLongError):
            await worker.link(["x" * LONGEST_FRAME])
        assert await web.inbox_key()


async def test_hostile_callers_get_nothing_and_hold_nobody_up(
    settings: Settings, service: subprocess.Popen[bytes]
) -> None:
    place = Path(settings.etterklang_keys_socket_folder) / "worker.sock"
    before = memory_of(service)
    waiting: list[asyncio.StreamWriter] = []
    refused = 0
    async with open_keys(settings, Role.WORKER) as worker:
        # Lengths that lie: of a gigabyte, of the most, of one byte more than comes; and half a length.
        lies = (1 << 30, LONGEST_FRAME + 1, 0xFFFFFFFF, LONGEST_FRAME, 2)
        for start in [*(LENGTH.pack(length) + b"x" for length in lies), b"\0\0"] * 100:
            reader, writer = await asyncio.open_unix_connection(place)
            waiting.append(writer)
            writer.write(start)
            if int.from_bytes(start[:4]) > LONGEST_FRAME:
                assert await reader.read() == b""
                refused += 1
        # Fields that nobody knows, in a call that is one otherwise; and another's answer in place of a call.
        for frame in (b"\x82\xa4type\xadInboxKeyAsked\xa1x\x01", encode(Refused("NotAllowedError", ""))):
            said = msgspec.msgpack.decode(
                await asyncio.to_thread(ask_as, os.getuid(), place, frame), type=Answered | Refused
            )
            assert said == Refused("NotAllowedError", "a malformed call")
        # While they all hang on, halfway through their frames, somebody honest is answered.
        assert await worker.inbox_key()
        assert (len(waiting), refused) == (600, 300)
        for writer in waiting[3::6]:
            writer.write_eof()
        assert await worker.inbox_key()
        assert memory_of(service) - before < 64 * 1024 * 1024
        for writer in waiting:
            writer.close()
        assert await worker.inbox_key()


@pytest.mark.parametrize("callers", ["web", "web=", "keys=1", "everyone=1", "web=nobody-has-this-name"])
def test_a_caller_that_cannot_be_is_refused_at_the_start(callers: str) -> None:
    with pytest.raises(SettingsError, match="ETTERKLANG_KEYS_CALLERS"):
        caller_of(Settings(etterklang_keys_callers=callers), Role.WEB)


def memory_of(service: subprocess.Popen[bytes]) -> int:
    """The bytes of memory that the process holds."""
    pages = int(Path(f"/proc/{service.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def sockets_in(settings: Settings) -> set[int]:
    """The inodes of the sockets that stand there now."""
    return {one.stat().st_ino for one in Path(settings.etterklang_keys_socket_folder).glob("*.sock")}


def ask_as(uid: int, place: Path, frame: bytes) -> bytes:
    """The answer to a frame that this account sends: the kernel notes who connects."""
    with socket.socket(socket.AF_UNIX) as connection:
        own = os.geteuid()
        os.seteuid(uid)
        try:
            connection.connect(str(place))
        finally:
            os.seteuid(own)
        connection.sendall(LENGTH.pack(len(frame)) + frame)
        with connection.makefile("rb") as answer:
            (length,) = LENGTH.unpack(answer.read(LENGTH.size))
            return answer.read(length)
