"""``etterklang extract``: pull an approved project's linked responses into a folder."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from api.commands.acting import acting_as, connected, settings_here
from api.commands.actors import ActorOption, name_of_actor
from surveys import clock
from surveys.database import Role, transaction
from surveys.identifiers import ExtractId
from surveys.keys import open_keys
from surveys.research import (
    Project,
    approve_project,
    build_extract,
    find_project,
    link_requested,
    request_extract,
    write_extract,
)

projects_app = typer.Typer(help="Research projects.", no_args_is_help=True, add_completion=False)


@projects_app.callback()
def projects() -> None:
    """Research projects."""


@projects_app.command("approve")
def approve(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a project document (JSON)")],
    actor: ActorOption = None,
) -> None:
    """Record an approved project: its study, purpose and the registry variables it may have.

    A project that is linked takes two people: the second one repeats the command with the same document.
    """
    project = msgspec.json.decode(file.read_bytes(), type=Project)
    if asyncio.run(_approve(project, actor)):
        typer.echo(f"approved {project.project_id}")
    else:
        typer.echo(f"noted {project.project_id}; a second person runs the same command to approve it")


def extract(
    project: Annotated[str, typer.Argument(help="the project's name")],
    out: Annotated[Path, typer.Option(file_okay=False, help="the folder for the three files")],
    as_of: Annotated[
        datetime | None, typer.Option(help="only what was stored by then; now if left out")
    ] = None,
) -> None:
    """Write responses.parquet, codebook.json and manifest.json: one row a response, with the linked case."""
    out.mkdir(parents=True, exist_ok=True)
    extract_id = asyncio.run(_extract(project, out, as_of))
    typer.echo(f"extract {extract_id} in {out}")


async def _approve(project: Project, actor: str | None) -> bool:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        by = name_of_actor(actor, acting.settings)
        return await approve_project(connection, project, by, clock.now())


async def _extract(name: str, out: Path, as_of: datetime | None) -> ExtractId:
    settings, now = settings_here(), clock.now()
    moment = as_of.astimezone(clock.LOCAL_ZONE) if as_of else now
    async with (
        connected(settings, Role.WORKER) as linking,
        connected(settings, Role.RESEARCH) as reading,
        open_keys(settings, Role.RESEARCH) as keys,
    ):
        async with transaction(reading) as connection:
            project = await find_project(connection, name)
            extract_id = await request_extract(connection, project.project_id, moment, "command line", now)
        await link_requested(linking, now)
        await build_extract(reading, keys, extract_id, now)
        await write_extract(reading, keys, extract_id, out)
    return extract_id
