"""Protocol versions: sealed documents, of which at most one a protocol is live."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.versions import canonical
from surveys.audit import AuditEntry, append
from surveys.catalogue import open_documents, store_document
from surveys.followup.checking import check_protocol
from surveys.followup.errors import InvalidProtocolError, ProtocolRetiredError, UnknownProtocolError
from surveys.followup.protocol import Protocol
from surveys.followup.tables import protocol_version
from surveys.identifiers import DocumentId, ProtocolVersionId, new_id
from surveys.keys import Keys


async def store_protocol(
    connection: AsyncConnection, keys: Keys, protocol: Protocol, now: datetime
) -> ProtocolVersionId:
    """The draft version that holds exactly this document: a new one, or the one that is stored already.

    Raises:
        InvalidProtocolError: the document cannot be followed; each fault names its place.
        KeysError: the key service refused or could not be reached.
    """
    if faults := check_protocol(protocol):
        raise InvalidProtocolError(faults)
    document_id = await store_document(connection, keys, "protocol", canonical(protocol), now)
    known = await connection.scalar(
        select(protocol_version.c.protocol_version_id).where(protocol_version.c.document_id == document_id)
    )
    if known is not None:
        return ProtocolVersionId(known)
    version_id = ProtocolVersionId(new_id())
    await connection.execute(
        insert(protocol_version).values(
            protocol_version_id=version_id,
            protocol_id=protocol.protocol_id,
            study_id=protocol.study_id,
            document_id=document_id,
            state="draft",
            stored_at=now,
        )
    )
    return version_id


async def publish_protocol(
    connection: AsyncConnection, protocol_version_id: ProtocolVersionId, now: datetime
) -> None:
    """Makes this version the live one of its protocol and retires the one before; publishing twice is once.

    Raises:
        UnknownProtocolError: there is no such version.
        ProtocolRetiredError: it was live once and has been replaced.
    """
    found = (
        await connection.execute(
            select(protocol_version.c.protocol_id, protocol_version.c.state)
            .where(protocol_version.c.protocol_version_id == protocol_version_id)
            .with_for_update()
        )
    ).one_or_none()
    if found is None:
        raise UnknownProtocolError(protocol_version_id)
    if found.state == "retired":
        raise ProtocolRetiredError(protocol_version_id)
    if found.state == "published":
        return
    await connection.execute(
        update(protocol_version)
        .where(protocol_version.c.protocol_id == found.protocol_id, protocol_version.c.state == "published")
        .values(state="retired")
    )
    await connection.execute(
        update(protocol_version)
        .where(protocol_version.c.protocol_version_id == protocol_version_id)
        .values(state="published", published_at=now)
    )
    await append(connection, _published_entry(protocol_version_id, now))


async def load_protocols(connection: AsyncConnection, keys: Keys) -> dict[ProtocolVersionId, Protocol]:
    """Every version that is or was live: assessments stay pinned to the version they opened under.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    return await _load(connection, keys, ("published", "retired"))


async def live_protocols(connection: AsyncConnection, keys: Keys) -> dict[ProtocolVersionId, Protocol]:
    """The published version of each protocol.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    return await _load(connection, keys, ("published",))


async def _load(
    connection: AsyncConnection, keys: Keys, states: Sequence[str]
) -> dict[ProtocolVersionId, Protocol]:
    rows = (
        await connection.execute(
            select(protocol_version.c.protocol_version_id, protocol_version.c.document_id)
            .where(protocol_version.c.state.in_(states))
            .order_by(protocol_version.c.protocol_version_id)
        )
    ).all()
    if not rows:
        return {}
    documents = await open_documents(connection, keys, "protocol")
    return {
        ProtocolVersionId(row.protocol_version_id): msgspec.json.decode(
            documents[DocumentId(row.document_id)], type=Protocol
        )
        for row in rows
    }


def _published_entry(protocol_version_id: ProtocolVersionId, now: datetime) -> AuditEntry:
    return AuditEntry(
        action="protocol-published",
        actor="worker",
        at=now,
        person_id=None,
        about={"protocol_version": str(protocol_version_id)},
    )
