"""What the rest of the house may ask of the key service, and what it answers."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from surveys.identifiers import ExtractId, PersonId, ProjectId

NO_PERSON = PersonId(UUID(int=0))
"""Stands in a binding for what belongs to nobody: documents, feed chunks, extract parts."""

NO_STUDY = UUID(int=0)


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a sealed value belongs. It is the associated data: moved anywhere else, the value does not open.

    ``version`` is the pinned document version (protocol or instrument), empty where there is none.
    """

    table: str
    row_id: UUID
    person_id: PersonId
    study_id: UUID
    version: str = ""
    row_version: int = 1


class PlainRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value to seal, and where it belongs."""

    binding: Binding
    plaintext: bytes


class SealedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed value as it stands in its row, and where it belongs."""

    binding: Binding
    sealed: bytes


class Purpose(StrEnum):
    """Why something is opened: ``permissions.py`` has its callers, tables and quota; each is audited."""

    INGEST = "ingest"
    COMPARE = "compare"
    EXTRACT = "extract"
    RESCORE = "rescore"
    OWN_DRAFT = "own-draft"
    OWN_HISTORY = "own-history"
    SIGNALS = "signals"
    DOCUMENTS = "documents"
    DOWNLOAD = "download"


class OwnAct(StrEnum):
    """What a patient who has just logged in may ask for themselves.

    ``read``: the web process may read what is held of them while their login is fresh. ``stop``: they are
    asked nothing more. ``erase``: they stop, and are the first of the two people whom an erasure takes.
    """

    READ = "read"
    STOP = "stop"
    ERASE = "erase"


class Audience(StrEnum):
    """Whose login it is."""

    PATIENT = "patient"
    STAFF = "staff"


class InboxKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public key that answers are sealed to: ML-KEM-768 (1,184 bytes) followed by X25519 (32 bytes)."""

    key_id: int
    public_key: bytes


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the key service made of an ID token that it verified by itself.

    ``person_id`` is a throw-away identifier for somebody whom no registry has fed, so that their session
    runs through the same code, bytes and time. ``grant`` opens this person's own rows until it expires.
    """

    person_id: PersonId
    subject: str
    roles: tuple[str, ...]
    grant: bytes


class Keys(Protocol):
    """The key service, in process or over its socket; every method raises the errors of ``surveys.keys``."""

    async def inbox_key(self) -> InboxKey:
        """The key that answers, drafts and feed chunks are sealed to now."""
        ...

    async def receipt_key(self) -> bytes:
        """32 bytes from which the web process derives receipt signatures and salts; for it alone."""
        ...

    async def link(self, national_ids: Sequence[str]) -> list[PersonId | None]:
        """The person of each national identifier, made on first sight, or nothing for what is none here."""
        ...

    async def login(self, audience: Audience, id_token: str, nonce: str) -> Login:
        """Verifies the provider's ID token (at most 5 minutes old) and says who it is."""
        ...

    async def seal(self, rows: Sequence[PlainRow]) -> list[bytes]:
        """Seals each row at rest under its person-and-study key, in order."""
        ...

    async def open(
        self,
        purpose: Purpose,
        rows: Sequence[SealedRow],
        grant: bytes = b"",
        extract_id: ExtractId | None = None,
    ) -> list[bytes]:
        """Opens each row for a purpose that the caller's role has, in order. All or none.

        ``extract_id`` is the extract that the rows are opened for, so that each person can be told of it.
        """
        ...

    async def fingerprints(self, values: Sequence[bytes]) -> list[bytes]:
        """A keyed hash (32 bytes) of each value, so that a stored document cannot be recognised."""
        ...

    async def pseudonyms(self, project_id: ProjectId, person_ids: Sequence[PersonId]) -> list[str]:
        """The project's own pseudonym of each person; for the research role alone."""
        ...

    async def checkpoint(self, size: int, root: bytes) -> str:
        """A signed checkpoint of the audit log: so many seals, under this root (32 bytes)."""
        ...

    async def checkpoint_key(self) -> str:
        """The key that checks checkpoints, as signed-note writes it."""
        ...

    async def act(self, act: OwnAct, grant: bytes) -> None:
        """Does what the grant's person, who must have logged in just now, asks for themselves."""
        ...
