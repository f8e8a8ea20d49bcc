"""A catalogue and who works on it."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from instruments.licence import Licence
from instruments.versions import Instrument, State
from surveys.catalogue import (
    Move,
    moves_of,
    publish_instrument,
    record_licence,
    retire_instrument,
    return_to_draft,
    store_instrument,
    submit_for_review,
)
from surveys.catalogue.versions import state_of
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId
from surveys.keys import Keys
from tests.builders.answering import FIRST, NOW, SECOND, EngineAs, KeysAs, approve, vouch_for_languages


@dataclass
class Catalogue:
    """A worker's view of the catalogue; each act is one transaction."""

    engine: AsyncEngine
    keys: Keys

    async def store(self, instrument: Instrument, actor: str = FIRST) -> InstrumentVersionId:
        async with transaction(self.engine) as connection:
            return await store_instrument(connection, self.keys, instrument, NOW, actor)

    async def approve(self, instrument: Instrument, licence: Licence | None = None) -> InstrumentVersionId:
        async with transaction(self.engine) as connection:
            return await approve(connection, self.keys, instrument, licence)

    async def vouch(self, version_id: InstrumentVersionId, instrument: Instrument) -> None:
        async with transaction(self.engine) as connection:
            await vouch_for_languages(connection, self.keys, version_id, instrument)

    async def license(self, *licences: Licence) -> None:
        for one in licences:
            async with transaction(self.engine) as connection:
                await record_licence(connection, self.keys, one, NOW, SECOND)

    async def submit(self, version_id: InstrumentVersionId, actor: str = FIRST) -> None:
        async with transaction(self.engine) as connection:
            await submit_for_review(connection, version_id, NOW, actor)

    async def give_back(self, version_id: InstrumentVersionId, actor: str = SECOND) -> None:
        async with transaction(self.engine) as connection:
            await return_to_draft(connection, version_id, NOW, actor)

    async def publish(
        self, version_id: InstrumentVersionId, actor: str = SECOND, now: datetime = NOW
    ) -> None:
        async with transaction(self.engine) as connection:
            await publish_instrument(connection, self.keys, version_id, now, actor)

    async def retire(self, version_id: InstrumentVersionId, actor: str = FIRST) -> None:
        async with transaction(self.engine) as connection:
            await retire_instrument(connection, version_id, NOW, actor)

    async def state(self, version_id: InstrumentVersionId) -> State:
        async with transaction(self.engine) as connection:
            return await state_of(connection, version_id)

    async def moves(self, version_id: InstrumentVersionId) -> list[Move]:
        async with transaction(self.engine) as connection:
            return await moves_of(connection, version_id)


@pytest.fixture
def catalogue(engine_as: EngineAs, keys_as: KeysAs) -> Catalogue:
    return Catalogue(engine_as(Role.WORKER), keys_as(Role.WORKER))
