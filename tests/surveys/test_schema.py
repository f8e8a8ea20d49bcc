"""The database is what the code says it is."""

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

import api.security.tables  # noqa: F401 - imported for its tables
import surveys.answering.tables
import surveys.audit.tables
import surveys.catalogue.tables
import surveys.followup.tables
import surveys.keys.tables
import surveys.lateeffects.tables
import surveys.own.tables
import surveys.persons.tables
import surveys.registry.tables
import surveys.research.tables  # noqa: F401 - imported for their tables
from surveys.database import metadata


def is_ours(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    return not (
        kind == "table" and reflected and re.search(r"_(rest|y\d{4}m\d{2})$|^alembic_version$", name or "")
    )


def test_models_and_migrations_agree(database: str) -> None:
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "include_object": is_ours, "compare_type": True}
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []
