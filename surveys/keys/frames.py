"""What goes over the key service's socket: a length, then a msgpack struct; answers in the same way."""

import asyncio
import struct
from typing import Any

import msgspec

from surveys.identifiers import ExtractId, PersonId, ProjectId
from surveys.keys.errors import (
    FreshLoginNeededError,
    KeysError,
    KeysUnavailableError,
    LoginRefusedError,
    NotAllowedError,
    NotOpenedError,
    QuotaExceededError,
    TooLongError,
)
from surveys.keys.messages import Audience, OwnAct, PlainRow, Purpose, SealedRow

LENGTH = struct.Struct(">I")
LONGEST_FRAME = 64 * 1024 * 1024


class InboxKeyAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for the inbox key."""


class ReceiptKeyAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for the receipt key."""


class LinkAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks whose the national identifiers are."""

    national_ids: tuple[str, ...]


class LoginAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks who logged in."""

    audience: Audience
    id_token: str
    nonce: str


class SealAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks to seal rows."""

    rows: tuple[PlainRow, ...]


class OpenAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks to open rows."""

    purpose: Purpose
    rows: tuple[SealedRow, ...]
    grant: bytes
    extract_id: ExtractId | None = None


class FingerprintsAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for keyed hashes."""

    values: tuple[bytes, ...]


class PseudonymsAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for a project's pseudonyms."""

    project_id: ProjectId
    person_ids: tuple[PersonId, ...]


class CheckpointAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for a signed checkpoint."""

    size: int
    root: bytes


class CheckpointKeyAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for the key that checks checkpoints."""


class ActAsked(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Asks for what a patient who has just logged in may ask for themselves."""

    act: OwnAct
    grant: bytes


Asked = (
    InboxKeyAsked | ReceiptKeyAsked | LinkAsked | LoginAsked
    | SealAsked | OpenAsked | FingerprintsAsked | PseudonymsAsked | CheckpointAsked | CheckpointKeyAsked
    | ActAsked
)  # fmt: skip


class Refused(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The call raised: which of our errors, and its one field."""

    error: str
    detail: str


class Answered(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The call's value, as msgpack of the type that its method gives."""

    value: msgspec.Raw


def refusal(error: KeysError) -> Refused:
    """An error as it crosses the socket."""
    detail = next(iter(vars(error).values()), "")
    return Refused(type(error).__name__, str(detail))


def raised(refused: Refused) -> KeysError:  # noqa: PLR0911 - one line an error
    """The error that crossed the socket."""
    match refused.error:
        case "NotOpenedError":
            return NotOpenedError()
        case "NotAllowedError":
            return NotAllowedError(refused.detail)
        case "FreshLoginNeededError":
            return FreshLoginNeededError()
        case "LoginRefusedError":
            return LoginRefusedError(refused.detail)
        case "QuotaExceededError":
            return QuotaExceededError(refused.detail)
        case "TooLongError":
            return TooLongError(int(refused.detail))
        case _:
            return KeysUnavailableError()


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame.

    Raises:
        asyncio.IncompleteReadError: the other side has gone.
        ValueError: it is longer than any honest frame.
    """
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    if length > LONGEST_FRAME:
        raise ValueError("the frame is too long")
    return await reader.readexactly(length)


async def write_frame(writer: asyncio.StreamWriter, content: bytes) -> None:
    """Sends one frame."""
    writer.write(LENGTH.pack(len(content)) + content)
    await writer.drain()


def encode(value: Any) -> bytes:
    """A struct or a method's value as msgpack.

    Raises:
        TooLongError: it does not go into one frame; the caller must ask for less at once.
    """
    content = msgspec.msgpack.encode(value)
    if len(content) > LONGEST_FRAME:
        raise TooLongError(LONGEST_FRAME)
    return content
