"""The key service as its own process: one Unix socket a role, whose file permissions say who may be which."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import structlog

from surveys.database import Role, check_role, make_engine
from surveys.keys.errors import KeysError, KeystoreError
from surveys.keys.frames import (
    Answered,
    Asked,
    FingerprintsAsked,
    InboxKeyAsked,
    LinkAsked,
    LoginAsked,
    OpenAsked,
    PseudonymsAsked,
    ReceiptKeyAsked,
    Refused,
    SealAsked,
    encode,
    read_frame,
    refusal,
    write_frame,
)
from surveys.keys.in_process import InProcessKeys, Vault
from surveys.keys.kms.passphrase import PassphraseKms, open_keystore
from surveys.logs import configure_logs
from surveys.settings import Settings

SERVED_ROLES = (Role.WEB, Role.WORKER, Role.RESEARCH)

log = structlog.get_logger()
_asked = msgspec.msgpack.Decoder(Asked)


def socket_path(settings: Settings, role: Role) -> Path:
    """Where callers of this role find the service."""
    return Path(settings.etterklang_keys_socket_folder) / f"{role.name.lower()}.sock"


@contextlib.asynccontextmanager
async def opened_vault(settings: Settings) -> AsyncIterator[Vault]:
    """The keystore opened and the database reached as the role ``etterklang_keys``.

    Raises:
        KeystoreError: no keystore is named, or it does not open.
        WrongRoleError: the database says that we are somebody else.
    """
    if not settings.etterklang_keystore or not settings.etterklang_keystore_passphrase_file:
        raise KeystoreError("ETTERKLANG_KEYSTORE and ETTERKLANG_KEYSTORE_PASSPHRASE_FILE must be set")
    kms = await asyncio.to_thread(_opened, settings)
    engine = make_engine(settings.database_address(Role.KEYS), Role.KEYS)
    try:
        await check_role(engine, Role.KEYS)
        yield Vault(settings, engine, kms)
    finally:
        await engine.dispose()


def _opened(settings: Settings) -> PassphraseKms:
    passphrase = Path(settings.etterklang_keystore_passphrase_file).read_bytes().strip()
    return open_keystore(Path(settings.etterklang_keystore), passphrase)


async def run_key_service(settings: Settings) -> None:
    """Serves every role until cancelled or told to end by SIGTERM or SIGINT."""
    configure_logs(settings.etterklang_log_level)
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (2, 15):
        loop.add_signal_handler(signal_number, ending.set)
    async with opened_vault(settings) as vault, contextlib.AsyncExitStack() as servers:
        for role in SERVED_ROLES:
            await servers.enter_async_context(_served(vault, socket_path(settings, role), role))
        log.info("key-service-ready")
        await ending.wait()
    log.info("key-service-ended")


@contextlib.asynccontextmanager
async def _served(vault: Vault, path: Path, role: Role) -> AsyncIterator[None]:
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(_Connection(InProcessKeys(vault, role)).serve, path)
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


class _Connection:
    """Answers the frames of callers of one role, one frame after another."""

    def __init__(self, keys: InProcessKeys) -> None:
        self._keys = keys

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until its caller goes."""
        try:
            if _peer_uid(writer) != os.getuid():
                return
            while True:
                await write_frame(writer, encode(await self._answer(await read_frame(reader))))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            return
        finally:
            writer.close()

    async def _answer(self, frame: bytes) -> Answered | Refused:
        try:
            value = await self._call(_asked.decode(frame))
            return Answered(msgspec.Raw(encode(value)))
        except KeysError as error:
            return refusal(error)
        except msgspec.DecodeError:
            return Refused("NotAllowedError", "a malformed call")
        except Exception as error:
            log.error("key-service-call-failed", error=type(error).__name__)  # noqa: TRY400 - no message, no trace
            return Refused("KeysUnavailableError", "")

    async def _call(self, asked: Asked) -> object:  # noqa: PLR0911 - one line a method
        match asked:
            case InboxKeyAsked():
                return await self._keys.inbox_key()
            case ReceiptKeyAsked():
                return await self._keys.receipt_key()
            case LinkAsked(national_ids):
                return await self._keys.link(national_ids)
            case LoginAsked(audience, id_token, nonce):
                return await self._keys.login(audience, id_token, nonce)
            case SealAsked(rows):
                return await self._keys.seal(rows)
            case OpenAsked(purpose, rows, grant):
                return await self._keys.open(purpose, rows, grant)
            case FingerprintsAsked(values):
                return await self._keys.fingerprints(values)
            case PseudonymsAsked(project_id, person_ids):
                return await self._keys.pseudonyms(project_id, person_ids)


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    connection = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return os.getuid()
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])
