"""The command ``etterklang``: a table of commands, each imported when it is asked for."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import typer
from typer._click.core import Command, Context
from typer.core import TyperGroup


class Place(NamedTuple):
    """Where a command is: its module in ``api.commands``, and the function or group in it."""

    module: str
    name: str


# The libraries of a serving process take two seconds to import; `etterklang demo` starts in three.
COMMANDS: Mapping[str, Place] = {
    "demo": Place("demo", "demo"),
    "registry": Place("registry", "app"),
    "cohort": Place("cohort", "app"),
    "instruments": Place("instruments", "app"),
    "cat": Place("cat", "trace_answers"),
    "score": Place("score", "score_answers"),
    "protocols": Place("protocols", "app"),
    "projects": Place("extract", "projects_app"),
    "extract": Place("extract", "extract"),
    "machines": Place("machines", "app"),
    "keys": Place("keys", "app"),
    "identities": Place("identities", "app"),
    "audit": Place("audit", "app"),
    "web": Place("processes", "web"),
    "worker": Place("processes", "worker"),
    "research": Place("processes", "research"),
    "migrate": Place("processes", "migrate_database"),
}


# Commands of a group that need neither settings nor a database, so that nothing else is imported for them.
ALONE: Mapping[tuple[str, str], Place] = {("instruments", "check"): Place("exchange", "check")}


class Commands(TyperGroup):
    """The commands of the table."""

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The command that ``args`` begin with, and the rest of them."""
        place = ALONE.get((args[0], args[1])) if len(args) > 1 else None
        if place is None:
            return super().resolve_command(ctx, args)
        return " ".join(args[:2]), _command(place, args[1]), args[2:]

    def list_commands(self, ctx: Context) -> list[str]:
        """Their names, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of this name, imported now."""
        del ctx
        place = COMMANDS.get(cmd_name)
        return None if place is None else _command(place, cmd_name)


def _command(place: Place, name: str) -> Command:
    found = getattr(import_module(f"api.commands.{place.module}"), place.name)
    group = found if isinstance(found, typer.Typer) else typer.Typer(add_completion=False)
    if group is not found:
        group.command(name)(found)
    command = typer.main.get_command(group)
    command.name = name
    return command


app = typer.Typer(
    cls=Commands,
    help="Patient-reported outcomes for a cancer registry.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def etterklang() -> None:
    """Patient-reported outcomes for a cancer registry."""


def main() -> None:
    """Runs the command line; an expected error is one sentence on standard error and exit code 2."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from api.commands.errors import sentence_for  # noqa: PLC0415 - it knows the errors of every capability

        sentence = sentence_for(error)
        if sentence is None:
            raise
        typer.echo(f"etterklang: {sentence}", err=True)
        sys.exit(2)
