"""What the tests of every capability begin with."""

import pytest

from tests.builders.answering import EngineAs, KeysAs, Study, open_study


@pytest.fixture
async def study(engine_as: EngineAs, keys_as: KeysAs) -> Study:
    """A published protocol with two waves of two instruments."""
    return await open_study(engine_as, keys_as)
