"""How much of an hour's quota is left: booked in the database, a lot at a time.

So the count outlives a restart, and several key services share it, without a round trip for each opening.
What a service has booked and not used when it ends counts as used: a thousandth of the quota at most.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role, transaction
from surveys.keys.errors import QuotaExceededError
from surveys.keys.messages import Purpose
from surveys.keys.permissions import OPENINGS
from surveys.keys.tables import quota

HOUR_SECONDS = 3600
LOTS_AN_HOUR = 1000


class _Lot(NamedTuple):
    hour: int
    rows: int


class Quotas:
    """What this service may still open in the present hour without asking the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lots: dict[tuple[Role, Purpose], _Lot] = {}

    async def take(self, role: Role, purpose: Purpose, rows: int, now: datetime) -> None:
        """Counts the rows against the purpose's quota; what is refused counts for nothing.

        Raises:
            QuotaExceededError: there is no room for them all before the next hour.
        """
        hour = int(now.timestamp()) // HOUR_SECONDS
        while self._left(role, purpose, hour) < rows:
            booked = await self._book(role, purpose, hour, rows - self._left(role, purpose, hour))
            # Others may have taken of the lot meanwhile, so it is read anew.
            self._lots[role, purpose] = _Lot(hour, self._left(role, purpose, hour) + booked)
        if rows:
            self._lots[role, purpose] = _Lot(hour, self._left(role, purpose, hour) - rows)

    def _left(self, role: Role, purpose: Purpose, hour: int) -> int:
        lot = self._lots.get((role, purpose))
        return lot.rows if lot is not None and lot.hour == hour else 0

    async def _book(self, role: Role, purpose: Purpose, hour: int, needed: int) -> int:
        most = OPENINGS[purpose].rows_an_hour
        new = insert(quota).values(role=role.value, purpose=purpose.value, hour=hour, opened=0)
        mine = (quota.c.role == role.value) & (quota.c.purpose == purpose.value)
        async with transaction(self._engine) as connection:
            await connection.execute(new.on_conflict_do_nothing())
            row = (await connection.execute(select(quota).where(mine).with_for_update())).one()
            # A service whose clock is behind counts in the hour of the others.
            opened = row.opened if row.hour >= hour else 0
            room = most - opened
            if needed > room:
                raise QuotaExceededError(purpose)
            lot = min(max(needed, most // LOTS_AN_HOUR), room)
            values = {"hour": max(hour, row.hour), "opened": opened + lot}
            await connection.execute(update(quota).where(mine).values(values))
        return lot
