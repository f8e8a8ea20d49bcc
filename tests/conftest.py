"""The ground of every test: a real PostgreSQL, migrated once, copied for each test that asks for one."""

import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys import embedded
from surveys.database import Role, make_engine
from surveys.keys import Keys
from surveys.schema import migrate
from tests.builders.keys import in_process_keys

ROOT = Path(__file__).parent.parent
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "file_copy_method": "copy",
}


# Empties what a test has filled and drops the partitions that it made: a tenth of the time of a new copy.
AS_MIGRATED = """
DO $$ DECLARE one record; filled boolean; BEGIN
  SET LOCAL session_replication_role = replica;
  -- Whoever is ended may still commit: the rows are deleted when everyone is gone.
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR one IN SELECT c.oid::regclass AS name, c.relispartition AND c.relname NOT LIKE '%\\_rest' AS made
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public')
        AND c.oid <> 'audit.head'::regclass LOOP
    IF one.made THEN
      EXECUTE format('DROP TABLE %s', one.name);
    ELSE
      EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.name) INTO filled;
      -- A new file for each table and index costs more than the rows of most tests.
      IF filled AND pg_relation_size(one.name) > 1000000 THEN
        EXECUTE format('TRUNCATE %s CASCADE', one.name);
      ELSIF filled THEN
        EXECUTE format('DELETE FROM %s', one.name);
      END IF;
    END IF;
  END LOOP;
  INSERT INTO audit.head
    SELECT lane, 0, sha256(('etterklang audit lane ' || lane)::bytea) FROM generate_series(0, 31) AS lane
    ON CONFLICT (lane) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash;
END $$
"""


# A law is tried on a few examples at each run, which differ from run to run; more are a setting away.
settings.register_profile(
    "suite", max_examples=int(os.environ.get("ETTERKLANG_TEST_EXAMPLES", "30")), deadline=None
)
settings.load_profile("suite")

LONGEST = ("tests/journeys", "tests/frontend")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders that take longest begin, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def run(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload] # names made here, never from outside


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of the server's ``postgres`` database, as the owner."""
    server = embedded.start(ROOT / ".etterklang-test" / "pg", FAST)
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a database that every migration has been run on; made anew when a migration changes."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "migrations").rglob("*.py")):
        digest.update(file.read_bytes())
    name = f"template_{digest.hexdigest()[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(8400)")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known is None:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}_raw"')
            connection.execute(f'CREATE DATABASE "{name}_raw"')
            migrate(str(make_url(postgres).set(database=f"{name}_raw").render_as_string(hide_password=False)))
            connection.execute(f'ALTER DATABASE "{name}_raw" RENAME TO "{name}"')
        connection.execute("SELECT pg_advisory_unlock(8400)")
    return name


@pytest.fixture(scope="session")
def own_database(postgres: str, template: str) -> Iterator[str]:
    """The owner's address of this session's copy of the template."""
    name = f"test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    run(postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    run(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(own_database: str) -> Iterator[str]:
    """The owner's address of a database as the migrations leave it, which only this test has."""
    yield own_database
    run(own_database, AS_MIGRATED)


@pytest.fixture(scope="session")
def engines(own_database: str) -> dict[Role, AsyncEngine]:
    """Kept for the session, since what an engine has compiled once it need not compile again."""
    return {role: make_engine(own_database, role) for role in Role}


@pytest.fixture
async def engine_as(
    database: str, engines: dict[Role, AsyncEngine]
) -> AsyncIterator[Callable[[Role], AsyncEngine]]:
    """Gives an engine that is connected to this test's database in one of the four real roles."""
    del database
    yield engines.__getitem__
    for engine in engines.values():
        await engine.dispose()


@pytest.fixture
def keys_as(engine_as: Callable[[Role], AsyncEngine]) -> Callable[[Role], Keys]:
    """Gives the key service, in this process, for a caller of one of the roles; all share one root key."""
    return in_process_keys(engine_as(Role.KEYS))
