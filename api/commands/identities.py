"""``etterklang identities``: one person's two national identifiers, joined and parted.

The numbers come from standard input, a line each, or are asked for without being shown: what stands in a
command is kept by the shell and seen in the list of processes. It acts as ``etterklang_keys``.
"""

import asyncio
import sys
from typing import Annotated

import typer

from api.commands.acting import vault_here
from api.commands.actors import ActorOption, name_of_actor
from surveys import clock
from surveys.keys.merging import Act, Merged, merge_numbers, unmerge_number

app = typer.Typer(help="One person's two national identifiers.", no_args_is_help=True, add_completion=False)

WhyOption = Annotated[str, typer.Option("--why", help="kept in the audit log; no national identifier in it")]


@app.callback()
def identities() -> None:
    """One person's two national identifiers."""


@app.command()
def merge(why: WhyOption, actor: ActorOption = None) -> None:
    """Join two persons: reads the old number (a D-number, say), then the new one, from standard input.

    Either number logs in to the new one's person from then on, who has the rows of both. No row moves.
    """
    numbers = _read("old number", "new number")
    merged = asyncio.run(_merge(numbers[0], numbers[1], why, actor))
    typer.echo(f"merged {merged.person_id} into {merged.into_person_id}")


@app.command()
def unmerge(why: WhyOption, actor: ActorOption = None) -> None:
    """Undo a merge: reads the old number from standard input. Each has their own rows again."""
    parted = asyncio.run(_unmerge(_read("old number")[0], why, actor))
    typer.echo(f"parted {parted.person_id} from {parted.into_person_id}")


def _read(*names: str) -> list[str]:
    if sys.stdin.isatty():
        return [str(typer.prompt(name, hide_input=True)).strip() for name in names]
    return [sys.stdin.readline().strip() for _ in names]


async def _merge(old: str, new: str, why: str, actor: str | None) -> Merged:
    async with vault_here() as vault:
        act = Act(name_of_actor(actor, vault.settings), why, clock.now())
        return await merge_numbers(vault.peppers, vault.series, old, new, act)


async def _unmerge(old: str, why: str, actor: str | None) -> Merged:
    async with vault_here() as vault:
        act = Act(name_of_actor(actor, vault.settings), why, clock.now())
        return await unmerge_number(vault.peppers, vault.series, old, act)
