"""``etterklang instruments``: import, list, publish."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.commands.acting import acting_as
from api.commands.differences import diff_files
from api.commands.exchange import FormatOption, check, export, read_file
from instruments.exchange.fhir import Imported
from instruments.versions import Instrument
from surveys import clock
from surveys.catalogue import load_instruments, publish_instrument, store_instrument
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId

REFUSED = 3

app = typer.Typer(help="Import and publish instruments.", no_args_is_help=True, add_completion=False)
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
    version_id = asyncio.run(_store(imported.instrument))
    typer.echo(f"imported {_counted(imported)} as draft {version_id}")


@app.command("list")
def list_versions() -> None:
    """List the published versions and how many items each has."""
    for version_id, instrument in asyncio.run(_published()).items():
        structure = instrument.structure
        languages = ", ".join(sorted(t.language for t in instrument.translations))
        typer.echo(f"{version_id}  {structure.instrument_id} {structure.version}  ({languages})")


@app.command("publish")
def publish(version: Annotated[UUID, typer.Argument(help="the version's identifier")]) -> None:
    """Publish a draft: from then on it never changes."""
    asyncio.run(_publish(version))
    typer.echo(f"published {version}")


def _counted(imported: Imported) -> str:
    losses = len(imported.losses)
    return f"{imported.items} items, {imported.understood} fields understood, {losses} accepted losses"


async def _store(instrument: Instrument) -> InstrumentVersionId:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        return await store_instrument(connection, acting.keys, instrument, clock.now())


async def _published() -> dict[InstrumentVersionId, Instrument]:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        return await load_instruments(connection, acting.keys)


async def _publish(version: UUID) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        await publish_instrument(connection, acting.keys, InstrumentVersionId(version), clock.now())
