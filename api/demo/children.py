"""The demonstration's processes: the four of the service and the provider, forked from the supervisor."""

import asyncio
import multiprocessing
import os
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

from api.commands.environment import read_environment_file
from surveys.settings import Settings, load_settings

READY_SECONDS = 60.0
STOP_SECONDS = 15.0

Serve = Callable[[Settings], None]

_forking = multiprocessing.get_context("fork")


class DemoError(Exception):
    """The demonstration cannot go on; the message says what to do."""


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


class Processes:
    """The processes. What takes longest is importing, so it is done once for both pages."""

    def __init__(self, environment: Path, people: Path, log: Path) -> None:
        """``environment`` is the settings file that is there by the time they begin."""
        self._environment = environment
        self._people = people
        self._log = log
        self._may_begin = _forking.Event()
        self.children: list[BaseProcess] = []
        self._fork("keys")
        for serving in (_web, _provider):
            serving(people)

    def begin(self) -> None:
        """Lets them begin, and waits until the pages answer; then the worker and the research process follow.

        Raises:
            DemoError: one ended, or did not answer within a minute.
        """
        settings = _settings(self._environment)
        sockets = Path(settings.etterklang_keys_socket_folder)
        shutil.rmtree(sockets, ignore_errors=True)
        sockets.mkdir(mode=0o700)
        self._may_begin.set()
        self._fork("web")
        self._fork("provider")
        self._await_answer(f"{settings.etterklang_public_url}/health/ready")
        self._await_answer(f"{settings.etterklang_patient_issuer}/.well-known/openid-configuration")
        # The worker sweeps everyone when it starts, which would slow the others' start.
        self._fork("worker")
        self._fork("research")

    def ended(self) -> str | None:
        """The name of a process that is no longer running, if there is one."""
        return next((child.name for child in self.children if not child.is_alive()), None)

    def stop(self) -> None:
        """Ends the processes, the key service and the pages after those that need them."""
        for child in reversed(self.children):
            if child.is_alive():
                child.terminate()
        for child in reversed(self.children):
            child.join(STOP_SECONDS)
            if child.is_alive():
                child.kill()
                child.join()
        self.children.clear()

    def _fork(self, name: str) -> None:
        child = _forking.Process(target=self._live, args=(name,), name=name)
        child.start()
        self.children.append(child)

    def _live(self, name: str) -> None:
        # Ctrl-C reaches the whole process group; stopping is left to the supervisor's SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with self._log.open("a") as stream:
            os.dup2(stream.fileno(), sys.stdout.fileno())
            os.dup2(stream.fileno(), sys.stderr.fileno())
        serve = SERVING[name](self._people)
        self._may_begin.wait()
        serve(_settings(self._environment))

    def _await_answer(self, address: str) -> None:
        give_up = time.monotonic() + READY_SECONDS
        while not _answers(address):
            if name := self.ended():
                raise DemoError(f"the {name} process ended at its start; {self._log} says why")
            if time.monotonic() > give_up:
                raise DemoError(f"{address} does not answer; {self._log} says why")
            time.sleep(0.05)


def _settings(environment: Path) -> Settings:
    """The settings in the file, with the key service in its own process; commands open the keystore."""
    sockets = {"ETTERKLANG_KEYS_SOCKET_FOLDER": str(environment.parent / "sockets")}
    return load_settings(read_environment_file(environment) | sockets)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address on loopback
            return True
    except (urllib.error.URLError, OSError):
        return False


def _keys(_people: Path) -> Serve:
    from surveys.keys import run_key_service  # noqa: PLC0415 - each process imports only what it needs

    return lambda settings: asyncio.run(run_key_service(settings))


def _web(_people: Path) -> Serve:
    from api.server import serve  # noqa: PLC0415

    return serve


def _worker(_people: Path) -> Serve:
    from surveys.worker import run_worker  # noqa: PLC0415

    return lambda settings: asyncio.run(run_worker(settings))


def _research(_people: Path) -> Serve:
    from surveys.worker import run_research  # noqa: PLC0415

    return lambda settings: asyncio.run(run_research(settings))


def _provider(people: Path) -> Serve:
    from api.demo.identities import serve_provider  # noqa: PLC0415

    return lambda settings: serve_provider(settings, people)


SERVING: Mapping[str, Callable[[Path], Serve]] = {
    "keys": _keys,
    "web": _web,
    "worker": _worker,
    "research": _research,
    "provider": _provider,
}
