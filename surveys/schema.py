"""Brings a database to the newest migration; run as the owner of the schema, never by a serving process."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url


def migrate(address: str) -> None:
    """Runs every migration that the database at ``address`` (the owner's PostgreSQL URL) has not had."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
