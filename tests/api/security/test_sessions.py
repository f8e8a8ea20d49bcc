"""Sessions: how long they last, whose they are, and what is left of them in the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.security import cookies
from api.security.sessions import (
    Session,
    SessionLimits,
    csrf_of,
    current,
    end_session,
    start_session,
)
from surveys.database import Role, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys import Audience, Login
from surveys.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIMITS = SessionLimits.of(Settings())
ANNA = Login(PersonId(new_id()), "anna-of-this-provider", ("registry",), b"a grant of many bytes")


@pytest.fixture
def web(engine_as: Callable[[Role], AsyncEngine]) -> AsyncEngine:
    return engine_as(Role.WEB)


async def start(web: AsyncEngine, audience: Audience = Audience.PATIENT) -> str:
    async with transaction(web) as connection:
        return await start_session(connection, ANNA, audience, NOW, LIMITS)


async def look(
    web: AsyncEngine, cookie: str, after: timedelta, audience: Audience = Audience.PATIENT
) -> Session | None:
    async with transaction(web) as connection:
        return await current(connection, cookie, audience, NOW + after)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


async def test_a_session_says_whose_it_is(web: AsyncEngine) -> None:
    cookie = await start(web)

    session = await look(web, cookie, minutes(1))

    assert session == Session(
        ANNA.person_id, ANNA.subject, ANNA.roles, ANNA.grant, csrf_of(cookie), NOW + minutes(60)
    )


async def test_fifteen_minutes_without_a_request_end_it(web: AsyncEngine) -> None:
    cookie = await start(web)

    assert await look(web, cookie, minutes(14.9)) is not None
    assert await look(web, cookie, minutes(29.8)) is not None
    assert await look(web, cookie, minutes(29.8 + 15)) is None


async def test_sixty_minutes_end_it_however_busy_it_is(web: AsyncEngine) -> None:
    cookie = await start(web)

    for minute in range(10, 60, 10):
        assert await look(web, cookie, minutes(minute)) is not None
    assert await look(web, cookie, minutes(60)) is None


async def test_a_session_keeps_the_limits_it_began_under(web: AsyncEngine) -> None:
    short = SessionLimits(minutes(2), minutes(5))
    async with transaction(web) as connection:
        cookie = await start_session(connection, ANNA, Audience.PATIENT, NOW, short)

    assert await look(web, cookie, minutes(1.9)) is not None
    assert await look(web, cookie, minutes(4)) is None


async def test_an_ended_session_is_over(web: AsyncEngine) -> None:
    cookie = await start(web)

    async with transaction(web) as connection:
        ended = await end_session(connection, cookie)

    assert ended is Audience.PATIENT
    assert await look(web, cookie, minutes(1)) is None


async def test_a_session_is_of_one_audience(web: AsyncEngine) -> None:
    cookie = await start(web, Audience.STAFF)

    assert await look(web, cookie, minutes(1), Audience.PATIENT) is None
    assert await look(web, cookie, minutes(1), Audience.STAFF) is not None


@pytest.mark.parametrize(
    "cookie", ["", "A", "A" * 43, "A" * 44, "=" * 43, "æ" * 43, "\x00", "A" * 5000, "../.."]
)
async def test_a_cookie_that_is_none_is_nobodys(web: AsyncEngine, cookie: str) -> None:
    await start(web)

    assert await look(web, cookie, minutes(1)) is None
    assert csrf_of(cookie) == "" or len(cookie) == 43


async def test_every_login_has_a_new_cookie(web: AsyncEngine) -> None:
    assert await start(web) != await start(web)


async def test_the_check_is_one_statement_and_writes_once_a_minute(web: AsyncEngine, database: str) -> None:
    cookie = await start(web)

    with counted(web) as statements:
        await look(web, cookie, minutes(0.5))
    assert len(statements) == 1
    assert used_at(database) == NOW

    await look(web, cookie, minutes(1))
    assert used_at(database) == NOW + minutes(1)
    await look(web, cookie, minutes(1.9))
    assert used_at(database) == NOW + minutes(1)


async def test_the_check_shows_the_transaction_this_persons_rows(web: AsyncEngine) -> None:
    cookie = await start(web)
    setting = text("SELECT current_setting('etterklang.person', true)")

    async with transaction(web) as connection:
        await current(connection, cookie, Audience.PATIENT, NOW)
        assert await connection.scalar(setting) == str(ANNA.person_id)
    async with transaction(web) as connection:
        assert await connection.scalar(setting) in (None, "")


@pytest.mark.parametrize(
    "change",
    [
        "person_id = gen_random_uuid()",
        "audience = 'staff'",
        "sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
    ],
)
async def test_a_row_that_somebody_changed_is_no_session(
    web: AsyncEngine, database: str, change: str
) -> None:
    cookie = await start(web)
    with psycopg.connect(database) as connection:
        connection.execute(f"UPDATE access.session SET {change}")  # type: ignore[call-overload]

    for audience in Audience:
        assert await look(web, cookie, minutes(1), audience) is None


async def test_the_database_holds_nothing_that_opens_a_session(web: AsyncEngine, database: str) -> None:
    cookie = await start(web)

    with psycopg.connect(database) as connection:
        dump = repr(connection.execute("SELECT t::text FROM access.session t").fetchall())

    for secret in (cookie, csrf_of(cookie), ANNA.subject, ANNA.roles[0], ANNA.grant.decode()):
        assert secret not in dump
        assert secret.encode().hex() not in dump


async def test_sessions_that_have_ended_are_removed(web: AsyncEngine, database: str) -> None:
    await start(web)
    async with transaction(web) as connection:
        await start_session(connection, ANNA, Audience.PATIENT, NOW + minutes(61), LIMITS)

    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM access.session").fetchone() == (1,)


async def test_a_session_in_a_log_shows_no_secret(web: AsyncEngine) -> None:
    cookie = await start(web)

    written = repr(await look(web, cookie, minutes(1)))

    assert csrf_of(cookie) not in written
    assert "grant" not in written


@pytest.mark.parametrize("name", [cookies.session_cookie_name, cookies.login_cookie_name])
def test_under_https_the_cookies_belong_to_this_host_alone(name: Callable[[Settings], str]) -> None:
    settings = Settings(etterklang_public_url="https://answers.example")

    header = cookies.made(settings, name(settings), "value").to_header(header="")

    assert header.startswith("__Host-etterklang")
    assert "Secure" in header
    assert "HttpOnly" in header
    assert "Path=/" in header
    assert "Domain" not in header


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine.sync_engine, "before_cursor_execute", note)


def used_at(database: str) -> datetime:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT last_used_at FROM access.session").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment
