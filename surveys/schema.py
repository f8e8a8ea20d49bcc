"""Brings a database to the newest migration; run as the owner of the schema, never by a serving process."""

from importlib.resources import files

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url


def newest_migration() -> str:
    """The name of the last migration, which changes whenever there is one to run."""
    return max(
        file.name for file in files("migrations").joinpath("versions").iterdir() if file.name[0] != "_"
    )


def migrate(address: str) -> None:
    """Runs every migration that the database at ``address`` (the owner's PostgreSQL URL) has not had."""
    # Slow to import, and no serving process migrates.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
