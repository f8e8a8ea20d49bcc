"""Batches over HTTP: the web process seals what streams in, the worker opens it and takes the feed."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from surveys.database import transaction
from surveys.keys import NO_PERSON, NO_STUDY, Binding, InboxKey, Keys, Purpose, SealedRow, seal_chunk_to_inbox
from surveys.registry.feed import import_rows
from surveys.registry.messages import BatchHeader, BatchStatus, FeedReport, Form, Rejected
from surveys.registry.rows import FeedError
from surveys.registry.tables import feed_batch, feed_chunk

CHUNK_BYTES = 256 * 1024


class BatchConflictError(Exception):
    """A batch of this identifier was received with another content; nothing of this one was kept."""

    def __init__(self, registry: str, batch_id: UUID) -> None:
        super().__init__(
            f"batch {batch_id} of {registry} was received with another content; send a new identifier"
        )
        self.registry = registry
        self.batch_id = batch_id


async def receive_batch(
    engine: AsyncEngine, inbox_key: InboxKey, batch: BatchHeader, chunks: AsyncIterable[bytes], now: datetime
) -> None:
    """Seals a batch as it streams in; the same batch again changes nothing. All of it is kept, or nothing.

    Raises:
        BatchConflictError: the identifier was used for another content.
    """
    content_hash = hashlib.sha256()
    async with transaction(engine) as connection:
        began = await connection.scalar(
            upsert(feed_batch)
            .values(
                registry=batch.registry,
                batch_id=batch.batch_id,
                form=batch.form,
                state="receiving",
                client=batch.client,
                received_at=now,
            )
            .on_conflict_do_nothing()
            .returning(feed_batch.c.batch_id)
        )
        ordinal = 0
        async for chunk in _pieces(chunks):
            content_hash.update(chunk)
            if began is not None:
                sealed = seal_chunk_to_inbox(
                    inbox_key, chunk, _place(batch.registry, batch.batch_id, ordinal)
                )
                await connection.execute(
                    insert(feed_chunk).values(
                        registry=batch.registry, batch_id=batch.batch_id, ordinal=ordinal, sealed=sealed
                    )
                )
            ordinal += 1
        if began is not None:
            await connection.execute(
                update(feed_batch)
                .where(*_is(batch.registry, batch.batch_id))
                .values(state="received", content_hash=content_hash.digest())
            )
            return
        wanted = select(feed_batch.c.content_hash).where(*_is(batch.registry, batch.batch_id))
        if await connection.scalar(wanted) != content_hash.digest():
            raise BatchConflictError(batch.registry, batch.batch_id)


async def import_waiting_batches(engine: AsyncEngine, keys: Keys, now: datetime) -> int:
    """Takes every batch that was received whole, oldest first, and gives how many these were.

    A batch whose worker is killed is taken again: what was imported of it is then already known.
    """
    taken = 0
    while (waiting := await _next_waiting(engine)) is not None:
        registry, batch_id, form = waiting
        try:
            report = await import_rows(
                engine, keys, registry, form, _opened(engine, keys, registry, batch_id), now
            )
        except FeedError as error:
            report = FeedReport(error.row, 0, 0, (Rejected(error.row, "", "unreadable", error.rule),))
        async with transaction(engine) as connection:
            await connection.execute(
                update(feed_batch)
                .where(*_is(registry, batch_id))
                .values(state="imported", imported_at=now, report=msgspec.to_builtins(report))
            )
            await connection.execute(
                delete(feed_chunk).where(feed_chunk.c.registry == registry, feed_chunk.c.batch_id == batch_id)
            )
        taken += 1
    return taken


async def batch_status(connection: AsyncConnection, registry: str, batch_id: UUID) -> BatchStatus | None:
    """Where a batch is, or nothing when there is none."""
    row = (await connection.execute(select(feed_batch).where(*_is(registry, batch_id)))).one_or_none()
    if row is None:
        return None
    report = None if row.report is None else msgspec.convert(row.report, FeedReport)
    return BatchStatus(registry, batch_id, row.state, report)


async def _next_waiting(engine: AsyncEngine) -> tuple[str, UUID, Form] | None:
    oldest = select(feed_batch.c.registry, feed_batch.c.batch_id, feed_batch.c.form)
    async with transaction(engine) as connection:
        row = (
            await connection.execute(
                oldest.where(feed_batch.c.state == "received").order_by(feed_batch.c.received_at).limit(1)
            )
        ).one_or_none()
    return None if row is None else (row.registry, row.batch_id, row.form)


async def _opened(engine: AsyncEngine, keys: Keys, registry: str, batch_id: UUID) -> AsyncIterator[bytes]:
    ordinal = 0
    while True:
        async with transaction(engine) as connection:
            sealed = await connection.scalar(
                select(feed_chunk.c.sealed).where(
                    feed_chunk.c.registry == registry,
                    feed_chunk.c.batch_id == batch_id,
                    feed_chunk.c.ordinal == ordinal,
                )
            )
        if sealed is None:
            return
        place = _place(registry, batch_id, ordinal)
        (chunk,) = await keys.open(Purpose.INGEST, [SealedRow(place, sealed)])
        yield chunk
        ordinal += 1


async def _pieces(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, cut so that each piece fits its envelope."""
    rest = bytearray()
    async for chunk in chunks:
        rest += chunk
        while len(rest) >= CHUNK_BYTES:
            yield bytes(rest[:CHUNK_BYTES])
            del rest[:CHUNK_BYTES]
    if rest:
        yield bytes(rest)


def _is(registry: str, batch_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return feed_batch.c.registry == registry, feed_batch.c.batch_id == batch_id


def _place(registry: str, batch_id: UUID, ordinal: int) -> Binding:
    return Binding(
        "registry.feed_chunk", uuid5(batch_id, str(ordinal)), NO_PERSON, NO_STUDY, registry, ordinal + 1
    )
