"""Connections to PostgreSQL, one role a process, and the metadata that every capability's tables join."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

from sqlalchemy import MetaData, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from surveys.identifiers import PersonId

metadata = MetaData()


class Role(StrEnum):
    """Who a process is to the database. No role can read two of identity, registry link and responses."""

    WEB = "etterklang_web"
    WORKER = "etterklang_worker"
    KEYS = "etterklang_keys"
    RESEARCH = "etterklang_research"


class WrongRoleError(Exception):
    """A process connected as somebody else than its own role; it must not go on."""


def role_url(address: str, role: Role) -> URL:
    """``address`` for psycopg, with the user set to ``role`` unless a password says that it is meant."""
    url = make_url(address).set(drivername="postgresql+psycopg")
    return url if url.password else url.set(username=role.value)


def make_engine(address: str, role: Role, *, pool_size: int = 16) -> AsyncEngine:
    """An async engine that connects as ``role``; ``address`` is a PostgreSQL URL.

    Errors of the database never carry the values that were sent to it.
    """
    return create_async_engine(
        role_url(address, role),
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"application_name": role.value},
    )


async def check_role(engine: AsyncEngine, role: Role) -> None:
    """Refuses to go on as another role than the process's own.

    Raises:
        WrongRoleError: the database says that we are somebody else, or a superuser.
    """
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT current_user, current_setting('is_superuser')"))).one()
    if (row[0], row[1]) != (role.value, "off"):
        raise WrongRoleError(f"this process must connect as {role.value}, but the database says {row[0]}")


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    async with engine.begin() as connection:
        yield connection


async def as_person(connection: AsyncConnection, person_id: PersonId) -> None:
    """Row-level security shows the web role this person's rows and no others until the transaction ends.

    The session check does the same in its own statement; this is for what has no session.
    """
    await connection.execute(
        text("SELECT set_config('etterklang.person', :person_id, true)"), {"person_id": str(person_id)}
    )
