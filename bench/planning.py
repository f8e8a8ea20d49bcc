"""How many persons a second: fed, and planned in one sweep from the database and back."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Sequence

from api.commands.acting import acting_as
from api.demo import places
from api.demo.cohort import write_cohort
from api.demo.seeding import load_documents
from bench.figures import Figure
from bench.ground import ground
from surveys import clock
from surveys.database import Role
from surveys.followup import sweep
from surveys.registry import import_rows

PERSONS = 20_000


def measure() -> Sequence[Figure]:
    """Feeds and plans a synthetic cohort with in-process keys, on one core of Python."""
    with ground():
        return asyncio.run(_measure())


async def _measure() -> Sequence[Figure]:
    now = clock.now()
    feed = io.BytesIO()
    started = time.perf_counter()
    write_cohort(feed, PERSONS, 1, clock.local_date(now), "ndjson")
    made = time.perf_counter() - started
    async with acting_as(Role.WORKER) as acting:
        await load_documents(acting, now)
        started = time.perf_counter()
        report = await import_rows(
            acting.engine, acting.keys, places.REGISTRY, "ndjson", _chunks(feed.getvalue()), now
        )
        fed = time.perf_counter() - started
        started = time.perf_counter()
        first = await sweep(acting.engine, acting.keys, now)
        planned = time.perf_counter() - started
        started = time.perf_counter()
        await sweep(acting.engine, acting.keys, now)
        again = time.perf_counter() - started
    return (
        Figure("cohort_persons_per_s", PERSONS / made, "persons/s", "higher"),
        Figure("feed_rows_per_s", report.rows / fed, "rows/s", "higher"),
        Figure("persons_planned_per_s", first.persons / planned, "persons/s", "higher"),
        Figure("persons_replanned_per_s", first.persons / again, "persons/s", "higher"),
    )


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 256 * 1024):
        yield content[at : at + 256 * 1024]
