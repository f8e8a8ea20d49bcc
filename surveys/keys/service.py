"""The key service as its own process: one Unix socket a role, for the account that may be this role."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import msgspec
import structlog

from surveys import clock
from surveys.database import Role, check_role, make_engine
from surveys.keys.callers import caller_of, calls_as, listen, socket_path
from surveys.keys.errors import KeysError, KeystoreError, NotAllowedError
from surveys.keys.frames import (
    ActAsked,
    Answered,
    Asked,
    CheckpointAsked,
    CheckpointKeyAsked,
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
from surveys.keys.kms.stores import open_key_store
from surveys.logs import configure_logs
from surveys.settings import Settings, SettingsError

SERVED_ROLES = (Role.WEB, Role.WORKER, Role.RESEARCH)

log = structlog.get_logger()
_asked = msgspec.msgpack.Decoder(Asked)


@contextlib.asynccontextmanager
async def opened_vault(settings: Settings) -> AsyncIterator[Vault]:
    """The key store opened and the database reached as the role ``etterklang_keys``.

    Raises:
        SettingsError: no key store is named, or not as it must be.
        KeystoreError: it does not open.
        WrongRoleError: the database says that we are somebody else.
    """
    kms = await asyncio.to_thread(open_key_store, settings)
    engine = make_engine(settings.database_address(Role.KEYS), Role.KEYS)
    try:
        await check_role(engine, Role.KEYS)
        vault = await asyncio.to_thread(Vault, settings, engine, kms)
        yield vault
        await vault.refusals.close(clock.now())
    finally:
        await engine.dispose()


async def run_key_service(settings: Settings) -> None:
    """Serves every role until cancelled or told to end by SIGTERM or SIGINT.

    Raises:
        SettingsError: no socket folder is named, or the callers' accounts cannot be read.
        KeystoreError, WrongRoleError: see ``opened_vault``.
    """
    if not settings.etterklang_keys_socket_folder:
        raise SettingsError("ETTERKLANG_KEYS_SOCKET_FOLDER must be set")
    configure_logs(settings.etterklang_log_level)
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, ending.set)
    async with opened_vault(settings) as vault, contextlib.AsyncExitStack() as servers:
        for role in SERVED_ROLES:
            await servers.enter_async_context(_served(vault, role))
        log.info("key-service-ready")
        await ending.wait()
    log.info("key-service-ended")


@contextlib.asynccontextmanager
async def _served(vault: Vault, role: Role) -> AsyncIterator[None]:
    caller = caller_of(vault.settings, role)
    path = socket_path(vault.settings, role)
    place = listen(path, caller)
    made = path.stat().st_ino
    server = await asyncio.start_unix_server(
        _Connections(InProcessKeys(vault, role), role, caller).serve, sock=place
    )
    try:
        yield
    finally:
        server.close()
        # The next service may have put its own socket there already.
        if path.exists() and path.stat().st_ino == made:
            path.unlink()


class _Connections:
    """Answers the frames of callers of one role, one frame after another."""

    def __init__(self, keys: InProcessKeys, role: Role, caller: int) -> None:
        self._keys = keys
        self._role = role
        self._caller = caller

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until its caller goes."""
        try:
            if not calls_as(writer.get_extra_info("socket"), self._caller):
                await self._keys.refused("connecting", NotAllowedError("another account"))
                return
            while True:
                await write_frame(writer, await self._answer(await read_frame(reader)))
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            return
        finally:
            writer.close()

    async def _answer(self, frame: bytes) -> bytes:
        try:
            value = await self._call(_asked.decode(frame))
            return encode(Answered(msgspec.Raw(encode(value))))
        except KeystoreError as error:
            # For the operator, who reads here what to do; the caller learns that the service does not answer.
            log.error("key-store-failed", error=type(error).__name__, said=str(error))  # noqa: TRY400 - no trace
            return encode(refusal(error))
        except KeysError as error:
            return encode(refusal(error))
        except msgspec.DecodeError:
            malformed = NotAllowedError("a malformed call")
            await self._keys.refused("malformed", malformed)
            return encode(refusal(malformed))
        except Exception as error:
            log.error("key-service-call-failed", role=self._role.value, error=type(error).__name__)  # noqa: TRY400 - no message, no trace
            return encode(Refused("KeysUnavailableError", ""))

    async def _call(self, asked: Asked) -> object:  # noqa: C901, PLR0911 - one line a method
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
            case OpenAsked(purpose, rows, grant, extract_id):
                return await self._keys.open(purpose, rows, grant, extract_id)
            case ActAsked(act, grant):
                await self._keys.act(act, grant)
                return None
            case FingerprintsAsked(values):
                return await self._keys.fingerprints(values)
            case PseudonymsAsked(project_id, person_ids):
                return await self._keys.pseudonyms(project_id, person_ids)
            case CheckpointAsked(size, root):
                return await self._keys.checkpoint(size, root)
            case CheckpointKeyAsked():
                return await self._keys.checkpoint_key()
