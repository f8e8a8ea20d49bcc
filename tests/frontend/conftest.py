"""One browser at one running web process for all tests of the pages; each brings persons of its own."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from instruments.versions import Instrument
from surveys.database import Role, make_engine
from tests.api.conftest import keystore
from tests.builders.answering import diary, habits, open_study
from tests.builders.api import Keystore, free_port, running, settings_for
from tests.conftest import run
from tests.frontend.browsing import Pages, chromium

__all__ = ["keystore"]

ROOT = Path(__file__).parent.parent.parent
EVERYDAY = ROOT / "api" / "demo" / "documents" / "everyday-life.json"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engines(postgres: str, template: str) -> AsyncIterator[dict[Role, AsyncEngine]]:
    """Connections in each role to a migrated database that the tests of the pages share."""
    name = f"test_pages_{uuid.uuid4().hex[:8]}"
    run(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    address = make_url(postgres).set(database=name).render_as_string(hide_password=False)
    made = {role: make_engine(address, role) for role in Role}
    yield made
    for engine in made.values():
        await engine.dispose()
    run(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pages(postgres: str, engines: dict[Role, AsyncEngine], keystore: Keystore) -> AsyncIterator[Pages]:
    """A protocol that asks the demonstration's everyday questions, then a number, ticks, a day and a text, then several."""
    name = engines[Role.WEB].url.database
    address = make_url(postgres).set(database=name).render_as_string(hide_password=False)
    place, keys_as = free_port(), keystore.keys_as(engines[Role.KEYS])
    settings = settings_for(address, keystore, place.getsockname()[1])
    everyday = msgspec.json.decode(EVERYDAY.read_bytes(), type=Instrument)
    study = await open_study(engines.__getitem__, keys_as, (everyday, habits(), diary()))
    async with running(settings, place, engines.__getitem__, keys_as) as service, chromium() as browser:
        yield Pages(service, study, browser, address)
