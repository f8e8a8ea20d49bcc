"""The key service from the outside: over its socket where one is named, else in this very process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from surveys.database import Role
from surveys.identifiers import ExtractId, PersonId, ProjectId
from surveys.keys.callers import socket_path
from surveys.keys.errors import KeysUnavailableError
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
    raised,
    read_frame,
    write_frame,
)
from surveys.keys.in_process import InProcessKeys
from surveys.keys.messages import Audience, InboxKey, Keys, Login, OwnAct, PlainRow, Purpose, SealedRow
from surveys.keys.service import opened_vault
from surveys.settings import Settings

CONNECTIONS = 8
LONGEST_SECONDS = 60

Value = TypeVar("Value")
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_answer = msgspec.msgpack.Decoder(Answered | Refused)


@contextlib.asynccontextmanager
async def open_keys(settings: Settings, role: Role) -> AsyncIterator[Keys]:
    """The key service for a caller of this role.

    Raises:
        SettingsError, KeystoreError: it is to run in this process, and the key store does not open.
    """
    if settings.etterklang_keys_socket_folder:
        keys = SocketKeys(socket_path(settings, role))
        try:
            yield keys
        finally:
            keys.close()
        return
    async with opened_vault(settings) as vault:
        yield InProcessKeys(vault, role)


class SocketKeys:
    """The key service over its Unix socket; a few connections are kept, a lost one is made anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[Wire] = []
        self._room = asyncio.Semaphore(CONNECTIONS)

    def close(self) -> None:
        """Lets go of the kept connections."""
        while self._idle:
            self._idle.pop()[1].close()

    async def inbox_key(self) -> InboxKey:
        """See ``Keys``."""
        return await self._call(InboxKeyAsked(), InboxKey)

    async def receipt_key(self) -> bytes:
        """See ``Keys``."""
        return await self._call(ReceiptKeyAsked(), bytes)

    async def link(self, national_ids: Sequence[str]) -> list[PersonId | None]:
        """See ``Keys``."""
        return await self._call(LinkAsked(tuple(national_ids)), list[PersonId | None])

    async def login(self, audience: Audience, id_token: str, nonce: str) -> Login:
        """See ``Keys``."""
        return await self._call(LoginAsked(audience, id_token, nonce), Login)

    async def seal(self, rows: Sequence[PlainRow]) -> list[bytes]:
        """See ``Keys``."""
        return await self._call(SealAsked(tuple(rows)), list[bytes])

    async def open(
        self,
        purpose: Purpose,
        rows: Sequence[SealedRow],
        grant: bytes = b"",
        extract_id: ExtractId | None = None,
    ) -> list[bytes]:
        """See ``Keys``."""
        return await self._call(OpenAsked(purpose, tuple(rows), grant, extract_id), list[bytes])

    async def fingerprints(self, values: Sequence[bytes]) -> list[bytes]:
        """See ``Keys``."""
        return await self._call(FingerprintsAsked(tuple(values)), list[bytes])

    async def pseudonyms(self, project_id: ProjectId, person_ids: Sequence[PersonId]) -> list[str]:
        """See ``Keys``."""
        return await self._call(PseudonymsAsked(project_id, tuple(person_ids)), list[str])

    async def checkpoint(self, size: int, root: bytes) -> str:
        """See ``Keys``."""
        return await self._call(CheckpointAsked(size, root), str)

    async def checkpoint_key(self) -> str:
        """See ``Keys``."""
        return await self._call(CheckpointKeyAsked(), str)

    async def act(self, act: OwnAct, grant: bytes) -> None:
        """See ``Keys``."""
        await self._call(ActAsked(act, grant), type(None))

    async def _call(self, asked: Asked, gives: type[Value]) -> Value:
        frame = encode(asked)
        try:
            async with asyncio.timeout(LONGEST_SECONDS), self._room:
                answer = _answer.decode(await self._exchange(frame))
        except TimeoutError as error:
            raise KeysUnavailableError from error
        if isinstance(answer, Refused):
            raise raised(answer)
        return msgspec.msgpack.decode(answer.value, type=gives)

    async def _exchange(self, frame: bytes) -> bytes:
        while self._idle:
            wire = self._idle.pop()
            # A kept connection may have been lost meanwhile: every call may be made twice without harm.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                return await self._over(wire, frame)
            wire[1].close()
        try:
            return await self._over(await asyncio.open_unix_connection(self._path), frame)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise KeysUnavailableError from error

    async def _over(self, wire: Wire, frame: bytes) -> bytes:
        try:
            await write_frame(wire[1], frame)
            answer = await read_frame(wire[0])
        except BaseException:
            wire[1].close()
            raise
        self._idle.append(wire)
        return answer
