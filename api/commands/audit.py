"""``etterklang audit``: whether the log is as it was written, and what of it an outsider can check.

Exit codes: 0 all is well, 1 something is not (it says what), 2 the command could not be carried out.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import psycopg
import typer
from sqlalchemy.engine import make_url

from api.commands.acting import acting_as, connected, embedded_here, settings_here
from api.commands.output import OutOption, give_out
from surveys import audit
from surveys.answering import BrokenResponse, Receipt, entry_like, first_unvouched, why_not_entered
from surveys.audit.checkpoints import VerifierKey, read_key
from surveys.audit.proofs import Proof
from surveys.audit.publishing import Standing, destinations_of, standings
from surveys.database import Role, transaction

app = typer.Typer(help="The audit log.", no_args_is_help=True, add_completion=False)

AddressOption = Annotated[
    str, typer.Option("--address", help="the owner's PostgreSQL URL; the embedded one if left out")
]
KeyOption = Annotated[
    str,
    typer.Option("--key", help="the key that signs checkpoints, name+id+base64, as `audit key` prints it"),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        exists=True,
        dir_okay=False,
        help="a checkpoint that was published; batches beside it are used too",
    ),
]

Found = audit.Verified | audit.Broken | audit.BrokenCheckpoint | BrokenResponse
ReceiptArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="the receipt as the patient's page gave it, JSON")
]


@app.callback()
def audit_log() -> None:
    """The audit log."""


@app.command()
def key() -> None:
    """Print the key that checks checkpoints: give it to outsiders once, on a way that they trust."""
    typer.echo(asyncio.run(_key()))


@app.command()
def status() -> None:
    """Say how far each destination of checkpoints is; exit code 1 if one of them fails."""
    found = asyncio.run(_status())
    for one in found:
        fails = f"; fails: {one.failed_because}" if one.failed_because else ""
        typer.echo(f"{one.destination}: has {one.size} entries, lacks {one.behind} checkpoints{fails}")
    if not found:
        typer.echo("no destinations: set ETTERKLANG_AUDIT_DESTINATIONS")
    if any(one.failed_because for one in found):
        raise typer.Exit(1)


@app.command()
def verify(checkpoint: CheckpointOption = None, key: KeyOption = "", address: AddressOption = "") -> None:
    """Recompute the chains and the tree, and name the first bad entry; exit code 1 if there is one.

    Then every stored response is held against the entry that says what was stored.
    """
    found = asyncio.run(_verify(checkpoint, key, address))
    if not isinstance(found, audit.Verified):
        typer.echo(f"broken: {found}", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"every entry is as it was written: {found.entries}, of which {found.covered} under a checkpoint"
    )
    if checkpoint is None:
        typer.echo("this database alone says so: give a published --checkpoint to hold it against", err=True)


@app.command()
def prove(receipt: ReceiptArgument, out: OutOption = None, address: AddressOption = "") -> None:
    """Write the proof that a receipt's submission is in the log, for whoever holds the receipt."""
    proof = asyncio.run(_prove(_read_receipt(receipt), address))
    give_out(audit.write_proof(proof).encode(), out)


@app.command()
def check_proof(
    proof: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="what `audit prove` wrote")],
    receipt: ReceiptArgument,
    key: Annotated[str, typer.Option("--key", help="the key that checks checkpoints")],
) -> None:
    """Check a proof against its receipt, without a database; exit code 1 if it is another receipt's."""
    proven = audit.check_proof(proof.read_bytes(), read_key(key))
    why = why_not_entered(_read_receipt(receipt), proven)
    if why is not None:
        typer.echo(f"not proven: {why}", err=True)
        raise typer.Exit(1)
    place = f"entry {proven.number} of {proven.checkpoint.size} in {proven.checkpoint.origin}"
    typer.echo(f"proven: the submission was received at {proven.entry.at.isoformat()}, {place}")


def _read_receipt(file: Path) -> Receipt:
    return msgspec.json.decode(file.read_bytes(), type=Receipt)


async def _prove(receipt: Receipt, address: str) -> Proof:
    async with AsyncExitStack() as stack:
        owner = address or _embedded(stack)
        return await asyncio.to_thread(_proven, owner, receipt)


def _proven(address: str, receipt: Receipt) -> Proof:
    with _one_moment(address) as connection:
        return audit.prove(connection, entry_like(receipt), receipt.received_at)


async def _key() -> str:
    async with acting_as(Role.WORKER) as acting:
        return await acting.keys.checkpoint_key()


async def _status() -> list[Standing]:
    settings = settings_here()
    names = [one.name for one in destinations_of(settings)]
    async with connected(settings, Role.WORKER) as engine, transaction(engine) as connection:
        return await standings(connection, names)


async def _verify(checkpoint: Path | None, key: str, address: str) -> Found:
    async with AsyncExitStack() as stack:
        owner = address or _embedded(stack)
        outside = audit.Outside(await _verifier(key) if key or checkpoint else None)
        if checkpoint is not None and outside.key is not None:
            outside = audit.read_outside(checkpoint, outside.key)
        return await asyncio.to_thread(_held_against, owner, outside)


async def _verifier(key: str) -> VerifierKey:
    return read_key(key or await _key())


def _embedded(stack: AsyncExitStack) -> str:
    """The embedded database's address as its owner, while it runs; of another, the owner must be named."""
    stack.enter_context(embedded_here(settings_here(), Role.WORKER))
    address = make_url(settings_here().database_address(Role.WORKER))
    return address.set(drivername="postgresql", username="postgres").render_as_string(hide_password=False)


def _held_against(address: str, outside: audit.Outside) -> Found:
    with _one_moment(address) as connection:
        found = audit.verify(connection, address, outside)
        if not isinstance(found, audit.Verified):
            return found
        return first_unvouched(connection, found.vouched) or found


@contextmanager
def _one_moment(address: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection
