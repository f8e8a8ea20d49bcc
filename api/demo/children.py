"""The demonstration's processes: the four of the service and the provider, each forked from the supervisor.

Forked, so that the libraries are read once and not six times: a second start takes seconds.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from surveys.settings import Settings

READY_SECONDS = 60.0
STOP_SECONDS = 15.0

_forking = multiprocessing.get_context("fork")


class DemoError(Exception):
    """The demonstration cannot go on; the message says what to do."""


def import_once() -> None:
    """Imports what several of the processes need, so that each is forked with it."""
    import litestar  # noqa: F401, PLC0415
    import uvicorn  # noqa: F401, PLC0415

    import surveys.answering  # noqa: F401, PLC0415


def act_in_child(act: Callable[..., None], *args: object) -> None:
    """Runs ``act`` in a process of its own, so that this one stays without threads, secrets and connections.

    Raises:
        DemoError: it failed.
    """
    child = _forking.Process(target=act, args=args)
    child.start()
    child.join()
    if child.exitcode != 0:
        raise DemoError("the step above failed; `make demo-reset` starts over")


def start_all(settings: Settings, people: Path, log: Path) -> list[BaseProcess]:
    """Starts every process with its standard output and error in ``log``, and waits until they answer.

    Raises:
        DemoError: one ended, or did not answer within a minute.
    """
    children: list[BaseProcess] = []

    def start(name: str, act: Callable[[], None]) -> None:
        child = _forking.Process(target=_into_log, args=(act, log), name=name)
        child.start()
        children.append(child)

    try:
        # The web process has most to import and does not wait; who asks for keys at once does.
        start("keys", lambda: _serve_keys(settings))
        start("web", lambda: _serve_web(settings))
        start("provider", lambda: _serve_provider(settings, people))
        _await_sockets(settings, children, log)
        _await_answer(f"{settings.etterklang_public_url}/health/ready", children, log)
        _await_answer(f"{settings.etterklang_patient_issuer}/.well-known/openid-configuration", children, log)
        # The worker sweeps everyone when it starts, which would slow the others' start.
        start("worker", lambda: _serve_worker(settings))
        start("research", lambda: _serve_research(settings))
    except DemoError:
        stop_all(children)
        raise
    return children


def stop_all(children: Sequence[BaseProcess]) -> None:
    """Ends the processes in the order in which they need each other; the key service last."""
    for child in reversed(children):
        if child.is_alive():
            child.terminate()
    for child in reversed(children):
        child.join(STOP_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()


def ended(children: Sequence[BaseProcess]) -> str | None:
    """The name of a process that is no longer running, if there is one."""
    return next((child.name for child in children if not child.is_alive()), None)


def _into_log(act: Callable[[], None], log: Path) -> None:
    """Ctrl-C reaches the whole process group; the children leave the stopping to the supervisor's SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with log.open("a") as stream:
        os.dup2(stream.fileno(), sys.stdout.fileno())
        os.dup2(stream.fileno(), sys.stderr.fileno())
    act()


def _await_sockets(settings: Settings, children: Sequence[BaseProcess], log: Path) -> None:
    """The others begin by asking the key service, so it is there first."""
    folder = Path(settings.etterklang_keys_socket_folder)
    sockets = [folder / f"{role}.sock" for role in ("web", "worker", "research")]
    _await_true(lambda: all(one.exists() for one in sockets), "the key service", children, log)


def _await_answer(address: str, children: Sequence[BaseProcess], log: Path) -> None:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address on loopback
                return True
        except (urllib.error.URLError, OSError):
            return False

    _await_true(answers, address, children, log)


def _await_true(is_so: Callable[[], bool], what: str, children: Sequence[BaseProcess], log: Path) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while not is_so():
        if name := ended(children):
            raise DemoError(f"the {name} process ended at its start; {log} says why")
        if time.monotonic() > give_up:
            raise DemoError(f"{what} does not answer; {log} says why")
        time.sleep(0.05)


def _serve_keys(settings: Settings) -> None:
    from surveys.keys import run_key_service  # noqa: PLC0415 - each process reads only what it needs

    asyncio.run(run_key_service(settings))


def _serve_web(settings: Settings) -> None:
    from api.server import serve  # noqa: PLC0415

    serve(settings)


def _serve_worker(settings: Settings) -> None:
    from surveys.worker import run_worker  # noqa: PLC0415

    asyncio.run(run_worker(settings))


def _serve_research(settings: Settings) -> None:
    from surveys.worker import run_research  # noqa: PLC0415

    asyncio.run(run_research(settings))


def _serve_provider(settings: Settings, people: Path) -> None:
    from api.demo.identities import serve_provider  # noqa: PLC0415

    serve_provider(settings, people)
