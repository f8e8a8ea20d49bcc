"""Wrapping every person key anew in another epoch: a lot at a time, on every core, while others go on.

A lot leaves the database as one value and comes back as one, record behind record: a row of its own for each
key, with its identifiers, cost twice what wrapping does.
"""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import transaction
from surveys.keys.errors import NotOpenedError
from surveys.keys.hierarchy import Hierarchy, owner_context_of
from surveys.keys.sealing import WRAPPED_KEY_BYTES, unwrap, wrap

ROWS_AT_ONCE = 20_000
IN_FLIGHT = 4
FEW = 2_000
"""So many keys are wrapped anew here in less time (0.1 s) than a process takes to start."""

RECORD = struct.Struct(f">32si{WRAPPED_KEY_BYTES}s")
"""Person and study (16 bytes each), the epoch, and the wrapped key."""

NEXT_LOT = text(
    f"""
    SELECT string_agg(
        uuid_send(person_id) || uuid_send(study_id) || int4send(epoch) || wrapped, ''
        ORDER BY person_id, study_id
      ), coalesce(bool_and(octet_length(wrapped) = {WRAPPED_KEY_BYTES}), true)
    FROM (
      SELECT person_id, study_id, epoch, wrapped FROM keys.person_key
      WHERE epoch < :epoch AND erased_at IS NULL AND (person_id, study_id) > (:person, :study)
      ORDER BY person_id, study_id LIMIT :limit
    ) AS one
    """  # noqa: S608 - a number of ours
)
# A lot is a range of the primary key: said to the database, it looks at these rows alone.
STORE_LOT = text(
    f"""
    UPDATE keys.person_key k SET epoch = e.epoch, wrapped = new.wrapped
    FROM (
      SELECT encode(substring(lot FROM place FOR 16), 'hex')::uuid AS person_id,
             encode(substring(lot FROM place + 16 FOR 16), 'hex')::uuid AS study_id,
             ('x' || encode(substring(lot FROM place + 32 FOR 4), 'hex'))::bit(32)::integer AS epoch,
             substring(lot FROM place + 36 FOR {WRAPPED_KEY_BYTES}) AS wrapped
      FROM (SELECT CAST(:lot AS bytea) AS lot) AS whole,
           generate_series(1, CAST(:bytes AS integer), {RECORD.size}) AS place
    ) AS new,
    (SELECT epoch FROM keys.epoch_key WHERE epoch = :epoch FOR KEY SHARE) AS e
    WHERE k.person_id = new.person_id AND k.study_id = new.study_id AND k.epoch = new.epoch
      AND k.erased_at IS NULL
      AND (k.person_id, k.study_id) BETWEEN (CAST(:first_person AS uuid), CAST(:first_study AS uuid))
                                        AND (CAST(:last_person AS uuid), CAST(:last_study AS uuid))
    """  # noqa: S608 - numbers of ours
)


async def rewrap_persons(hierarchy: Hierarchy, engine: AsyncEngine, epoch: int) -> int:
    """Wraps every person key of an older epoch in this one; gives how many there were.

    Raises:
        NotOpenedError: one does not open; those before it are stored, and the next run begins with it.
    """
    count = 0
    loop = asyncio.get_running_loop()
    new = await hierarchy.epochs.secret(epoch)
    with _workers() as workers:
        waiting: list[asyncio.Future[bytes]] = []
        async for lot in _lots(engine, epoch):
            old = {one: await hierarchy.epochs.secret(one) for one in _epochs(lot)}
            where = workers if len(lot) > FEW * RECORD.size else None
            waiting.append(loop.run_in_executor(where, rewrap, old, new, lot))
            if len(waiting) == IN_FLIGHT:
                count += await _store(engine, epoch, await waiting.pop(0))
        while waiting:
            count += await _store(engine, epoch, await waiting.pop(0))
    return count


def rewrap(old: Mapping[int, bytes], new: bytes, lot: bytes) -> bytes:
    """The same records, each key wrapped under ``new``; ``old`` are the keys of the epochs that they name.

    Raises:
        NotOpenedError: one does not open.
    """
    records = []
    for owner, epoch, wrapped in RECORD.iter_unpack(lot):
        context = owner_context_of(owner)
        records.append(RECORD.pack(owner, epoch, wrap(new, unwrap(old[epoch], wrapped, context), context)))
    return b"".join(records)


def _epochs(lot: bytes) -> set[int]:
    return {epoch for _, epoch, _ in RECORD.iter_unpack(lot)}


async def _lots(engine: AsyncEngine, epoch: int) -> AsyncIterator[bytes]:
    last = bytes(32)
    while True:
        person, study = UUID(bytes=last[:16]), UUID(bytes=last[16:])
        bounds = {"epoch": epoch, "person": person, "study": study, "limit": ROWS_AT_ONCE}
        async with transaction(engine) as connection:
            lot, is_whole = (await connection.execute(NEXT_LOT, bounds)).one()
        if not is_whole:
            raise NotOpenedError
        if lot is None:
            return
        yield lot
        last = lot[-RECORD.size :][:32]


async def _store(engine: AsyncEngine, epoch: int, lot: bytes) -> int:
    (first, *_), (last, *_) = RECORD.unpack_from(lot), RECORD.unpack_from(lot, len(lot) - RECORD.size)
    bounds = {
        "first_person": UUID(bytes=first[:16]), "first_study": UUID(bytes=first[16:]),
        "last_person": UUID(bytes=last[:16]), "last_study": UUID(bytes=last[16:]),
    }  # fmt: skip
    async with transaction(engine) as connection:
        done = await connection.execute(STORE_LOT, bounds | {"epoch": epoch, "lot": lot, "bytes": len(lot)})
    return done.rowcount


@contextmanager
def _workers() -> Iterator[ProcessPoolExecutor]:
    """A process a core: the keys cross a pipe to a child of this process, and go nowhere else."""
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as workers:
        yield workers
