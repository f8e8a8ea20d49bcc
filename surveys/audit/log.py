"""Appending to the log, in the transaction of the act itself."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.audit.entries import AuditEntry, encode

APPEND = text("SELECT audit.append(:entry)")
# An entry is JSON, so it holds no line feed; as an array of texts it would take longer to send than to chain.
APPEND_ALL = text("SELECT audit.append_all(string_to_array(:entries, chr(10)))")


async def append(connection: AsyncConnection, entry: AuditEntry) -> bytes:
    """Appends in the caller's transaction and gives the new head of the chain (32 bytes)."""
    chained: bytes = (await connection.execute(APPEND, {"entry": encode(entry)})).scalar_one()
    return chained


async def append_all(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Appends the entries of one act in their order, in one statement and in the caller's transaction."""
    if entries:
        await connection.execute(APPEND_ALL, {"entries": "\n".join([encode(entry) for entry in entries])})
