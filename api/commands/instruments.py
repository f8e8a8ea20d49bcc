"""``etterklang instruments``: from a file to the live version, and out of use again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from api.commands.acting import acting_as
from api.commands.actors import ActorOption, name_of_actor
from api.commands.arguments import VersionArgument
from api.commands.differences import diff_files
from api.commands.exchange import FormatOption, check, export, read_file
from api.commands.licences import app as licence_app
from api.commands.licences import in_words, warn
from api.commands.translations import app as translation_app
from instruments.exchange.fhir import Imported
from instruments.versions import Instrument, as_validated
from surveys import clock
from surveys.answering import Rescored, rescore
from surveys.catalogue import (
    LicenceStanding,
    Listed,
    NotPublishableError,
    expiring_licences,
    list_versions,
    publish_instrument,
    retire_instrument,
    return_to_draft,
    store_instrument,
    submit_for_review,
)
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId

REFUSED = 3
Move = Callable[[AsyncConnection, InstrumentVersionId, datetime, str], Awaitable[None]]

app = typer.Typer(help="Import and publish instruments.", no_args_is_help=True, add_completion=False)
app.add_typer(licence_app, name="licence")
app.add_typer(translation_app, name="translations")
app.command("diff")(diff_files)
app.command("check")(check)
app.command("export")(export)


@app.callback()
def instruments() -> None:
    """Import and publish instruments."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="a FHIR R4 Questionnaire, REDCap dictionary or XLSForm")],
    form: FormatOption = None,
    accept_loss: Annotated[
        list[str] | None, typer.Option(help="a path whose loss you accept; repeat it")
    ] = None,
    validated: Annotated[
        bool, typer.Option("--validated", help="it is validated: its translations need every step")
    ] = False,
    actor: ActorOption = None,
) -> None:
    """Import FILE as a draft; what is not understood is named, and refused unless accepted."""
    imported = read_file(file, form, frozenset(accept_loss or ()))
    for loss in imported.losses:
        typer.echo(f"{loss.path}: {loss.what}: {loss.why}")
    if imported.instrument is None:
        typer.echo(
            f"refused: {len(imported.losses)} things in {file.name} are not understood; nothing was stored. "
            "Accept each by --accept-loss PATH, or take it out of the file."
        )
        raise typer.Exit(REFUSED)
    instrument = as_validated(imported.instrument) if validated else imported.instrument
    version_id = asyncio.run(_store(instrument, actor))
    typer.echo(f"imported {_counted(imported)} as draft {version_id}")


@app.command("list")
def list_all() -> None:
    """List every version: its state, since when and by whom, its languages, and its instrument's licence."""
    listed, pressing = asyncio.run(_listed())
    for one in listed:
        since = f"{one.state} since {clock.local_date(one.since).isoformat()} by {one.actor}"
        typer.echo(
            f"{one.version_id}  {one.instrument_id} {one.version}  ({', '.join(one.languages)})  {since}  "
            f"licence: {in_words(one.licence)}"
        )
    warn(pressing)


@app.command("submit")
def submit(version: VersionArgument, actor: ActorOption = None) -> None:
    """Submit a draft for review by a second person."""
    asyncio.run(_move(submit_for_review, version, actor))
    typer.echo(f"submitted {version} for review")


@app.command("return")
def give_back(version: VersionArgument, actor: ActorOption = None) -> None:
    """Return a version that is in review: it becomes a draft again."""
    asyncio.run(_move(return_to_draft, version, actor))
    typer.echo(f"returned {version} to draft")


@app.command("publish")
def publish(version: VersionArgument, actor: ActorOption = None) -> None:
    """Approve a version that is in review, as a second person: from then on it never changes."""
    try:
        asyncio.run(_publish(version, actor))
    except NotPublishableError as error:
        for fault in error.faults:
            typer.echo(fault)
        raise
    typer.echo(f"published {version}")


@app.command("retire")
def retire(version: VersionArgument, actor: ActorOption = None) -> None:
    """Take the live version out of use; no new protocol asks it, and what was asked stays as it is."""
    asyncio.run(_move(retire_instrument, version, actor))
    typer.echo(f"retired {version}")


@app.command("rescore")
def rescore_responses(version: VersionArgument, actor: ActorOption = None) -> None:
    """Score every stored response of a live version's structure by its scoring; old scores stay beside it."""
    done = asyncio.run(_rescore(version, actor))
    typer.echo(
        f"{done.added} responses scored anew, {done.present} had these scores already, {done.dark} are erased"
    )


def _counted(imported: Imported) -> str:
    losses = len(imported.losses)
    return f"{imported.items} items, {imported.understood} fields understood, {losses} accepted losses"


async def _store(instrument: Instrument, actor: str | None) -> InstrumentVersionId:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        name = name_of_actor(actor, acting.settings)
        return await store_instrument(connection, acting.keys, instrument, clock.now(), name)


async def _listed() -> tuple[list[Listed], list[LicenceStanding]]:
    today = clock.local_date(clock.now())
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        listed = await list_versions(connection, acting.keys, today)
        return listed, await expiring_licences(connection, acting.keys, today)


async def _move(move: Move, version: UUID, actor: str | None) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        name = name_of_actor(actor, acting.settings)
        await move(connection, InstrumentVersionId(version), clock.now(), name)


async def _publish(version: UUID, actor: str | None) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        name = name_of_actor(actor, acting.settings)
        await publish_instrument(connection, acting.keys, InstrumentVersionId(version), clock.now(), name)


async def _rescore(version: UUID, actor: str | None) -> Rescored:
    # The worker, which reads the registry, never reads responses: this is the research role's.
    async with acting_as(Role.RESEARCH) as acting:
        name = name_of_actor(actor, acting.settings)
        return await rescore(acting.engine, acting.keys, InstrumentVersionId(version), clock.now(), name)
