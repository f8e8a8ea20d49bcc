"""``etterklang protocols``: store, publish and run follow-up protocols."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from api.commands.acting import acting_as
from surveys import clock
from surveys.catalogue import live_versions
from surveys.database import Role, transaction
from surveys.followup import (
    ProtocolDraft,
    Swept,
    publish_protocol,
    read_draft,
    resolve,
    store_protocol,
    sweep,
)
from surveys.identifiers import ProtocolVersionId

app = typer.Typer(help="Follow-up protocols (docs/protocols.md).", no_args_is_help=True, add_completion=False)


@app.callback()
def protocols() -> None:
    """Follow-up protocols (docs/protocols.md)."""


@app.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a protocol document (JSON)")],
) -> None:
    """Store and publish the protocol in FILE, with the instruments that are live now."""
    typer.echo(f"published {asyncio.run(_publish(read_draft(file.read_bytes())))}")


@app.command("sweep")
def run_sweep() -> None:
    """Plan every published protocol over everyone, once, now."""
    swept = asyncio.run(_sweep())
    typer.echo(
        f"{swept.persons} persons: {swept.planned} planned, {swept.opened} opened, {swept.lapsed} lapsed"
    )


async def _publish(draft: ProtocolDraft) -> ProtocolVersionId:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        versions = await live_versions(connection, acting.keys)
        now = clock.now()
        version_id = await store_protocol(connection, acting.keys, resolve(draft, versions), now)
        await publish_protocol(connection, version_id, now)
        return version_id


async def _sweep() -> Swept:
    async with acting_as(Role.WORKER) as acting:
        return await sweep(acting.engine, acting.keys, clock.now())
