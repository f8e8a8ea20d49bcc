"""The worker: bells that ring, work that may fail without ending it, and a clean end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
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
from surveys.identifiers import new_id
from surveys.keys import Keys, create_keystore
from surveys.registry import BatchHeader, receive_batch
from surveys.settings import Settings
from surveys.worker import Bell, Bench, ring
from tests.builders import registry as feed
from tests.builders.followup import make_history, make_protocol, make_tumour, publish, tell_registry
from tests.conftest import ROOT

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


async def test_an_imported_batch_is_planned_at_once(
    bench: Bench, engine_as: Callable[[Role], AsyncEngine]
) -> None:
    diagnosed = clock.local_date(clock.now()) - timedelta(days=40)
    rows = feed.as_ndjson(feed.person(), feed.tumour(date_of_incidence=diagnosed.isoformat()))
    header = BatchHeader("norway", new_id(), "ndjson", "a registry")
    await publish(bench.engine, bench.keys, make_protocol(), clock.now())
    await receive_batch(
        engine_as(Role.WEB), await bench.keys.inbox_key(), header, feed.cut(rows), clock.now()
    )
    importing = named(worker.worker_bells(bench), "import-batches")
    with capture_logs() as lines:
        await importing.act()
        await importing.act()
    assert [line["event"] for line in lines] == ["feed.imported", "sweep.done"]
    assert (lines[1]["persons"], lines[1]["planned"], lines[1]["opened"]) == (1, 3, 1)


@pytest.mark.parametrize("process", ["run_worker", "run_research"])
def test_a_process_starts_as_its_role_writes_json_and_ends_cleanly(
    process: str, database: str, tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_text("a passphrase of tests", encoding="ascii")
    create_keystore(tmp_path / "keystore", b"a passphrase of tests")
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database,
        "ETTERKLANG_MODE": "development",
        "ETTERKLANG_KEY_STORE": f"file:{tmp_path / 'keystore'}",
        "ETTERKLANG_KEY_STORE_SECRET_FILE": str(tmp_path / "passphrase"),
    }
    code = (
        "import asyncio; from surveys.settings import load_settings; from surveys.worker import "
        f"{process}; asyncio.run({process}(load_settings()))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        events = []
        for line in running.stdout:
            events.append(json.loads(line)["event"])
            if events[-1] == "process.started":
                running.send_signal(signal.SIGTERM)
    assert events[-1] == "process.stopped"
    assert running.returncode == 0
