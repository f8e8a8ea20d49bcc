"""What several commands take."""

from typing import Annotated
from uuid import UUID

import typer

VersionArgument = Annotated[UUID, typer.Argument(help="the version's identifier")]
