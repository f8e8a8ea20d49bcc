"""An audit entry and its one canonical form, which is what the chain hashes."""

from datetime import datetime
from uuid import UUID

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act: what (``action``), by whom (a role or a client), when, concerning whom, and about what.

    ``about`` holds identifiers and counts, never an answer, a score, a national identifier or an
    instrument's name.
    """

    action: str
    actor: str
    at: datetime
    person_id: UUID | None
    about: dict[str, str]


def encode(entry: AuditEntry) -> str:
    """The entry as canonical JSON: keys sorted, no spaces, no floats."""
    return msgspec.json.encode(entry, order="sorted").decode()
