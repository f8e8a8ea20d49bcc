"""Documents as they lie in the database: sealed, found by a keyed fingerprint, each content stored once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.catalogue.tables import document
from surveys.identifiers import DocumentId, new_id
from surveys.keys import NO_PERSON, Binding, Keys, PlainRow, Purpose, SealedRow

DocumentKind = Literal[
    "structure", "translation", "presentation", "scoring", "protocol", "late-effect-rule", "licence",
    "translation-record", "translation-status",
]  # fmt: skip

CATALOGUE_STUDY = UUID("6b0f8a52-9a3e-4d0e-9f3e-0c6a1c1d2e77")
"""Documents belong to no study; this stands in their binding and gives them a key of their own."""


class Content(NamedTuple):
    """A document to store: its kind and its canonical bytes."""

    kind: DocumentKind
    content: bytes


async def store_document(
    connection: AsyncConnection, keys: Keys, kind: DocumentKind, content: bytes, now: datetime
) -> DocumentId:
    """The identifier of ``content``, which is sealed and stored unless it is there already.

    Raises:
        KeysError: the key service refused or could not be reached.
    """
    (found,) = await store_documents(connection, keys, [Content(kind, content)], now)
    return found


async def store_documents(
    connection: AsyncConnection, keys: Keys, contents: Sequence[Content], now: datetime
) -> list[DocumentId]:
    """The identifier of each document, in order; equal contents of one kind have one identifier.

    Raises:
        KeysError: the key service refused or could not be reached.
    """
    fingerprints = await keys.fingerprints([one.kind.encode() + b"\0" + one.content for one in contents])
    known = await _known(connection, fingerprints)
    fresh = {mark: one for mark, one in zip(fingerprints, contents, strict=True) if mark not in known}
    if fresh:
        await _insert(connection, keys, fresh, now)
        # Somebody else may have stored the same just now: whoever came first gave the identifier.
        known = await _known(connection, fingerprints)
    return [known[mark] for mark in fingerprints]


async def open_documents(
    connection: AsyncConnection, keys: Keys, kind: DocumentKind
) -> dict[DocumentId, bytes]:
    """The content of every document of one kind.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    rows = await connection.execute(
        select(document.c.document_id, document.c.sealed).where(document.c.kind == kind)
    )
    return await _open(keys, [(DocumentId(row.document_id), row.sealed) for row in rows])


async def open_chosen(
    connection: AsyncConnection, keys: Keys, document_ids: Sequence[DocumentId]
) -> dict[DocumentId, bytes]:
    """The content of each of these documents, whatever their kind."""
    rows = await connection.execute(
        select(document.c.document_id, document.c.sealed).where(document.c.document_id.in_(document_ids))
    )
    return await _open(keys, [(DocumentId(row.document_id), row.sealed) for row in rows])


def binding(document_id: UUID) -> Binding:
    """Where a document belongs: to its row in the catalogue, and to nobody."""
    return Binding("catalogue.document", document_id, NO_PERSON, CATALOGUE_STUDY)


async def _known(connection: AsyncConnection, fingerprints: Sequence[bytes]) -> dict[bytes, DocumentId]:
    rows = await connection.execute(
        select(document.c.fingerprint, document.c.document_id).where(document.c.fingerprint.in_(fingerprints))
    )
    return {row.fingerprint: DocumentId(row.document_id) for row in rows}


async def _insert(
    connection: AsyncConnection, keys: Keys, fresh: dict[bytes, Content], now: datetime
) -> None:
    ids = [new_id() for _ in fresh]
    sealed = await keys.seal(
        [PlainRow(binding(one), content.content) for one, content in zip(ids, fresh.values(), strict=True)]
    )
    rows = [
        {
            "document_id": document_id,
            "kind": content.kind,
            "fingerprint": mark,
            "sealed": envelope,
            "stored_at": now,
        }
        for document_id, (mark, content), envelope in zip(ids, fresh.items(), sealed, strict=True)
    ]
    await connection.execute(
        insert(document).values(rows).on_conflict_do_nothing(index_elements=["fingerprint"])
    )


async def _open(keys: Keys, rows: Sequence[tuple[DocumentId, bytes]]) -> dict[DocumentId, bytes]:
    if not rows:
        return {}
    opened = await keys.open(
        Purpose.DOCUMENTS, [SealedRow(binding(document_id), sealed) for document_id, sealed in rows]
    )
    return {document_id: content for (document_id, _), content in zip(rows, opened, strict=True)}
