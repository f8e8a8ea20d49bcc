"""``etterklang demo``: everything set up and running on synthetic people."""

from typing import Annotated

import typer


def demo(
    reset: Annotated[
        bool, typer.Option("--reset", help="throw the demonstration away and start over")
    ] = False,
) -> None:
    """Set everything up with synthetic people and run it until Ctrl-C."""
    from api.demo.supervisor import run_demo, throw_away  # noqa: PLC0415 - left out of the production wheel

    if reset:
        throw_away()
    run_demo()
