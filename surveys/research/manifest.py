"""The manifest of an extract: what it holds, as of when, the digest of each file, and its warnings."""

from datetime import datetime
from importlib.metadata import version

import msgspec
import pyarrow as pa

from surveys.identifiers import ProjectId
from surveys.research.disclosure import SmallCells

FORMAT = "etterklang-extract/1"


class FileDigest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the extract: its length in bytes and its SHA-256 in hexadecimal."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an extract is. It does not say when it was made, so that making it again gives the same bytes."""

    project_id: ProjectId
    project: str
    purpose: str
    as_of: datetime
    responses: int
    persons: int
    files: tuple[FileDigest, ...]
    small_cells: SmallCells
    software: dict[str, str]
    format: str = FORMAT


def software() -> dict[str, str]:
    """The versions of what writes the files: another one may write other bytes for the same content."""
    return {"etterklang": version("etterklang"), "pyarrow": pa.__version__}
