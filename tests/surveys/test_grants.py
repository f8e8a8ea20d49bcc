"""Each database role may do what the table of docs/security.md says, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "security.md"
ACTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain")
NOTHING = ""

# Asked by the role itself. A partition is reached through its parent, but a grant on it would count as well.
TABLES = text(
    """
    SELECT format('%s.%s', n.nspname, c.relname) AS name, one.act,
           has_table_privilege(c.oid, one.act) AS whole,
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              AND one.act IN ('select', 'insert', 'update')
              AND has_column_privilege(c.oid, a.attnum, one.act)) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN unnest(CAST(:acts AS text[])) WITH ORDINALITY AS one (act, place)
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND NOT (c.relispartition AND c.relname LIKE '%\\_rest')
    ORDER BY 1, one.place
    """
)
FUNCTIONS = text(
    """
    SELECT format('%s.%s', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prorettype <> 'trigger'::regtype
      AND has_schema_privilege(n.oid, 'usage') AND has_function_privilege(p.oid, 'execute')
    ORDER BY 1
    """
)
ON_PARTITIONS = text(
    """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relispartition AND c.relkind = 'r'
      AND has_table_privilege(c.oid, array_to_string(CAST(:acts AS text[]), ', '))
    """
)


async def found(engine: AsyncEngine) -> dict[str, str]:
    """What the role may do with each table, and each function that it may call."""
    may: dict[str, list[str]] = {}
    async with engine.connect() as connection:
        for name, act, whole, columns in await connection.execute(TABLES, {"acts": list(ACTS)}):
            acts = may.setdefault(name, [])
            if whole:
                acts.append(act)
            elif columns:
                acts.append(f"{act} of {', '.join(columns)}")
        functions = [name for (name,) in await connection.execute(FUNCTIONS)]
    return {name: "; ".join(acts) for name, acts in may.items()} | {f"{name}()": "call" for name in functions}


def written() -> dict[Role, dict[str, str]]:
    """The same, as the documentation has it: by role, of each table or function."""
    roles = (Role.WEB, Role.WORKER, Role.KEYS, Role.RESEARCH)
    said: dict[Role, dict[str, str]] = {role: {} for role in roles}
    part = DOCUMENTATION.read_text(encoding="utf-8").partition("## What each database role may do\n")[2]
    for line in part.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 1 + len(roles):
            for role, cell in zip(roles, cells[1:], strict=True):
                said[role][cells[0].strip("`")] = cell
    return said


def kept(grants: dict[str, str]) -> dict[str, str]:
    return {name: may for name, may in grants.items() if may != NOTHING}


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_do_what_the_documentation_says(
    engine_as: Callable[[Role], AsyncEngine], role: Role
) -> None:
    assert kept(await found(engine_as(role))) == kept(written()[role])


@pytest.mark.parametrize("role", list(Role))
async def test_no_role_reaches_a_partition_past_its_table(
    engine_as: Callable[[Role], AsyncEngine], role: Role
) -> None:
    async with engine_as(role).connect() as connection:
        assert (await connection.execute(ON_PARTITIONS, {"acts": list(ACTS)})).all() == []


def test_the_documentation_has_every_table() -> None:
    said = written()
    assert len(said[Role.WEB]) > 50
    assert all(any(said[role][name] for role in said) for name in said[Role.WEB])
