"""Erasure: two people destroy the keys of one person's answers, and the answers go dark with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import audit
from surveys.actors import known_as
from surveys.database import Role
from surveys.identifiers import PersonId
from surveys.keys.errors import NotAllowedError
from surveys.keys.messages import NO_STUDY
from surveys.keys.tables import erasure

# The time is the database's own, so that every key service sees it by one clock.
ERASE = text(
    """
    UPDATE keys.person_key SET wrapped = ''::bytea, erased_at = clock_timestamp()
    WHERE person_id = ANY (persons.all_of(:person)) AND study_id <> :no_study AND erased_at IS NULL
    """
)
FORGET = text("SELECT answering.forget(one) FROM unnest(persons.all_of(:person)) AS one")


async def erase(connection: AsyncConnection, person_id: PersonId, actor: str, now: datetime) -> int | None:
    """Asks for a person's erasure, or as the second person carries it out.

    Gives the number of keys destroyed, or None where it waits for a second person.

    What is destroyed are the keys of answers, scores and signals, one a study. The national identifier stays,
    since it is what keeps the person from being asked again. Somebody with several identifiers is erased
    under each.

    Raises:
        NotAllowedError: the same person asked for it already.
    """
    waiting = select(erasure).where(erasure.c.person_id == person_id, erasure.c.approved_at.is_(None))
    row = (await connection.execute(waiting.with_for_update())).one_or_none()
    if row is None:
        values = {"person_id": person_id, "asked_at": now, "asked_by": actor}
        await connection.execute(insert(erasure).values(**values))
        await _enter(connection, "erasure-asked-for", actor, now, person_id, {})
        return None
    if known_as(row.asked_by) == known_as(actor):
        raise NotAllowedError(f"approving an erasure that {actor} asked for")
    erased = (await connection.execute(ERASE, {"person": person_id, "no_study": NO_STUDY})).rowcount
    await connection.execute(FORGET, {"person": person_id})
    place = update(erasure).where(erasure.c.person_id == person_id, erasure.c.asked_at == row.asked_at)
    await connection.execute(place.values(approved_by=actor, approved_at=now))
    await _enter(connection, "erased", actor, now, person_id, {"keys": str(erased), "asked-by": row.asked_by})
    return erased


async def _enter(
    connection: AsyncConnection,
    action: str,
    actor: str,
    now: datetime,
    person_id: UUID,
    about: dict[str, str],
) -> None:
    entry = audit.AuditEntry(action, Role.KEYS.value, now, person_id, {"by": actor} | about)
    await audit.append(connection, entry)
