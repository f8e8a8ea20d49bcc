"""A folder to which files are only ever added: one pair of files a checkpoint, and ``latest``."""

import asyncio
import os
from pathlib import Path

from surveys.audit.publishing.destination import LATEST, Publication, PublicationError


class Folder:
    """Best on another machine, or on a disk that takes each file once."""

    def __init__(self, path: Path) -> None:
        self.name = f"folder {path}"
        self._path = path

    async def put(self, publication: Publication) -> None:
        """Written, and on the disk, when it returns.

        Raises:
            PublicationError: another checkpoint of this size, or a later one, is there already.
            OSError: the folder cannot be written to.
        """
        await asyncio.to_thread(self._put, publication)

    def _put(self, publication: Publication) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        self._refuse_to_go_back(publication.size)
        for name, content in publication.files().items():
            self._add(self._path / name, content)
        _replace(self._path / LATEST, publication.note.encode())

    def _refuse_to_go_back(self, size: int) -> None:
        latest = self._path / LATEST
        if latest.exists() and _size_in(latest.read_bytes()) > size:
            raise PublicationError("it holds a later checkpoint than the database: was that set back?")

    @staticmethod
    def _add(path: Path, content: bytes) -> None:
        if not path.exists():
            _replace(path, content)
        elif path.read_bytes() != content:
            raise PublicationError(f"it holds another {path.name}: was the database set back?")


def _size_in(note: bytes) -> int:
    lines = note.split(b"\n")
    if len(lines) < 2 or not lines[1].isdigit():
        raise PublicationError("its latest is no checkpoint")
    return int(lines[1])


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk: whoever reads meanwhile sees the old file or the new one."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
