"""The processes of the service, and what an operator does to its database and keys."""

import asyncio
from typing import Annotated

import typer

from api.commands.acting import connected, embedded_folder, settings_here
from api.commands.environment import EMBEDDED_OPTIONS
from surveys import audit, embedded
from surveys.database import Role
from surveys.schema import migrate
from surveys.worker import run_research, run_worker

audit_app = typer.Typer(help="The audit log.", no_args_is_help=True, add_completion=False)


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


@audit_app.callback()
def audit_log() -> None:
    """The audit log."""


@audit_app.command("verify")
def audit_verify(
    address: Annotated[
        str, typer.Option(help="the owner's PostgreSQL URL; the embedded one if left out")
    ] = "",
) -> None:
    """Recompute the chains and name the first bad entry."""
    broken = asyncio.run(_verify(address))
    if broken is not None:
        typer.echo(f"broken: {broken}", err=True)
        raise typer.Exit(1)
    typer.echo("every entry is as it was written")


async def _verify(address: str) -> audit.Broken | None:
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

    async with connected(settings_here(), Role.WORKER) as own:
        url = (
            make_url(address).set(drivername="postgresql+psycopg")
            if address
            else own.url.set(username="postgres")
        )
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            broken = await audit.verify(connection)
        await engine.dispose()
    return broken
