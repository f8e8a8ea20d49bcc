"""Leaving: a person is asked nothing more; two people destroy the keys of their answers, which go dark."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys import audit
from surveys.actors import known_as
from surveys.clock import local_date
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
FORGET = text("SELECT answering.forget(one), own.forget(one) FROM unnest(persons.all_of(:person)) AS one")
STOP = text("SELECT own.stop(:person, :now, :today)")
IS_WANTED = text(
    """
    SELECT NOT EXISTS (
      SELECT FROM keys.erasure WHERE person_id = ANY (persons.all_of(:person)) AND approved_at IS NULL
    ) AND (
      NOT EXISTS (SELECT FROM keys.erasure WHERE person_id = ANY (persons.all_of(:person)))
      OR EXISTS (
        SELECT FROM keys.person_key
        WHERE person_id = ANY (persons.all_of(:person)) AND study_id <> :no_study AND erased_at IS NULL
      )
    )
    """
)
PATIENT = "patient"
"""Who asked, where it was the person themselves. Nobody of the staff is known by this name."""


async def stop(connection: AsyncConnection, person_id: PersonId, actor: str, now: datetime) -> None:
    """From here on nothing is planned for the person or sent to them, under any of their identifiers.

    What is planned or open is cancelled, and notices that are due are withheld. The same again changes
    nothing.
    """
    values = {"person": person_id, "now": now, "today": local_date(now)}
    if await connection.scalar(STOP, values):
        await _enter(connection, "participation-stopped", actor, now, person_id, {})


async def ask_own_erasure(connection: AsyncConnection, person_id: PersonId, now: datetime) -> None:
    """The person themselves asks: they are the first of the two people. Asking again changes nothing."""
    # Stopping takes turns, so that of two requests at once the second sees what the first has asked.
    await stop(connection, person_id, PATIENT, now)
    if await connection.scalar(IS_WANTED, {"person": person_id, "no_study": NO_STUDY}):
        await _ask(connection, person_id, PATIENT, now)


async def erase(connection: AsyncConnection, person_id: PersonId, actor: str, now: datetime) -> int | None:
    """Asks for a person's erasure, or as the second person carries it out; from the asking on they have left.

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
        await stop(connection, person_id, actor, now)
        await _ask(connection, person_id, actor, now)
        return None
    if known_as(row.asked_by) == known_as(actor):
        raise NotAllowedError(f"approving an erasure that {actor} asked for")
    erased = (await connection.execute(ERASE, {"person": person_id, "no_study": NO_STUDY})).rowcount
    await connection.execute(FORGET, {"person": person_id})
    place = update(erasure).where(erasure.c.person_id == person_id, erasure.c.asked_at == row.asked_at)
    await connection.execute(place.values(approved_by=actor, approved_at=now))
    await _enter(connection, "erased", actor, now, person_id, {"keys": str(erased), "asked-by": row.asked_by})
    return erased


async def _ask(connection: AsyncConnection, person_id: PersonId, by: str, now: datetime) -> None:
    values = {"person_id": person_id, "asked_at": now, "asked_by": by}
    await connection.execute(insert(erasure).values(**values))
    await _enter(connection, "erasure-asked-for", by, now, person_id, {})


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
