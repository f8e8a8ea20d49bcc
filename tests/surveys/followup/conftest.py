"""A database with a published protocol, swept as the worker."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role
from surveys.followup import Protocol, Sent, Swept, send_due, sweep
from surveys.followup.tables import assessment, outbox
from surveys.identifiers import PersonId
from surveys.keys import Keys
from surveys.registry import History
from tests.builders.followup import Pigeon, publish, tell_registry


@dataclass
class Programme:
    """A worker with its database, and what the tests of this folder look at in it."""

    database: str
    engine: AsyncEngine
    keys: Keys

    async def publish(self, protocol: Protocol, now: datetime) -> None:
        await publish(self.engine, self.keys, protocol, now)

    def tell(self, *histories: History, now: datetime) -> None:
        tell_registry(self.database, histories, now)

    async def sweep(self, now: datetime) -> Swept:
        return await sweep(self.engine, self.keys, now)

    async def send(self, channel: Pigeon, now: datetime, limit: int = 500) -> Sent:
        return await send_due(self.engine, self.keys, channel, now, limit)

    async def states(self, person_id: PersonId) -> list[str]:
        """The states of a person's assessments, by wave."""
        query = select(assessment.c.state).where(assessment.c.person_id == person_id)
        async with self.engine.connect() as connection:
            return list(await connection.scalars(query.order_by(assessment.c.wave)))

    async def notices(self, person_id: PersonId) -> list[tuple[str, str, str | None]]:
        """Kind, state and reason of a person's notices, in the order in which they fall due."""
        query = select(outbox.c.kind, outbox.c.state, outbox.c.reason)
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                query.where(outbox.c.person_id == person_id).order_by(outbox.c.due_at)
            )
            return [(row.kind, row.state, row.reason) for row in rows]

    async def run(self, statement: str, **values: object) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)


@pytest.fixture
async def programme(
    database: str, engine_as: Callable[[Role], AsyncEngine], keys_as: Callable[[Role], Keys]
) -> Programme:
    return Programme(database, engine_as(Role.WORKER), keys_as(Role.WORKER))
