"""A version's life: draft, in review, published, retired; who moved it and when is kept and never changed.

The moves are ``instruments.versions.MOVES``. A row of ``version_move`` is what moves a version: its trigger
``catalogue.move_version`` holds the same rules, and sets the state.
"""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.versions import MOVES, State
from surveys.actors import known_as
from surveys.audit import AuditEntry, append
from surveys.catalogue.errors import (
    NoActorError,
    SecondPersonError,
    VersionMoveError,
    VersionNotFoundError,
)
from surveys.catalogue.tables import instrument_version, version_move
from surveys.identifiers import InstrumentVersionId

_ACTIONS = {
    State.IN_REVIEW: "instrument-submitted",
    State.DRAFT: "instrument-returned",
    State.PUBLISHED: "instrument-published",
    State.RETIRED: "instrument-retired",
}


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step in a version's life. ``before`` is nothing where the version was stored."""

    before: State | None
    after: State
    actor: str
    at: datetime


async def submit_for_review(
    connection: AsyncConnection, version_id: InstrumentVersionId, now: datetime, actor: str
) -> None:
    """Says that a draft is finished and may be looked at by a second person.

    Raises:
        VersionNotFoundError, VersionMoveError, NoActorError: see ``check_move``.
    """
    await move(connection, version_id, State.IN_REVIEW, now, actor)


async def return_to_draft(
    connection: AsyncConnection, version_id: InstrumentVersionId, now: datetime, actor: str
) -> None:
    """Gives a version that is in review back: it is not to be published as it is.

    Raises:
        VersionNotFoundError, VersionMoveError, NoActorError: see ``check_move``.
    """
    await move(connection, version_id, State.DRAFT, now, actor)


async def retire_instrument(
    connection: AsyncConnection, version_id: InstrumentVersionId, now: datetime, actor: str
) -> None:
    """Takes the live version out of use, with none in its place; what pins it already stays as it is.

    Raises:
        VersionNotFoundError, VersionMoveError, NoActorError: see ``check_move``.
    """
    await move(connection, version_id, State.RETIRED, now, actor)


async def moves_of(connection: AsyncConnection, version_id: InstrumentVersionId) -> list[Move]:
    """Every move of a version, the earliest (its storing) first; empty where there is no such version."""
    rows = await connection.execute(
        select(
            version_move.c.from_state, version_move.c.to_state, version_move.c.actor, version_move.c.moved_at
        )
        .where(version_move.c.version_id == version_id)
        .order_by(version_move.c.move_number)
    )
    return [
        Move(
            None if row.from_state is None else State(row.from_state),
            State(row.to_state),
            row.actor,
            row.moved_at,
        )
        for row in rows
    ]


async def move(
    connection: AsyncConnection, version_id: InstrumentVersionId, wanted: State, now: datetime, actor: str
) -> None:
    """Takes one step in the caller's transaction, with its audit entry.

    Raises:
        VersionNotFoundError, VersionMoveError, SecondPersonError, NoActorError: see ``check_move``.
    """
    before = await check_move(connection, version_id, wanted, actor)
    await record_move(connection, version_id, Move(before, wanted, actor, now))


async def check_move(
    connection: AsyncConnection, version_id: InstrumentVersionId, wanted: State, actor: str
) -> State:
    """The state of a version that ``actor`` may now take to ``wanted``; until the transaction ends it stays.

    Raises:
        VersionNotFoundError: there is no such version.
        VersionMoveError: the version does not go from its state to ``wanted``.
        SecondPersonError: ``actor`` would publish what they imported or submitted for review.
        NoActorError: ``actor`` is blank.
    """
    if not actor.strip():
        raise NoActorError
    found = await connection.scalar(
        select(instrument_version.c.state)
        .where(instrument_version.c.version_id == version_id)
        .with_for_update()
    )
    if found is None:
        raise VersionNotFoundError(version_id)
    state = State(found)
    if wanted not in MOVES[state]:
        raise VersionMoveError(version_id, state, wanted)
    if wanted is State.PUBLISHED and known_as(actor) in await _first_persons(connection, version_id):
        raise SecondPersonError(version_id, actor)
    return state


async def record_move(connection: AsyncConnection, version_id: InstrumentVersionId, step: Move) -> None:
    """Writes a step down, by which the version takes it, and enters it in the audit log.

    Raises:
        NoActorError: nobody is named.
    """
    if not step.actor.strip():
        raise NoActorError
    await connection.execute(
        insert(version_move).values(
            version_id=version_id,
            from_state=step.before,
            to_state=step.after,
            actor=step.actor,
            moved_at=step.at,
        )
    )
    action = "instrument-imported" if step.before is None else _ACTIONS[step.after]
    await append(connection, AuditEntry(action, step.actor, step.at, None, {"version": str(version_id)}))


async def _first_persons(connection: AsyncConnection, version_id: InstrumentVersionId) -> set[str]:
    """Who stored a version or submitted it for review."""
    steps = await moves_of(connection, version_id)
    return {known_as(one.actor) for one in steps if one.before is None or one.after is State.IN_REVIEW}
