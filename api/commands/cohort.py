"""``etterklang cohort``: a synthetic Norway to try things on."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from surveys import clock

app = typer.Typer(help="Make synthetic people; never real ones.", no_args_is_help=True, add_completion=False)


@app.callback()
def cohort() -> None:
    """Make synthetic people; never real ones."""


@app.command("make")
def make(
    persons: Annotated[int, typer.Option(min=1, help="how many persons, controls included")],
    seed: Annotated[int, typer.Option(help="the same seed and day give the same bytes")] = 1,
    out: Annotated[Path | None, typer.Option(help="the file; standard output if left out")] = None,
    form: Annotated[Literal["ndjson", "csv"], typer.Option(help="the form of the rows")] = "ndjson",
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the last day of the data")
    ] = None,
) -> None:
    """Write a cohort in the form that `etterklang registry import` takes."""
    from api.demo.cohort import write_cohort  # noqa: PLC0415 - left out of the production wheel

    last_day: date = today.date() if today else clock.local_date(clock.now())
    if out is None:
        write_cohort(sys.stdout.buffer, persons, seed, last_day, form)
        return
    with out.open("wb") as stream:
        write_cohort(stream, persons, seed, last_day, form)
