"""``etterklang instruments translations``: to translators and back; how a language was made, who approves."""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from api.commands.acting import acting_as
from api.commands.actors import ActorOption, name_of_actor
from api.commands.arguments import VersionArgument
from api.commands.output import OutOption, give_out
from instruments.exchange.translation_table import read_table, write_table
from instruments.exchange.translation_units import Translated
from instruments.exchange.xliff import read_xliff, write_xliff
from instruments.translation import completeness
from instruments.translation_record import InvalidRecordError, TranslationRecord, read_record
from instruments.translation_status import STATES, TextState, TranslationStatus, counted, standings
from instruments.versions import Instrument
from surveys import clock
from surveys.catalogue import (
    Language,
    Marking,
    approve_translations,
    import_translation,
    languages_of,
    load_instrument,
    mark_texts,
    record_translations,
)
from surveys.database import Role, transaction
from surveys.identifiers import InstrumentVersionId


class Format(StrEnum):
    """What a translator works with."""

    XLIFF = "xliff"
    CSV = "csv"


class TextReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """One text of a language: missing where ``state`` is nothing."""

    key: str
    state: TextState | None
    sub_state: str = ""


class LanguageReport(msgspec.Struct, frozen=True):
    """How far one language of a version is."""

    language: str
    needed: int
    missing: tuple[str, ...]
    states: dict[TextState, int]
    texts: tuple[TextReport, ...]
    record: TranslationRecord | None
    recorded_by: str | None
    approved_by: str | None


Read = Callable[[bytes, Instrument, Mapping[str, TranslationStatus]], Translated]
LanguageOption = Annotated[str, typer.Option(help="the language (BCP 47)")]
SourceOption = Annotated[str, typer.Option(help="the language translated from")]
app = typer.Typer(help="Translate instruments.", no_args_is_help=True, add_completion=False)


@app.callback()
def translations() -> None:
    """Translate instruments."""


@app.command("export")
def export(
    version: VersionArgument,
    language: Annotated[str, typer.Option(help="the language to translate into (BCP 47)")],
    source: SourceOption = "nb",
    form: Annotated[Format, typer.Option("--format", help="what to write")] = Format.XLIFF,
    out: OutOption = None,
) -> None:
    """Write what a translator needs: each text, with its translation so far and how far that is."""
    instrument, languages = asyncio.run(_loaded(version))
    write = write_xliff if form is Format.XLIFF else write_table
    known = languages.get(language)
    give_out(write(instrument, source, language, known.status if known else None), out)


@app.command("import")
def import_file(
    version: VersionArgument,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="an XLIFF 2 file, or a .csv")],
    actor: ActorOption = None,
) -> None:
    """Import FILE into VERSION: a new draft beside it, or only new states of the texts that it has."""
    read = read_table if file.suffix.lower() == ".csv" else read_xliff
    translated, stored = asyncio.run(_take_in(version, read, file.read_bytes(), actor))
    instrument = translated.instrument
    (lacking,) = (
        len(one.missing)
        for one in completeness(instrument.structure, instrument.translations)
        if one.language == translated.language
    )
    states = _in_words(counted(standings(instrument, translated.status).values()))
    where = f"states of {stored}" if stored == version else f"draft {stored}"
    typer.echo(
        f"{translated.texts} texts in {translated.language} ({states}), {lacking} are missing; {where}"
    )


@app.command("mark")
def mark(
    version: VersionArgument,
    language: LanguageOption,
    state: Annotated[str, typer.Option(help=f"how far they are: {', '.join(STATES)}")],
    key: Annotated[list[str] | None, typer.Option(help="one text; repeat it. Left out: all")] = None,
    source: SourceOption = "nb",
    actor: ActorOption = None,
) -> None:
    """Say how far texts are that no translator's file says it of."""
    wanted = next((one for one in STATES if one == state), None)
    if wanted is None:
        raise typer.BadParameter(f"is no state; it is one of {', '.join(STATES)}", param_hint="--state")
    many = asyncio.run(_mark(version, language, source, wanted, key or [], actor))
    typer.echo(f"{many} texts in {language} are {wanted}")


@app.command("record")
def record(
    version: VersionArgument,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="the record as JSON")],
    language: LanguageOption,
    actor: ActorOption = None,
) -> None:
    """Record how a language was translated and tested; a newer record is to be approved anew."""
    made = read_record(file.read_bytes())
    if made.language != language:
        raise InvalidRecordError("language", f"is another than {language}")
    asyncio.run(_record(version, made, actor))
    typer.echo(f"recorded how {language} of {version} was made; somebody else approves it")


@app.command("approve")
def approve(version: VersionArgument, language: LanguageOption, actor: ActorOption = None) -> None:
    """Approve how a language was made, as one who neither translated nor recorded it."""
    asyncio.run(_approve(version, language, actor))
    typer.echo(f"approved {language} of {version}")


@app.command("status")
def status(
    version: VersionArgument,
    as_json: Annotated[bool, typer.Option("--json", help="each text with its state, for programs")] = False,
) -> None:
    """Show how far each language of VERSION is, which texts it lacks, how it was made and who approved it."""
    reports = _reports(*asyncio.run(_loaded(version)))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(reports)))
        return
    for one in reports:
        _say(one)


def _say(one: LanguageReport) -> None:
    whole = f"{one.needed - len(one.missing)} of {one.needed} texts"
    typer.echo(f"{one.language}: {whole} ({_in_words(one.states)})")
    if one.record is None:
        typer.echo("  has no record of how it was translated")
    else:
        origin = f" from {one.record.source_language}" if one.record.source_language else ""
        approved = f"approved by {one.approved_by}" if one.approved_by else "not approved"
        typer.echo(f"  {one.record.kind}{origin}, recorded by {one.recorded_by}, {approved}")
    for text in one.texts:
        if text.state is None:
            typer.echo(f"  {text.key} has no text")
        elif text.state == "initial" or text.sub_state:
            typer.echo(f"  {text.key} is {text.state}{f' ({text.sub_state})' if text.sub_state else ''}")


def _reports(instrument: Instrument, languages: Mapping[str, Language]) -> list[LanguageReport]:
    reports = []
    for whole in completeness(instrument.structure, instrument.translations):
        one = languages[whole.language]
        found = standings(instrument, one.status)
        texts = [TextReport(key, state, sub_state) for key, (state, sub_state) in found.items()]
        reports.append(
            LanguageReport(
                language=whole.language,
                needed=whole.needed,
                missing=whole.missing,
                states=counted(found.values()),
                texts=(*texts, *(TextReport(key, None) for key in whole.missing)),
                record=one.record,
                recorded_by=one.recorded_by,
                approved_by=one.approval.actor if one.approval else None,
            )
        )
    return reports


def _in_words(states: Mapping[TextState, int]) -> str:
    return ", ".join(f"{many} {state}" for state, many in states.items() if many) or "none yet"


async def _loaded(version: UUID) -> tuple[Instrument, dict[str, Language]]:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        version_id = InstrumentVersionId(version)
        instrument = await load_instrument(connection, acting.keys, version_id)
        return instrument, await languages_of(connection, acting.keys, version_id, instrument)


async def _take_in(
    version: UUID, read: Read, content: bytes, actor: str | None
) -> tuple[Translated, InstrumentVersionId]:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        return await import_translation(
            connection,
            acting.keys,
            InstrumentVersionId(version),
            lambda instrument, statuses: read(content, instrument, statuses),
            clock.now(),
            name_of_actor(actor, acting.settings),
        )


async def _mark(
    version: UUID, language: str, source: str, state: TextState, texts: list[str], actor: str | None
) -> int:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        return await mark_texts(
            connection,
            acting.keys,
            InstrumentVersionId(version),
            Marking(language, source, state, tuple(texts)),
            clock.now(),
            name_of_actor(actor, acting.settings),
        )


async def _record(version: UUID, made: TranslationRecord, actor: str | None) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        name = name_of_actor(actor, acting.settings)
        version_id = InstrumentVersionId(version)
        await record_translations(connection, acting.keys, version_id, [made], clock.now(), name)


async def _approve(version: UUID, language: str, actor: str | None) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        name = name_of_actor(actor, acting.settings)
        version_id = InstrumentVersionId(version)
        await approve_translations(connection, acting.keys, version_id, [language], clock.now(), name)
