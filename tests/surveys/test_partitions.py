"""Months are made ahead of their rows, by the worker and nobody else, and never by moving a row."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.audit import AuditEntry, append
from surveys.database import Role, transaction
from surveys.partitions import ensure_months

NOVEMBER = datetime(2031, 11, 23, 12, tzinfo=UTC)
TABLES = {"answering.response", "audit.audit_entry", "followup.outbox"}

Connect = Callable[[Role], AsyncEngine]


async def ensure(engine_as: Connect, now: datetime) -> set[str]:
    async with transaction(engine_as(Role.WORKER)) as connection:
        return set(await ensure_months(connection, now))


async def test_the_current_month_and_the_two_after_it_are_made_once(engine_as: Connect) -> None:
    months = ("y2031m11", "y2031m12", "y2032m01")
    assert await ensure(engine_as, NOVEMBER) == {f"{table}_{month}" for table in TABLES for month in months}
    assert await ensure(engine_as, NOVEMBER) == set()


async def test_the_next_month_adds_one_partition_a_table(engine_as: Connect) -> None:
    await ensure(engine_as, NOVEMBER)
    december = NOVEMBER.replace(month=12, day=1)
    assert await ensure(engine_as, december) == {f"{table}_y2032m02" for table in TABLES}


async def test_a_month_that_has_rows_already_keeps_them_where_they_are(
    engine_as: Connect, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO followup.outbox "
            "(person_id, outbox_id, created_at, assessment_id, kind, due_at, state) "
            "SELECT gen_random_uuid(), gen_random_uuid(), '2031-12-24', gen_random_uuid(), "
            "'reminder', now(), 'due'"
        )
    made = await ensure(engine_as, NOVEMBER)
    assert {name for name in made if name.startswith("followup")} == {
        "followup.outbox_y2031m11",
        "followup.outbox_y2032m01",
    }
    with psycopg.connect(database) as owner:
        (place,) = owner.execute("SELECT tableoid::regclass::text FROM followup.outbox").fetchall()
    assert place == ("followup.outbox_rest",)


async def test_a_row_of_a_made_month_goes_into_its_partition(engine_as: Connect, database: str) -> None:
    now = datetime.now(UTC)
    await ensure(engine_as, now)
    async with transaction(engine_as(Role.WORKER)) as connection:
        await append(connection, AuditEntry("tried", "worker", now, None, {}))
    with psycopg.connect(database) as owner:
        places = {row[0] for row in owner.execute("SELECT tableoid::regclass::text FROM audit.audit_entry")}
    assert places == {f"audit.audit_entry_{now:y%Ym%m}"}


@pytest.mark.parametrize("role", [Role.WORKER, Role.WEB, Role.RESEARCH])
async def test_a_partition_opens_no_way_round_the_grants_of_its_table(engine_as: Connect, role: Role) -> None:
    await ensure(engine_as, NOVEMBER)
    async with engine_as(role).connect() as connection:
        for table in TABLES:
            allowed = await connection.scalar(
                text("SELECT has_table_privilege(:name, 'select, insert, update, delete')"),
                {"name": f"{table}_y2031m11"},
            )
            assert allowed is False
