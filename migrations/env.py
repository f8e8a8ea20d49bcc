"""Alembic's entry: runs the migrations on the connection that ``surveys.schema.migrate`` hands over."""

from alembic import context

import api.security.tables
import surveys.answering.tables
import surveys.audit.tables
import surveys.catalogue.tables
import surveys.followup.tables
import surveys.keys.tables
import surveys.lateeffects.tables
import surveys.registry.tables
import surveys.research.tables  # noqa: F401 - imported for their tables
from surveys.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
)
context.run_migrations()
