"""Who may call which function of the patient's own view: what docs/security.md says, and no more."""

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from surveys.database import Role
from tests.builders.answering import EngineAs

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "security.md"
WITHIN = {"own.is_reading", "own.is_erased"}
"""Called by the others alone."""


def test_the_documentation_names_every_function_and_who_calls_it(database: str) -> None:
    rows = re.findall(
        r"^\| (web|keys|research) \| (`own\..*?) \|", DOCUMENTATION.read_text("utf-8"), re.MULTILINE
    )
    said = {
        (f"etterklang_{role}", function)
        for role, cell in rows
        for function in re.findall(r"`(own\.\w+)`", cell.partition(";")[0])
    }
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT r.rolname, 'own.' || p.proname FROM pg_proc p, pg_roles r "
            "WHERE p.pronamespace = 'own'::regnamespace AND r.rolname LIKE 'etterklang_%' "
            "AND has_function_privilege(r.oid, p.oid, 'EXECUTE')"
        ).fetchall()
        every = connection.execute(
            "SELECT 'own.' || proname, prosecdef, proconfig FROM pg_proc "
            "WHERE pronamespace = 'own'::regnamespace"
        ).fetchall()
    assert set(found) == said
    assert {name for name, _, _ in every} == {function for _, function in said} | WITHIN
    assert all(definer and config == ['search_path=""'] for _, definer, config in every)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (Role.WEB, "SELECT * FROM own.reading"),
        (Role.WEB, "INSERT INTO own.reading SELECT gen_random_uuid(), now()"),
        (Role.WEB, "SELECT * FROM keys.erasure"),
        (Role.WEB, "SELECT * FROM audit.audit_entry"),
        (Role.WEB, "SELECT * FROM registry.reservation_fact"),
        (Role.WEB, "SELECT own.stop(gen_random_uuid(), now(), current_date)"),
        (Role.WEB, "SELECT own.forget(gen_random_uuid())"),
        (Role.WEB, "SELECT own.leaving()"),
        (Role.KEYS, "SELECT * FROM own.facts()"),
        (Role.KEYS, "SELECT * FROM registry.reservation_fact"),
        (Role.WORKER, "SELECT * FROM own.responses()"),
        (Role.RESEARCH, "SELECT * FROM own.facts()"),
        (Role.RESEARCH, "SELECT * FROM keys.erasure"),
    ],
)
async def test_nobody_does_what_is_anothers(engine_as: EngineAs, role: Role, statement: str) -> None:
    async with engine_as(role).connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(statement))
