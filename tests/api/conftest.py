"""A running web process for each test that asks for one."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role
from surveys.keys import Keys
from tests.builders.answering import Study, open_study
from tests.builders.api import Keystore, Service, free_port, running, settings_for


@pytest.fixture(scope="session")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> Keystore:
    """One keystore for all tests: making one is meant to take its time."""
    return Keystore.make(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def keys_as(keystore: Keystore, engine_as: Callable[[Role], AsyncEngine]) -> Callable[[Role], Keys]:
    """The key service as the web process has it, too."""
    return keystore.keys_as(engine_as(Role.KEYS))


@pytest.fixture
async def service(
    database: str,
    keystore: Keystore,
    engine_as: Callable[[Role], AsyncEngine],
    keys_as: Callable[[Role], Keys],
) -> AsyncIterator[Service]:
    """The web process, over real HTTP."""
    place = free_port()
    settings = settings_for(database, keystore, place.getsockname()[1])
    async with running(settings, place, engine_as, keys_as) as service:
        yield service


@pytest.fixture
async def study(engine_as: Callable[[Role], AsyncEngine], keys_as: Callable[[Role], Keys]) -> Study:
    """A published protocol with two waves of two instruments."""
    return await open_study(engine_as, keys_as)
