"""``etterklang registry``: the feed from the command line."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from api.commands.acting import acting_as
from surveys import clock
from surveys.database import Role
from surveys.registry import FeedReport, Form, import_rows

CHUNK_BYTES = 256 * 1024

app = typer.Typer(
    help="Take cases in the columns of the registry model (docs/feed.md).", no_args_is_help=True
)


@app.callback()
def registry() -> None:
    """Take cases in the columns of the registry model (docs/feed.md)."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a .csv or .ndjson file")],
    name: Annotated[
        str, typer.Option("--registry", help="the registry whose person keys these are")
    ] = "norway",
    report: Annotated[Path | None, typer.Option(help="write every rejected row here, as JSON")] = None,
) -> None:
    """Import FILE: valid rows are kept, each rejected row is reported with its column and rule."""
    result = asyncio.run(_import(file, name))
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    typer.echo(
        f"{result.rows} rows: {result.accepted} accepted, {result.unchanged} already known, "
        f"{len(result.rejected)} rejected"
    )
    for rejected in result.rejected[:20]:
        typer.echo(f"  row {rejected.row}, column {rejected.column}: {rejected.rule}")
    if len(result.rejected) > 20:
        typer.echo(f"  … and {len(result.rejected) - 20} more; --report FILE lists them all")
    if result.rejected:
        raise typer.Exit(3)


async def _import(file: Path, name: str) -> FeedReport:
    form: Form = "csv" if file.suffix.lower() == ".csv" else "ndjson"
    async with acting_as(Role.WORKER) as acting:
        return await import_rows(acting.engine, acting.keys, name, form, _chunks(file), clock.now())


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
