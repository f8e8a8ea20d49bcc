"""The ground that the benchmarks stand on: a durable PostgreSQL of its own, migrated, with keys."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.commands.environment import EMBEDDED_OPTIONS, read_environment_file
from api.demo import places
from surveys import embedded
from surveys.schema import migrate
from surveys.settings import Settings, load_settings

PORT = 8490
PROVIDER_PORT = 8491


@dataclass(frozen=True)
class Ground:
    """The settings of the processes, and the owner's address of the database."""

    settings: Settings
    address: str


@contextmanager
def ground() -> Iterator[Ground]:
    """A fresh service without people, fsync on as in production; the working folder changes meanwhile."""
    before, environment = Path.cwd(), dict(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="etterklang-bench-"))
    os.chdir(folder)
    places.HOME.mkdir()
    try:
        with embedded.start(places.HOME / "pg", EMBEDDED_OPTIONS) as server:
            address = embedded.ensure_database(server)
            migrate(address)
            file = places.write_environment(address, PORT, PROVIDER_PORT)
            os.environ.update(read_environment_file(file))
            yield Ground(load_settings(), address)
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)
        shutil.rmtree(folder, ignore_errors=True)
