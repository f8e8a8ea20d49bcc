"""``etterklang instruments translations``: out to translators and back in, and how far each language is."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.commands.acting import acting_as
from api.commands.actors import ActorOption, name_of_actor
from api.commands.arguments import VersionArgument
from api.commands.output import OutOption, give_out
from instruments.exchange.translation_table import read_table, write_table
from instruments.exchange.translation_units import Translated
from instruments.exchange.xliff import read_xliff, write_xliff
from instruments.translation import completeness
from instruments.versions import Instrument
from surveys import clock
from surveys.catalogue import load_instrument, store_instrument
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId


class Format(StrEnum):
    """What a translator works with."""

    XLIFF = "xliff"
    CSV = "csv"


Read = Callable[[bytes, Instrument], Translated]
app = typer.Typer(help="Translate instruments.", no_args_is_help=True, add_completion=False)


@app.callback()
def translations() -> None:
    """Translate instruments."""


@app.command("export")
def export(
    version: VersionArgument,
    language: Annotated[str, typer.Option(help="the language to translate into (BCP 47)")],
    source: Annotated[str, typer.Option(help="the language to translate from")] = "nb",
    form: Annotated[Format, typer.Option("--format", help="what to write")] = Format.XLIFF,
    out: OutOption = None,
) -> None:
    """Write what a translator needs: each text, with its translation so far."""
    instrument = asyncio.run(_loaded(version))
    write = write_xliff if form is Format.XLIFF else write_table
    give_out(write(instrument, source, language), out)


@app.command("import")
def import_file(
    version: VersionArgument,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="an XLIFF 2 file, or a .csv")],
    actor: ActorOption = None,
) -> None:
    """Import FILE into VERSION: a new draft beside it, which goes through review like any other."""
    read = read_table if file.suffix.lower() == ".csv" else read_xliff
    translated, draft = asyncio.run(_take_in(version, read, file.read_bytes(), actor))
    (lacking,) = (
        len(one.missing)
        for one in completeness(translated.instrument.structure, translated.instrument.translations)
        if one.language == translated.language
    )
    typer.echo(f"{translated.texts} texts in {translated.language}, {lacking} are missing; draft {draft}")


@app.command("status")
def status(version: VersionArgument) -> None:
    """Show how far each language of VERSION is, and which texts it lacks."""
    instrument = asyncio.run(_loaded(version))
    for one in completeness(instrument.structure, instrument.translations):
        typer.echo(f"{one.language}: {one.needed - len(one.missing)} of {one.needed} texts")
        for key in one.missing:
            typer.echo(f"  {key} has no text")


async def _loaded(version: UUID) -> Instrument:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        return await load_instrument(connection, acting.keys, InstrumentVersionId(version))


async def _take_in(
    version: UUID, read: Read, content: bytes, actor: str | None
) -> tuple[Translated, InstrumentVersionId]:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        instrument = await load_instrument(connection, acting.keys, InstrumentVersionId(version))
        translated = read(content, instrument)
        name = name_of_actor(actor, acting.settings)
        stored = await store_instrument(connection, acting.keys, translated.instrument, clock.now(), name)
        return translated, stored
