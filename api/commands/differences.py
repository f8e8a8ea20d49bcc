"""``etterklang instruments diff``: what changed between two versions, and what may still be compared."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from instruments.comparability import Comparability, comparability
from instruments.definition import Document
from instruments.differences import Change, diff
from instruments.exchange.fhir import read_questionnaire
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.versions import Instrument, InvalidInstrumentError, read_instrument

File = Annotated[Path, typer.Argument(help="an instrument's JSON or a FHIR Questionnaire")]


class NoInstrumentError(Exception):
    """A file holds no instrument: which one, where in it, and the rule that it breaks."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file


class _Named(msgspec.Struct):
    """What tells a FHIR resource from an instrument."""

    resource_type: str | None = msgspec.field(default=None, name="resourceType")


class _Report(Document, frozen=True):
    """The report as JSON. ``not_compared`` are paths in A and in B that are not understood."""

    changes: tuple[Change, ...]
    comparability: Comparability
    not_compared: dict[str, tuple[str, ...]]


def diff_files(
    a: File,
    b: File,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Print what changed from A to B in words, and what may still be compared, as a whole and by scale."""
    (one, lost_in_a), (other, lost_in_b) = _read(a), _read(b)
    lost = {"a": lost_in_a, "b": lost_in_b}
    report = _Report(
        diff(one, other), comparability(one, other), {side: lost[side] for side in "ab" if lost[side]}
    )
    typer.echo(msgspec.json.encode(report).decode() if as_json else _in_words(report))


def _read(file: Path) -> tuple[Instrument, tuple[str, ...]]:
    try:
        content = file.read_bytes()
        if not _is_resource(content):
            return read_instrument(content), ()
        lost = tuple(loss.path for loss in read_questionnaire(content).losses)
        instrument = read_questionnaire(content, lost).instrument
    except (InvalidInstrumentError, InvalidQuestionnaireError) as error:
        raise NoInstrumentError(file.name, str(error)) from error
    except OSError as error:
        raise NoInstrumentError(file.name, f"cannot be read: {error.strerror}") from error
    if instrument is None:
        raise NoInstrumentError(file.name, "holds no instrument that can be read")
    return instrument, lost


def _is_resource(content: bytes) -> bool:
    try:
        return msgspec.json.decode(content, type=_Named).resource_type is not None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False


def _in_words(report: _Report) -> str:
    lines = [
        f"{change.words} ({change.axis}, {change.trigger}: {change.effect})" for change in report.changes
    ]
    lines = lines or ["no changes"]
    for side, paths in report.not_compared.items():
        lines.append(f"not compared, since not understood, in {side.upper()}: {', '.join(paths)}")
    found = report.comparability
    if found.pair:
        lines.append(found.reasons[0])
    lines.append(f"overall: {found.overall}")
    lines.extend(f"  {scale}: {effect}" for scale, effect in found.scales.items())
    return "\n".join(lines)
