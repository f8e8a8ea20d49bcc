"""``etterklang machines``: who may feed a registry or pull a project without a person at the keyboard."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from api.commands.acting import acting_as
from api.security.machines import register_machine, revoke_machine
from surveys import clock
from surveys.database import Role, transaction

app = typer.Typer(help="Machines that may ask for a token.", no_args_is_help=True, add_completion=False)


@app.callback()
def machines() -> None:
    """Machines that may ask for a token."""


@app.command("add")
def add(
    client_id: Annotated[str, typer.Argument(help="the name by which the machine asks")],
    public_key: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="its public key, a JWK")],
    scope: Annotated[list[str], typer.Option(help="feed:REGISTRY or research:PROJECT_ID; repeat it")],
) -> None:
    """Register a machine by its public key."""
    key = msgspec.json.decode(public_key.read_bytes(), type=dict[str, str])
    asyncio.run(_add(client_id, key, tuple(scope)))
    typer.echo(f"registered {client_id}")


@app.command("revoke")
def revoke(client_id: Annotated[str, typer.Argument(help="the machine's name")]) -> None:
    """Refuse this machine from now on."""
    asyncio.run(_revoke(client_id))
    typer.echo(f"revoked {client_id}")


async def _add(client_id: str, key: dict[str, str], scopes: tuple[str, ...]) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        await register_machine(connection, client_id, key, scopes, clock.now())


async def _revoke(client_id: str) -> None:
    async with acting_as(Role.WORKER) as acting, transaction(acting.engine) as connection:
        await revoke_machine(connection, client_id, clock.now())
