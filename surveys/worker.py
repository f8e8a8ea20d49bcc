"""The worker and research processes: a clock that rings bells, and the rows of the database as the work.

Any number of either may run. What a bell starts claims its rows in the database, so two that ring at once
share the work, and one that is killed leaves it to the next.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import clock
from surveys.answering import Library, process_inbox
from surveys.audit import make_checkpoint
from surveys.audit.publishing import Destination, destinations_of, publish
from surveys.database import Role, check_role, make_engine, transaction
from surveys.followup import Channel, Swept, may_send_at, send_due, sweep
from surveys.followup.channels import FolderChannel
from surveys.keys import Keys, open_keys
from surveys.logs import configure_logs
from surveys.partitions import ensure_months
from surveys.registry import import_waiting_batches
from surveys.research import build_requested, link_requested
from surveys.settings import Settings

INBOX_BATCH = 100
FINISH_SECONDS = 10.0
"""How long work that has begun may take to finish when the process is told to stop."""

log = structlog.get_logger()


class Bench(NamedTuple):
    """What a process works with."""

    settings: Settings
    engine: AsyncEngine
    keys: Keys


class Bell(NamedTuple):
    """Something to do, when, and whether the first time is at the start of the process."""

    name: str
    act: Callable[[], Awaitable[None]]
    trigger: BaseTrigger
    first: datetime | None = None


async def run_worker(settings: Settings) -> None:
    """Imports, plans, sends, empties the inbox and links extracts, until SIGTERM, SIGINT or cancelled.

    Raises:
        SettingsError, WrongRoleError, KeysError: the process cannot begin as its own role.
    """
    configure_logs(settings.etterklang_log_level)
    async with _bench(settings, Role.WORKER) as bench:
        await ring(worker_bells(bench))


async def run_research(settings: Settings) -> None:
    """Builds the extracts that have been linked, until SIGTERM, SIGINT or cancelled.

    Raises:
        SettingsError, WrongRoleError, KeysError: the process cannot begin as its own role.
    """
    configure_logs(settings.etterklang_log_level)
    async with _bench(settings, Role.RESEARCH) as bench:
        await ring(research_bells(bench))


async def ring(bells: Sequence[Bell]) -> None:
    """Rings ``bells`` until told to stop, then lets what has begun finish.

    A bell does not ring again while what it started still runs. An error is logged by its class and ends
    nothing but that one run.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    running: set[asyncio.Task[None]] = set()
    scheduler = AsyncIOScheduler(
        timezone=clock.LOCAL_ZONE,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for bell in bells:
        first = {"next_run_time": bell.first} if bell.first else {}
        scheduler.add_job(_ring_once, bell.trigger, args=(bell, running), id=bell.name, **first)
    with _heeding_signals() as stopping:
        scheduler.start()
        log.info("process.started", bells=[bell.name for bell in bells])
        try:
            await stopping.wait()
        finally:
            scheduler.pause()
            if running:
                await asyncio.wait(running, timeout=FINISH_SECONDS)
            scheduler.shutdown(wait=False)
            log.info("process.stopped", unfinished=len([one for one in running if not one.done()]))


@asynccontextmanager
async def _bench(settings: Settings, role: Role) -> AsyncIterator[Bench]:
    engine = make_engine(settings.database_address(role), role, pool_size=8)
    try:
        await check_role(engine, role)
        async with open_keys(settings, role) as keys:
            yield Bench(settings, engine, keys)
    finally:
        await engine.dispose()


def worker_bells(bench: Bench) -> list[Bell]:
    """What the worker does and when; without a folder for notices, it sends none.

    Raises:
        SettingsError: a destination of checkpoints is not one.
    """
    at_once = clock.now()
    zone = clock.LOCAL_ZONE
    library = Library(bench.engine, bench.keys)
    destinations = destinations_of(bench.settings)
    bells = [
        Bell("ensure-months", lambda: _ensure_months(bench), CronTrigger(hour=2, timezone=zone), at_once),
        Bell("import-batches", lambda: _import_batches(bench), _every(5)),
        Bell("process-inbox", lambda: _process_inbox(bench, library), _every(1)),
        Bell("sweep", lambda: _sweep(bench), CronTrigger(hour=3, timezone=zone), at_once),
        Bell("link-extracts", lambda: _link_extracts(bench), _every(2)),
        Bell("checkpoint", lambda: _checkpoint(bench, destinations), _every(60), at_once),
    ]
    if bench.settings.etterklang_notice_folder:
        channel = FolderChannel(
            Path(bench.settings.etterklang_notice_folder), bench.settings.etterklang_public_url
        )
        bells.append(Bell("send-notices", lambda: _send_notices(bench, channel), _every(60), at_once))
    else:
        log.warning("notices.off", setting="ETTERKLANG_NOTICE_FOLDER")
    return bells


def research_bells(bench: Bench) -> list[Bell]:
    """What the research process does and when."""
    return [Bell("build-extracts", lambda: _build_extracts(bench), _every(2))]


def _every(seconds: int) -> IntervalTrigger:
    return IntervalTrigger(seconds=seconds, timezone=clock.LOCAL_ZONE)


async def _ring_once(bell: Bell, running: set[asyncio.Task[None]]) -> None:
    task = asyncio.current_task()
    if task is None:
        return
    running.add(task)
    try:
        await bell.act()
    except Exception:
        log.exception("bell.failed", bell=bell.name)
    finally:
        running.discard(task)


@contextmanager
def _heeding_signals() -> Iterator[asyncio.Event]:
    """Gives what SIGTERM and SIGINT set; a signal that the parent has told us to ignore stays ignored."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    heeded = [
        number for number in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(number) is not signal.SIG_IGN
    ]
    for number in heeded:
        loop.add_signal_handler(number, stopping.set)
    try:
        yield stopping
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)


async def _ensure_months(bench: Bench) -> None:
    async with transaction(bench.engine) as connection:
        made = await ensure_months(connection, clock.now())
    if made:
        log.info("partitions.made", partitions=made)


async def _import_batches(bench: Bench) -> None:
    imported = await import_waiting_batches(bench.engine, bench.keys, clock.now())
    if imported:
        log.info("feed.imported", batches=imported)
        await _sweep(bench)


async def _process_inbox(bench: Bench, library: Library) -> None:
    while taken := await process_inbox(bench.engine, bench.keys, clock.now(), INBOX_BATCH, library):
        log.info("inbox.processed", submissions=taken)


async def _sweep(bench: Bench) -> None:
    swept: Swept = await sweep(bench.engine, bench.keys, clock.now())
    log.info(
        "sweep.done",
        persons=swept.persons,
        planned=swept.planned,
        moved=swept.moved,
        cancelled=swept.cancelled,
        opened=swept.opened,
        lapsed=swept.lapsed,
    )


async def _send_notices(bench: Bench, channel: Channel) -> None:
    while may_send_at(now := clock.now()):
        batch = await send_due(bench.engine, bench.keys, channel, now)
        if not batch.claimed:
            return
        log.info(
            "notices.settled",
            sent=batch.sent,
            withheld=batch.withheld,
            postponed=batch.postponed,
            failed=batch.failed,
        )


async def _link_extracts(bench: Bench) -> None:
    if linked := await link_requested(bench.engine, clock.now()):
        log.info("extracts.linked", extracts=linked)


async def _checkpoint(bench: Bench, destinations: Sequence[Destination]) -> None:
    # What was signed before goes out, even where nothing can be signed now.
    try:
        while covered := await make_checkpoint(bench.engine, bench.keys, clock.now()):
            log.info("audit.checkpoint", entries=covered)
    finally:
        for one in await publish(bench.engine, destinations, clock.now()):
            if one.failed_because is not None:
                log.warning("audit.unpublished", destination=one.destination, checkpoints=one.behind)


async def _build_extracts(bench: Bench) -> None:
    if built := await build_requested(bench.engine, bench.keys, clock.now()):
        log.info("extracts.built", extracts=built)
