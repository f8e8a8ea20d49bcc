"""A web process and its identity provider for each test that asks for them."""

from collections.abc import AsyncIterator

import pytest

from tests.builders.api import Keystore
from tests.builders.login import ClientKeys, Ground, login_ground


@pytest.fixture(scope="session")
def client_keys(tmp_path_factory: pytest.TempPathFactory) -> ClientKeys:
    """One pair of client keys for all tests."""
    return ClientKeys.make(tmp_path_factory.mktemp("client-keys"))


@pytest.fixture
async def ground(database: str, keystore: Keystore, client_keys: ClientKeys) -> AsyncIterator[Ground]:
    """Both, over real HTTP."""
    async with login_ground(database, keystore, client_keys) as ground:
        yield ground
