"""The running demonstration, as `make demo` starts it, and a real browser in front of it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.frontend.browsing import chromium

PERSONS = 1_500
"""Fewer than the demonstration has: enough for each of its stories."""
ETTERKLANG = Path(sys.executable).parent / "etterklang"


@dataclass(frozen=True)
class Demo:
    """Where the demonstration runs and what it said at its start."""

    folder: Path
    url: str
    said: str
    environment: dict[str, str]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs ``etterklang`` beside the running demonstration."""
        return subprocess.run(
            [ETTERKLANG, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def number_of(self, story: str) -> list[str]:
        """The synthetic national identifiers of the people with this story."""
        people = json.loads((self.folder / ".etterklang" / "people.json").read_bytes())
        return [person["pid"] for person in people if story in person["story"]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_demo(folder: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [ETTERKLANG, "demo"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if "Ctrl-C stops it" in line:
            return process, said
    log = folder / ".etterklang" / "log"
    raise AssertionError(said + (log.read_text()[-3000:] if log.exists() else ""))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`make demo` on an empty folder; stopped by Ctrl-C at the end, which must be clean."""
    folder = tmp_path_factory.mktemp("demo")
    port, provider_port = free_port(), free_port()
    own = {
        "ETTERKLANG_PORT": str(port),
        "ETTERKLANG_DEMO_PROVIDER_PORT": str(provider_port),
        "ETTERKLANG_DEMO_PERSONS": str(PERSONS),
    }
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ETTERKLANG_")
    } | own
    process, said = start_demo(folder, environment)
    yield Demo(folder, f"http://localhost:{port}", said, environment)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all journeys."""
    async with chromium() as started:
        yield started
