"""The processes of the service, and what an operator does to its database and keys."""

import asyncio
from typing import Annotated

import typer

from api.commands.acting import embedded_folder, settings_here
from api.commands.environment import EMBEDDED_OPTIONS
from surveys import embedded
from surveys.schema import migrate
from surveys.worker import run_research, run_worker


def web() -> None:
    """Serve patients, staff, researchers and the feed over HTTP."""
    from api.server import serve  # noqa: PLC0415 - the other commands need no HTTP server

    serve(settings_here())


def worker() -> None:
    """Import batches, plan, send notices and store what was answered."""
    asyncio.run(run_worker(settings_here()))


def research() -> None:
    """Build the extracts that were requested."""
    asyncio.run(run_research(settings_here()))


def migrate_database(
    address: Annotated[
        str, typer.Option(help="the owner's PostgreSQL URL; the embedded one if left out")
    ] = "",
) -> None:
    """Bring the database to the newest version, as its owner."""
    if address:
        migrate(address)
        return
    server = embedded.start(embedded_folder(settings_here()), EMBEDDED_OPTIONS)
    migrate(embedded.ensure_database(server))
    server.cleanup()
