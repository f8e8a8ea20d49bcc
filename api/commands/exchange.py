"""``etterklang instruments check`` and ``export``: other people's formats, in and out."""

import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn
from uuid import UUID

import typer

from api.commands.output import OutOption, give_out
from instruments.exchange.fhir import Imported
from instruments.exchange.json_tree import MAX_BYTES
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.versions import Instrument, State

INVALID = 2
REFUSED = 3


class Format(StrEnum):
    """What a file to import may be."""

    FHIR = "fhir"
    REDCAP = "redcap"
    XLSFORM = "xlsform"


class Reader(NamedTuple):
    """Where the reader of a format is; it takes the content and the losses accepted."""

    module: str
    function: str


# Each is imported when it is asked for: pyxform alone takes longer than reading a questionnaire.
FORMATS: Mapping[Format, Reader] = {
    Format.FHIR: Reader("fhir", "read_questionnaire"),
    Format.REDCAP: Reader("redcap", "read_dictionary"),
    Format.XLSFORM: Reader("xlsform", "read_xlsform"),
}
ENDINGS: Mapping[str, Format] = {".csv": Format.REDCAP, ".xlsx": Format.XLSFORM, ".xls": Format.XLSFORM}

FormatOption = Annotated[
    Format | None, typer.Option("--format", help="what FILE is; by its ending where left out")
]


def read_file(file: Path, form: Format | None, accept: Collection[str] = ()) -> Imported:
    """The instrument in ``file`` with what of it was not understood; see ``read_questionnaire``.

    Raises:
        InvalidQuestionnaireError: there is no such file, or it is not of the format.
    """
    content = _content(file)
    reader = FORMATS[form or ENDINGS.get(file.suffix.lower(), Format.FHIR)]
    try:
        read = getattr(import_module(f"instruments.exchange.{reader.module}"), reader.function)
    except ModuleNotFoundError as error:
        raise InvalidQuestionnaireError("", f"cannot be read: {error.name} is not installed") from error
    imported: Imported = read(content, accept)
    return imported


def _content(file: Path) -> bytes:
    try:
        if not file.exists():
            raise InvalidQuestionnaireError("", "is not there: no file has this name")
        if not file.is_file():
            raise InvalidQuestionnaireError("", "is not a file: give a file, not a folder or a device")
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidQuestionnaireError("", f"cannot be read: {error}") from error
    if len(content) > MAX_BYTES:
        raise InvalidQuestionnaireError("", f"is larger than {MAX_BYTES} bytes")
    return content


def check(
    file: Annotated[Path, typer.Argument(help="the file to look at; nothing is stored")],
    form: FormatOption = None,
) -> None:
    """Say as JSON what of FILE is understood; exit 0: all of it, 3: not what is named, 2: it is invalid."""
    try:
        imported = read_file(file, form)
    except InvalidQuestionnaireError as error:
        _report(INVALID, errors=[{"path": error.path, "rule": error.rule}])
    except MemoryError:
        _report(INVALID, errors=[{"path": "", "rule": "needs more memory than there is"}])
    _report(
        REFUSED if imported.losses else 0,
        understood=imported.understood,
        items=imported.items,
        losses=[{"path": loss.path, "what": loss.what, "why": loss.why} for loss in imported.losses],
        notes=[{"path": note.path, "what": note.what, "why": note.why} for note in imported.notes],
    )


def _report(exit_code: int, **found: object) -> NoReturn:
    empty = {"understood": 0, "items": 0, "losses": [], "errors": [], "notes": []}
    typer.echo(json.dumps(empty | found, indent=2))
    raise typer.Exit(exit_code)


class Written(StrEnum):
    """What an instrument may be written as."""

    FHIR = "fhir"


def export(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="a version's identifier, or an instrument's: its live version")
    ],
    form: Annotated[Written, typer.Option("--format", help="what to write")] = Written.FHIR,
    out: OutOption = None,
) -> None:
    """Write a stored version as a FHIR R4 Questionnaire, which imports without a loss as the same."""
    import asyncio  # noqa: PLC0415 - `check` waits for nothing

    from instruments.exchange.writing import write_questionnaire  # noqa: PLC0415 - and writes nothing

    del form
    give_out(write_questionnaire(*asyncio.run(_stored(identifier))), out)


async def _stored(identifier: str) -> tuple[Instrument, State]:
    """A stored version and the state that it is in."""
    # `check` looks at a file and needs no database; what reaches one takes a second to import.
    from api.commands.acting import acting_as  # noqa: PLC0415
    from surveys.catalogue import NotLiveError, live_version_of, load_instrument, state_of  # noqa: PLC0415
    from surveys.database import Role, transaction  # noqa: PLC0415
    from surveys.identifiers import InstrumentVersionId  # noqa: PLC0415

    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        try:
            version = InstrumentVersionId(UUID(identifier))
        except ValueError:
            live = await live_version_of(connection, acting.keys, identifier)
            if live is None:
                raise NotLiveError(identifier) from None
            version = live
        instrument = await load_instrument(connection, acting.keys, version)
        return instrument, await state_of(connection, version)
