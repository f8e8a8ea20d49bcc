"""``etterklang instruments licence``: record licences of instruments, and see how they stand."""

import asyncio
from datetime import datetime
from typing import Annotated, get_args

import typer

from api.commands.acting import acting_as
from api.commands.actors import ActorOption, name_of_actor
from instruments.licence import Licence, Mode, Standing
from surveys import clock
from surveys.catalogue import LicenceStanding, licence_standings, record_licence
from surveys.database import Role, transaction

DAY = ["%Y-%m-%d"]

app = typer.Typer(help="Licences of instruments.", no_args_is_help=True, add_completion=False)


@app.callback()
def licences() -> None:
    """Licences of instruments (docs/instruments.md)."""


@app.command("add")
def add(
    instrument_id: Annotated[str, typer.Argument(help="the instrument's identifier, as `list` shows it")],
    holder: Annotated[str, typer.Option(help="who holds the rights")],
    terms: Annotated[str, typer.Option(help="what the agreement allows")],
    reference: Annotated[str, typer.Option(help="the agreement's number or date")],
    language: Annotated[list[str], typer.Option(help="a language that it covers (BCP 47); repeat it")],
    mode: Annotated[list[str], typer.Option(help="electronic, paper or interview; repeat it")],
    valid_from: Annotated[datetime, typer.Option(formats=DAY, help="the first day it holds")],
    valid_to: Annotated[datetime | None, typer.Option(formats=DAY, help="the last day it holds")] = None,
    max_patients: Annotated[int | None, typer.Option(help="how many patients it covers")] = None,
    actor: ActorOption = None,
) -> None:
    """Record a licence. A renewal is one more record; of those that cover a day, the newest counts."""
    agreed = Licence(
        instrument_id=instrument_id,
        holder=holder,
        terms=terms,
        reference=reference,
        languages=tuple(language),
        modes=tuple(_mode(one) for one in mode),
        valid_from=valid_from.date(),
        valid_to=None if valid_to is None else valid_to.date(),
        max_patients=max_patients,
    )
    typer.echo(f"recorded licence {asyncio.run(_record(agreed, actor))}")


@app.command("list")
def list_licences() -> None:
    """List each instrument's licence with what it covers, and which have run out or soon will."""
    standings = asyncio.run(_standings())
    for one in standings:
        typer.echo(f"{one.instrument_id}  {_covers(one.current)}  {in_words(one)}")
    warn(standings)


def in_words(standing: LicenceStanding | None) -> str:
    """How an instrument's licences stand: ``holds to 2027-01-31`` and so on."""
    if standing is None:
        return "none"
    last = f" on {standing.last_day.isoformat()}" if standing.last_day else ""
    match standing.standing:
        case Standing.HOLDS:
            return "holds" + last.replace(" on ", " to ")
        case Standing.ENDS_SOON:
            return f"runs out{last}"
        case Standing.ENDED:
            return f"ran out{last}"
        case _:
            return f"holds from {standing.current.valid_from.isoformat()}"


def warn(standings: list[LicenceStanding]) -> None:
    """Says which of these are to be renewed."""
    for one in standings:
        if one.standing in (Standing.ENDS_SOON, Standing.ENDED):
            what = "nobody new is invited" if one.standing is Standing.ENDED else "renew it"
            typer.echo(f"warning: the licence of {one.instrument_id} {in_words(one)}; {what}")


def _mode(given: str) -> Mode:
    modes: tuple[Mode, ...] = get_args(Mode)
    for mode in modes:
        if mode == given:
            return mode
    raise typer.BadParameter(f"{given!r} is no mode; it is one of {', '.join(modes)}", param_hint="--mode")


def _covers(licence: Licence) -> str:
    patients = "" if licence.max_patients is None else f", at most {licence.max_patients} patients"
    covered = f"({', '.join(licence.languages)}; {', '.join(licence.modes)}{patients})"
    return f"{licence.holder}, {licence.reference}  {covered}"


async def _record(agreed: Licence, actor: str | None) -> str:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        name = name_of_actor(actor, acting.settings)
        return str(await record_licence(connection, acting.keys, agreed, clock.now(), name))


async def _standings() -> list[LicenceStanding]:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        return await licence_standings(connection, acting.keys, clock.local_date(clock.now()))
