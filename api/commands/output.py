"""Where a command's result goes: to a file, or to standard output."""

from pathlib import Path
from typing import Annotated

import typer

OutOption = Annotated[Path | None, typer.Option(help="the file to write; left out: standard output")]


def give_out(content: bytes, out: Path | None) -> None:
    """Writes ``content`` to ``out`` and says so, or to standard output with nothing around it.

    Raises:
        BadParameter: the file cannot be written.
    """
    if out is None:
        typer.echo(content, nl=False)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written: {error.strerror}") from error
    typer.echo(f"wrote {out}", err=True)
