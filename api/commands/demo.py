"""``etterklang demo``: everything set up and running on synthetic people."""

from typing import Annotated

import typer


def demo(
    reset: Annotated[
        bool, typer.Option("--reset", help="throw the demonstration away and start over")
    ] = False,
) -> None:
    """Set everything up with synthetic people and run it until Ctrl-C."""
    # Left out of the production wheel.
    from api.demo.children import DemoError  # noqa: PLC0415
    from api.demo.supervisor import run_demo, throw_away  # noqa: PLC0415

    try:
        if reset:
            throw_away()
        run_demo()
    except DemoError as error:
        typer.echo(f"etterklang: {error}", err=True)
        raise typer.Exit(2) from error
