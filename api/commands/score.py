"""``etterklang score``: scores a table of answers by an instrument of the catalogue; needs no database."""

import csv
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NamedTuple, TextIO

import numpy as np
import typer

from api.commands.answer_tables import AnswerTable, Block, places_of
from instruments.catalogue import Entry, entry, names
from instruments.scoring import (
    MissingColumnError,
    OutOfRangeError,
    ScoringSpec,
    Verdict,
    confirmed,
    judge_numbers,
    label,
    narrowed,
    score,
)


class UnscorableError(Exception):
    """An instrument cannot be scored as asked; the sentence says what to do."""


def score_answers(
    spec_id: Annotated[str | None, typer.Argument(help="an instrument of `etterklang score --list`")] = None,
    answers: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="a CSV: a column an item, a row a response"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="where to write the scores; else to standard output")
    ] = None,
    explain: Annotated[int | None, typer.Option(help="say why one row's scores are what they are")] = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option(
            help="SCALE=higher-better or SCALE=higher-worse: a disputed scale, as your manual has it"
        ),
    ] = None,
    keep: Annotated[list[str] | None, typer.Option(help="a column to carry along, such as a key")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="name the instruments")] = False,
) -> None:
    """Score ANSWERS by SPEC_ID: one row in, one row out, NA for missing, full precision."""
    if show_list:
        _list()
        return
    if spec_id is None or answers is None:
        raise typer.BadParameter("give SPEC_ID and ANSWERS.csv, or --list")
    found = entry(spec_id)
    spec = _confirmed(_scoring(found), confirm or [])
    with answers.open(encoding="utf-8-sig", newline="") as stream:
        scored = _open(found, spec, AnswerTable(answers, stream), keep or [])
        if explain is not None:
            _explain(scored, explain)
            return
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as written:
            _write(scored, written)
            written.seek(0)
            _deliver(written, out)


def _list() -> None:
    for name in names():
        one = entry(name)
        scales = "not scored: its rules are not confirmed" if one.scoring is None else one.status
        typer.echo(f"{name}\t{one.instrument_id}\t{one.title}\t{scales}")


def _scoring(found: Entry) -> ScoringSpec:
    if found.scoring is None:
        raise UnscorableError(f"{found.spec_id} is not scored: {'; '.join(found.notes)}")
    return found.scoring


def _confirmed(spec: ScoringSpec, choices: list[str]) -> ScoringSpec:
    for choice in choices:
        scale_id, _, direction = choice.partition("=")
        match direction:
            case "higher-better" | "higher-worse":
                spec = confirmed(spec, scale_id, direction)
            case _:
                raise UnscorableError(
                    f"--confirm {choice[:100]!r}: say SCALE=higher-better or SCALE=higher-worse"
                )
    return spec


class Scored(NamedTuple):
    """A table and how it is scored: by what, where the items' columns stand, and which are carried along."""

    spec: ScoringSpec
    table: AnswerTable
    places: dict[str, int]
    keep: list[int]


def _open(found: Entry, spec: ScoringSpec, table: AnswerTable, keep: list[str]) -> Scored:
    wanted = {item.item_id: found.columns.get(item.item_id, ()) for item in spec.items}
    places = places_of(table.header, wanted)
    try:
        narrow = narrowed(spec, places)
        score(narrow, {name: np.empty(0) for name in places})
    except MissingColumnError as error:
        raise table.wrong("", f"the column {error.item_id!r} is not there; the scoring needs it") from error
    absent = next((name for name in keep if name not in table.header), None)
    if absent is not None:
        raise table.wrong("", f"the column {absent[:100]!r} is to be kept and not there")
    left_out = [one.scale_id for one in spec.scales if not one.off and one not in narrow.scales]
    if left_out and len(left_out) < 20:
        typer.echo(f"left out, since their items have no columns: {', '.join(left_out)}", err=True)
    return Scored(narrow, table, places, [table.header.index(name) for name in keep])


def _write(scored: Scored, stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    kept = [scored.table.header[place] for place in scored.keep]
    is_first = True
    for block in scored.table.blocks():
        columns = _score(scored, block)
        if is_first:
            writer.writerow([*kept, *columns])
            is_first = False
        cells = [[row[place] for row in block.rows] for place in scored.keep]
        writer.writerows(zip(*cells, *columns.values(), strict=True))
    if is_first:
        raise scored.table.wrong("", "has a header and no rows")


def _score(scored: Scored, block: Block) -> dict[str, list[str]]:
    """The score columns of a block as they are written: flags and bands among them."""
    columns = {name: np.array(scored.table.numbers(block, place)) for name, place in scored.places.items()}
    try:
        scores = score(scored.spec, columns)
    except OutOfRangeError as error:
        raise _out_of_range(scored, error, block.first_row) from error
    written = {name: [_number(value) for value in values.tolist()] for name, values in scores.items()}
    bands = label(scored.spec, scores)
    return written | {name: [text or "NA" for text in labels.tolist()] for name, labels in bands.items()}


def _out_of_range(scored: Scored, error: OutOfRangeError, first_row: int) -> Exception:
    column = scored.table.header[scored.places[error.item_id]]
    place = f"row {first_row + error.row}, column {column!r}:"
    return scored.table.wrong(place, "is none of the answers that the scoring allows")


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - true for NaN only
        return "NA"
    return str(int(value)) if value.is_integer() else repr(value)


def _deliver(written: TextIO, out: Path | None) -> None:
    if out is None:
        shutil.copyfileobj(written, sys.stdout)
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            shutil.copyfileobj(written, file)
    except OSError as error:
        raise UnscorableError(f"the scores cannot be written to {out}: {error.strerror}") from error


def _explain(scored: Scored, row: int) -> None:
    for block in scored.table.blocks():
        if block.first_row <= row < block.first_row + len(block.rows):
            one = Block(row, [block.rows[row - block.first_row]])
            numbers = {name: scored.table.numbers(one, place)[0] for name, place in scored.places.items()}
            given = [numbers.get(item.item_id, float("nan")) for item in scored.spec.items]
            try:
                _say(judge_numbers(scored.spec, given))
            except OutOfRangeError as error:
                raise _out_of_range(scored, error, row) from error
            return
    raise scored.table.wrong(f"row {row}", "is not there; the first is 1")


def _say(verdict: Verdict) -> None:
    for one in verdict.scores:
        value = "NA" if one.value is None else _number(one.value)
        parts = [f"{one.scale_id} = {value}", one.rule, f"used {' '.join(one.used) or 'none'}"]
        if one.missing:
            parts.append(f"missing {' '.join(one.missing)}")
        if one.inapplicable:
            parts.append(f"not applicable {' '.join(one.inapplicable)}")
        if not one.applies:
            parts.append("the scale does not apply to this person")
        typer.echo("; ".join(parts))
    for flag in verdict.flags:
        value = "NA" if flag.value is None else ("yes" if flag.value else "no")
        typer.echo(f"{flag.flag_id} = {value}")
    for name, band in verdict.bands:
        typer.echo(f"{name} = {band}")
