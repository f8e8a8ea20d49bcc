"""The worker: bells that ring, work that may fail without ending it, and a clean end."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from surveys import clock, worker
from surveys.database import Role
from surveys.followup import sweep
from surveys.keys import Keys
from surveys.settings import Settings
from surveys.worker import Bell, Bench, ring
from tests.builders.followup import make_history, make_protocol, make_tumour, publish, tell_registry

OFTEN = IntervalTrigger(seconds=0.01)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def bell(name: str, act: Callable[[], object]) -> Bell:
    async def acting() -> None:
        act()

    return Bell(name, acting, OFTEN, datetime.now(UTC))


async def test_an_error_ends_one_run_and_nothing_else() -> None:
    rung: list[str] = []

    def fail() -> None:
        rung.append("failed")
        raise ValueError("secret")

    def wait_for_two_failures() -> None:
        if len(rung) >= 2:
            stop()

    with capture_logs() as lines:
        await ring([bell("failing", fail), bell("watching", wait_for_two_failures)])
    failed = [line for line in lines if line["event"] == "bell.failed"]
    assert len(failed) >= 2
    assert {line["bell"] for line in failed} == {"failing"}


async def test_what_has_begun_is_finished_before_the_process_ends() -> None:
    finished: list[str] = []

    async def slow() -> None:
        stop()
        for _ in range(20):
            await asyncio.sleep(0)
        finished.append("slow")

    await ring([Bell("slow", slow, OFTEN, datetime.now(UTC))])
    assert finished == ["slow"]


async def test_a_bell_does_not_ring_while_what_it_started_runs() -> None:
    running = most = rung = 0

    async def busy() -> None:
        nonlocal running, most, rung
        running += 1
        most = max(most, running)
        for _ in range(50):
            await asyncio.sleep(0)
        running -= 1
        rung += 1
        if rung == 3:
            stop()

    await ring([Bell("busy", busy, OFTEN, datetime.now(UTC))])
    assert most == 1


@pytest.fixture
def bench(
    database: str, engine_as: Callable[[Role], AsyncEngine], keys_as: Callable[[Role], Keys], tmp_path: Path
) -> Bench:
    settings = Settings(
        etterklang_mode="development",
        database_url=database,
        etterklang_notice_folder=str(tmp_path / "notices"),
    )
    return Bench(settings, engine_as(Role.WORKER), keys_as(Role.WORKER))


def named(bells: Sequence[Bell], name: str) -> Bell:
    return next(one for one in bells if one.name == name)


async def test_each_bell_of_the_worker_does_its_work_on_a_real_database(bench: Bench, tmp_path: Path) -> None:
    today = clock.local_date(clock.now())
    person = make_history(make_tumour(today - timedelta(days=40)))
    await publish(bench.engine, bench.keys, make_protocol(), clock.now())
    tell_registry(bench.settings.database_url, [person], clock.now())
    bells = worker.worker_bells(bench)
    with capture_logs() as lines:
        for one in bells:
            await one.act()
    events = [line["event"] for line in lines]
    assert {"partitions.made", "sweep.done"} <= set(events)
    assert "bell.failed" not in events
    async with bench.engine.connect() as connection:
        states = await connection.scalars(text("SELECT state FROM followup.assessment ORDER BY wave"))
        assert list(states) == ["open", "planned", "planned"]


async def test_without_a_folder_for_notices_nothing_is_sent_and_the_log_says_so(bench: Bench) -> None:
    settings = Settings(etterklang_mode="development")
    with capture_logs() as lines:
        bells = worker.worker_bells(bench._replace(settings=settings))
    assert "send-notices" not in [one.name for one in bells]
    assert [line["event"] for line in lines] == ["notices.off"]


async def test_notices_wait_for_the_morning(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.local_date(clock.now())
    await publish(bench.engine, bench.keys, make_protocol(), clock.now())
    tell_registry(
        bench.settings.database_url, [make_history(make_tumour(today - timedelta(days=40)))], clock.now()
    )
    assert (await sweep(bench.engine, bench.keys, clock.now())).opened == 1
    sending = named(worker.worker_bells(bench), "send-notices")
    tomorrow = datetime(today.year, today.month, today.day, 2, tzinfo=UTC) + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    await sending.act()
    assert not (tmp_path / "notices").exists()
    monkeypatch.setattr(clock, "now", lambda: tomorrow.replace(hour=10))
    await sending.act()
    assert len(list((tmp_path / "notices").glob("*.eml"))) == 1
