"""Runs the whole demonstration: database, seeding, every process and the identity provider, until Ctrl-C."""

import os
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import FrameType

import msgspec

from api.commands.environment import EMBEDDED_OPTIONS, read_environment_file
from api.demo import console, places
from api.demo.children import DemoError, Processes, act_in_child
from surveys import embedded
from surveys.schema import newest_migration
from surveys.settings import Settings, load_settings

MIGRATED = places.HOME / "migrated"
SEEDED = places.HOME / "seeded"
PEOPLE = places.HOME / "people.json"
LOG = places.HOME / "log"


class _Listed(msgspec.Struct):
    """Somebody to log in as, read without importing the provider."""

    story: str
    pid: str = ""
    name: str = ""


def throw_away() -> None:
    """Forgets the demonstration's data, keys and notices.

    Raises:
        DemoError: it is running.
    """
    if _is_running():
        raise DemoError("the demonstration is running; stop it with Ctrl-C first")
    shutil.rmtree(places.HOME, ignore_errors=True)


def run_demo() -> None:
    """Sets up what is missing, starts everything, says where it is, and stops it all cleanly on Ctrl-C.

    Raises:
        DemoError: a port is taken, or a step failed.
    """
    started = time.monotonic()
    asked = load_settings()
    _check_port("ETTERKLANG_PORT", asked.etterklang_port)
    _check_port("ETTERKLANG_DEMO_PROVIDER_PORT", asked.etterklang_demo_provider_port)
    places.HOME.mkdir(exist_ok=True)
    with console.step("Starting the embedded PostgreSQL"), ThreadPoolExecutor(1) as beside:
        starting = beside.submit(embedded.start, places.HOME / "pg", EMBEDDED_OPTIONS)
        processes = Processes(places.ENVIRONMENT, PEOPLE, LOG)
        server = starting.result()
    with server:
        _run(processes, embedded.ensure_database(server), asked, started)


def _run(processes: Processes, address: str, asked: Settings, started: float) -> None:
    try:
        settings = _environment(address, asked)
        _prepare(settings, address)
        with console.step(
            "Starting the key service, the web, worker and research processes, and the provider"
        ):
            processes.begin()
        _say_where(settings, time.monotonic() - started)
        _wait(processes)
    finally:
        with console.step("Stopping"):
            processes.stop()


def _is_running() -> bool:
    """Whether the embedded server's own lock file names a process that lives."""
    lock = places.HOME / "pg" / "postmaster.pid"
    if not lock.exists():
        return False
    try:
        os.kill(int(lock.read_text().split("\n", 1)[0]), 0)
    except ProcessLookupError:
        return False
    return True


def _check_port(setting: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(f"port {port} is taken; set {setting} to a free one") from error


def _environment(address: str, asked: Settings) -> Settings:
    places.write_environment(address, asked.etterklang_port, asked.etterklang_demo_provider_port)
    os.environ.update(read_environment_file(places.ENVIRONMENT))
    return load_settings()


def _prepare(settings: Settings, address: str) -> None:
    if not MIGRATED.exists() or MIGRATED.read_text() != newest_migration():
        with console.step("Bringing the database to the newest version"):
            act_in_child(_migrate, address)
        MIGRATED.write_text(newest_migration())
    if not SEEDED.exists():
        act_in_child(_seed, settings)
        SEEDED.touch()


def _migrate(address: str) -> None:
    from surveys.schema import migrate  # noqa: PLC0415 - only this child needs it

    migrate(address)


def _seed(settings: Settings) -> None:
    from api.demo.seeding import seed  # noqa: PLC0415 - only the first start needs it

    seed(settings)


def _say_where(settings: Settings, seconds: float) -> None:
    people = msgspec.json.decode(PEOPLE.read_bytes(), type=tuple[_Listed, ...])
    console.say(f"\n[bold]Etterklang runs[/bold] (ready after {seconds:.1f} s; log in {LOG})")
    console.say(f"  Patients     {settings.etterklang_public_url}/")
    console.say(f"  Staff        {settings.etterklang_public_url}/staff")
    console.say(f"  Researchers  .venv/bin/etterklang extract {places.PROJECT} --out extract")
    console.say("  Log in as")
    for person in people:
        console.say(f"    {person.pid or person.name:<28} {person.story}")
    console.say("Ctrl-C stops it; `make demo-reset` starts over.\n")


def _wait(processes: Processes) -> None:
    stopping = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    while not stopping.wait(0.5):
        if name := processes.ended():
            raise DemoError(f"the {name} process ended; {LOG} says why")
