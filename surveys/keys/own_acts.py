"""What a patient who has just logged in may ask of the key service themselves: reading, stopping, erasure."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import audit
from surveys.database import Role
from surveys.identifiers import PersonId
from surveys.keys.erasure import PATIENT, ask_own_erasure, stop
from surveys.keys.messages import OwnAct

# The end is measured by the database's clock, which is the one that the reader is held to.
LEND = text(
    """
    INSERT INTO own.reading (person_id, until) VALUES (:person, clock_timestamp() + :lasts)
    ON CONFLICT (person_id) DO UPDATE SET until = excluded.until
    """
)


async def carry_out(
    connection: AsyncConnection, act: OwnAct, person_id: PersonId, lasts: timedelta, now: datetime
) -> None:
    """Does it in this transaction, with its audit entry; the person's login is fresh for ``lasts``."""
    match act:
        case OwnAct.READ:
            await connection.execute(LEND, {"person": person_id, "lasts": lasts})
            entry = audit.AuditEntry("own-reading-begun", Role.WEB.value, now, person_id, {})
            await audit.append(connection, entry)
        case OwnAct.STOP:
            await stop(connection, person_id, PATIENT, now)
        case OwnAct.ERASE:
            await ask_own_erasure(connection, person_id, now)
