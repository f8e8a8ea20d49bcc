"""Who acts on the command line: the name that is kept beside what they do."""

import os
import pwd
from typing import Annotated

import typer

from surveys.settings import Settings

ActorOption = Annotated[
    str | None,
    typer.Option("--actor", help="who does this; else ETTERKLANG_ACTOR, else the operating-system account"),
]


def name_of_actor(given: str | None, settings: Settings) -> str:
    """The name to keep: the one given, else the setting, else the operating-system account's.

    A name given is taken at its word. Where one person must not pass for two, let each have an account, and
    the database's own log say which of them connected.
    """
    return given if given is not None else settings.etterklang_actor or _account()


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number that has no name
        return f"uid {os.getuid()}"
