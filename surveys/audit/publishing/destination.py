"""What every destination gets, and what it must do with it."""

from typing import NamedTuple, Protocol

import msgspec

from surveys.audit.batches import Batch
from surveys.audit.errors import AuditError

LATEST = "latest"


class PublicationError(AuditError):
    """A destination did not take a checkpoint; it is tried again later."""


class Publication(NamedTuple):
    """One checkpoint: its signed note, and the batch of leaves that it adds."""

    size: int
    root: bytes
    note: str
    batch: Batch

    def files(self) -> dict[str, bytes]:
        """The files of an archive in the order in which they are written; the note comes after its leaves."""
        return {
            f"{self.size}.batch": msgspec.msgpack.encode(self.batch),
            f"{self.size}.checkpoint": self.note.encode(),
        }


class Destination(Protocol):
    """A place that checkpoints are published to, in order, each until it has been taken."""

    name: str
    """What it is called in logs and tables: no secret is in it."""

    async def put(self, publication: Publication) -> None:
        """Stores or sends it; the same again does no harm.

        Raises:
            PublicationError, OSError: it was not taken.
        """
        ...
