"""``etterklang keys``: the key service, its key store, rotation and erasure; as ``etterklang_keys``."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

import typer

from api.commands.acting import settings_here, vault_here
from surveys import clock
from surveys.database import transaction
from surveys.identifiers import PersonId
from surveys.keys import key_store_name, run_key_service, set_up_key_store
from surveys.keys.erasure import erase
from surveys.keys.reindexing import Reindexed, rotate_pepper
from surveys.keys.rotation import Rotated, rotate_epoch, rotate_inbox
from surveys.keys.status import KeyStatus, read_status

app = typer.Typer(help="The key service and its key store.", no_args_is_help=True, add_completion=False)


@app.callback()
def keys() -> None:
    """The key service and its key store."""


@app.command()
def serve() -> None:
    """Run the key service on its Unix sockets."""
    asyncio.run(run_key_service(settings_here()))


@app.command()
def init() -> None:
    """Set up the key store that ETTERKLANG_KEY_STORE names: make what it lacks, and try it.

    Nothing that is there is overwritten, so it may be run again.
    """
    settings = settings_here()
    name = key_store_name(settings)
    made = set_up_key_store(settings)
    said = f"made {', '.join(made)}" if made else "everything was there already"
    typer.echo(f"{name}: {said}; keep no backup of it for over 35 days")


@app.command()
def rotate(
    what: Annotated[
        Literal["epoch", "inbox", "pepper"], typer.Argument(help="epoch wraps every key anew")
    ] = "epoch",
) -> None:
    """Begin a new epoch and wrap every key in it, make a new inbox key, or a new pepper and its blind index.

    Nothing that was sealed is rewritten, and services go on meanwhile.
    """
    if what == "inbox":
        typer.echo(f"answers are sealed to inbox key {asyncio.run(_rotate_inbox())} from now on")
        return
    if what == "pepper":
        reindexed = asyncio.run(_rotate_pepper())
        old = ", ".join(map(str, reindexed.destroyed)) or "none"
        typer.echo(f"pepper {reindexed.version}: {reindexed.moved} entries made anew; destroyed: {old}")
        return
    rotated = asyncio.run(_rotate_epoch())
    destroyed = ", ".join(map(str, rotated.destroyed)) or "none is old enough"
    typer.echo(f"epoch {rotated.epoch}: {rotated.rewrapped} keys wrapped anew; destroyed: {destroyed}")


@app.command("erase")
def erase_person(
    person: Annotated[UUID, typer.Argument(help="the person's identifier here, never the national one")],
    by: Annotated[str, typer.Option(help="who you are; a second person repeats the command")],
) -> None:
    """Destroy the keys of one person's answers; takes two people."""
    erased = asyncio.run(_erase(PersonId(person), by))
    if erased is None:
        typer.echo("noted; a second person runs the same command to carry it out")
        return
    typer.echo(
        f"erased: {erased} keys are destroyed. Backups go dark when their epochs are destroyed (35 days)"
    )


@app.command()
def status() -> None:
    """Say which key store it is, what is wrapped in which epoch, which inbox keys and erasures there are."""
    typer.echo(f"key store: {key_store_name(settings_here())}")
    found = asyncio.run(_status())
    for one in found.epochs:
        typer.echo(
            f"epoch {one.epoch}: {one.state}, {one.person_keys} person keys, {one.inbox_keys} inbox keys"
        )
    for key_id, state in found.inbox_keys:
        typer.echo(f"inbox key {key_id}: {state}")
    for one_pepper in found.peppers:
        typer.echo(f"pepper {one_pepper.version}: {one_pepper.state}, {one_pepper.entries} entries")
    typer.echo(f"erasures: {found.erased} carried out, {len(found.waiting)} wait for a second person")
    for one_waiting in found.waiting:
        typer.echo(
            f"waits: {one_waiting.person_id}, asked for by {one_waiting.asked_by} "
            f"on {one_waiting.asked_at:%Y-%m-%d}; `etterklang keys erase {one_waiting.person_id} --by NAME`"
        )


async def _rotate_epoch() -> Rotated:
    async with vault_here() as vault:
        return await rotate_epoch(vault.hierarchy, vault.engine, clock.now())


async def _rotate_inbox() -> int:
    async with vault_here() as vault:
        return await rotate_inbox(vault.hierarchy, vault.engine, clock.now())


async def _rotate_pepper() -> Reindexed:
    async with vault_here() as vault:
        return await rotate_pepper(vault.hierarchy, vault.peppers, vault.engine, clock.now())


async def _erase(person_id: PersonId, actor: str) -> int | None:
    async with vault_here() as vault, transaction(vault.engine) as connection:
        return await erase(connection, person_id, actor, clock.now())


async def _status() -> KeyStatus:
    async with vault_here() as vault, transaction(vault.engine) as connection:
        return await read_status(connection)
