"""Alembic's entry: runs the migrations on the connection that ``surveys.schema.migrate`` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], include_schemas=True)
context.run_migrations()
