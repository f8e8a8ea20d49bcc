"""Sealing: one answer under load, opening by the million, wrapping a country's keys anew; the audit log."""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import Event, Process, get_context
from multiprocessing.synchronize import Event as Stop
from uuid import UUID

import msgspec
from sqlalchemy import text

from bench.auditing import audit_figures
from bench.figures import Figure
from bench.ground import ground
from surveys.answering.messages import ContentHashes, StoredResponse
from surveys.database import Role, make_engine
from surveys.identifiers import PersonId, new_id
from surveys.keys import Binding, InboxKey, seal_to_inbox
from surveys.keys.envelope import ANSWER_LIMIT
from surveys.keys.hierarchy import owner_context
from surveys.keys.rotation import rotate_epoch
from surveys.keys.sealing import InboxPrivateKey, make_inbox_key, open_at_rest, seal_at_rest, wrap
from surveys.keys.service import opened_vault

MILLION = 1_000_000
DISTINCT = 5_000
SEALS = 3_000
SIZES = (10_000, 100_000, MILLION, 10 * MILLION)
REPEATS = 3
OPENED = 50_000
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)

Sealed = tuple[bytes, Binding, bytes]


def measure() -> Sequence[Figure]:
    """Opening in one process is the median of nine runs, the rest one. A response: 30 answers, 1.6 KB.

    The nine are spread over the benchmark, since the machine's own speed changes by a third from one minute
    to the next.
    """
    rows = sealed_rows(DISTINCT)
    alone = _open_alone(rows)
    seconds = {size: _open_on_all_cores(rows, size) for size in SIZES}
    alone += _open_alone(rows)
    rewrap = asyncio.run(_rewrap(MILLION))
    alone += _open_alone(rows)
    return (
        Figure("seal_p99_ms", _seal_p99(), "ms", "lower", 1),
        Figure("open_decode_per_s_process", OPENED / statistics.median(alone), "/s", "higher", 40_000),
        Figure("open_1m_s", seconds[MILLION], "s", "lower", 30),
        *(
            Figure(f"open_among_{size}_us", taken / size * 1e6, "µs", "lower")
            for size, taken in seconds.items()
        ),
        Figure("rewrap_1m_s", rewrap, "s", "lower", 30),
        *audit_figures(),
    )


def _response() -> bytes:
    hashes = ContentHashes(*("0" * 64 for _ in range(4)))
    answers = {f"item-{n}": (f"option-{n % 4}",) for n in range(30)}
    return msgspec.json.encode(
        {
            "instrument_id": "https://example.org/instrument",
            "instrument_version": "1",
            "language": "nb",
            "hashes": hashes,
            "answers": {"values": answers},
            "shown": list(answers),
            "submitted_at": NOVEMBER,
        }
    )


def sealed_rows(count: int) -> list[Sealed]:
    """Responses of as many persons, each under a key of its own."""
    rows = []
    for _ in range(count):
        key = os.urandom(32)
        place = Binding("answering.response", new_id(), PersonId(new_id()), new_id(), "v1")
        rows.append((key, place, seal_at_rest(key, _response(), place, ANSWER_LIMIT)))
    return rows


def open_and_decode(rows: Sequence[Sealed], count: int) -> float:
    """Seconds to open and decode ``count`` responses in this process."""
    decoder = msgspec.json.Decoder(StoredResponse)
    started = time.perf_counter()
    for number in range(count):
        key, place, sealed = rows[number % len(rows)]
        decoder.decode(open_at_rest(key, sealed, place))
    return time.perf_counter() - started


def _open_alone(rows: Sequence[Sealed]) -> list[float]:
    return [open_and_decode(rows, OPENED) for _ in range(REPEATS)]


def _open_on_all_cores(rows: Sequence[Sealed], count: int) -> float:
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as workers:
        list(workers.map(open_and_decode, [rows] * cores, [1] * cores))
        started = time.perf_counter()
        list(workers.map(open_and_decode, [rows] * cores, [count // cores] * cores))
        return time.perf_counter() - started


def _seal_p99() -> float:
    """The 99th percentile of sealing 2 KB to the inbox while every other core is busy."""
    key = InboxKey(1, InboxPrivateKey(make_inbox_key()).public_key())
    answers, taken = _response(), []
    with _busy((os.cpu_count() or 1) - 1):
        for _ in range(SEALS):
            place = Binding("answering.inbox", new_id(), PersonId(new_id()), new_id())
            started = time.perf_counter()
            seal_to_inbox(key, answers, place)
            taken.append(time.perf_counter() - started)
    return sorted(taken)[int(SEALS * 0.99)] * 1e3


@contextmanager
def _busy(cores: int) -> Iterator[None]:
    stop = Event()
    others = [Process(target=_spin, args=(stop,), daemon=True) for _ in range(cores)]
    for one in others:
        one.start()
    try:
        yield
    finally:
        stop.set()
        for one in others:
            one.join()


def _spin(stop: Stop) -> None:
    rows = sealed_rows(100)
    while not stop.is_set():
        open_and_decode(rows, 1_000)


async def _rewrap(count: int) -> float:
    """Seconds from the first key read to the last one stored, in the database and back."""
    with ground() as place:
        async with opened_vault(place.settings) as vault:
            epoch = await vault.hierarchy.epochs.begin(NOVEMBER)
            outer = await vault.hierarchy.epochs.secret(epoch)
            await _fill(place.address, outer, epoch, count)
            started = time.perf_counter()
            rotated = await rotate_epoch(vault.hierarchy, vault.engine, DECEMBER)
            taken = time.perf_counter() - started
    if rotated.rewrapped != count:
        raise RuntimeError(f"{rotated.rewrapped} keys were wrapped anew, not {count}")
    return taken


async def _fill(address: str, outer: bytes, epoch: int, count: int) -> None:
    engine = make_engine(address, Role.KEYS)
    async with engine.begin() as connection:
        await connection.execute(text("RESET ROLE"))
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        statement = "COPY keys.person_key (person_id, study_id, epoch, wrapped, created_at) FROM STDIN"
        async with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for _ in range(count):
                owner: tuple[UUID, UUID] = (new_id(), new_id())
                wrapped = wrap(outer, os.urandom(32), owner_context(owner))
                await copy.write_row((*owner, epoch, wrapped, NOVEMBER))
    await engine.dispose()
