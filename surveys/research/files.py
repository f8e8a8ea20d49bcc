"""The three files of an extract as a stream of bytes: nothing of them lies on a disk in the clear."""

import hashlib
import io
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec
import pyarrow.parquet as pq
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.versions import Instrument, content_hash
from surveys.answering import Library, rescored_by
from surveys.catalogue import load_instruments
from surveys.keys import Keys
from surveys.research.codebook import make_codebook
from surveys.research.disclosure import Profiles
from surveys.research.layout import make_layout
from surveys.research.manifest import FileDigest, Manifest, software
from surveys.research.reading import Moment, answered_waves, opened_rows
from surveys.research.rows import Row, linked_values, to_batch

RESPONSES = "responses.parquet"
CODEBOOK = "codebook.json"
MANIFEST = "manifest.json"
FILES = (RESPONSES, CODEBOOK, MANIFEST)

ROWS_IN_A_GROUP = 8192
"""Fixed, since another size of row groups gives other bytes."""


class Chunk(NamedTuple):
    """Some bytes of one of the files, in order."""

    file: str
    content: bytes


class Spool(io.RawIOBase):
    """Where the Parquet writer writes: what it has written is drained as the file grows."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()
        self._length = 0
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        """It only takes."""
        return True

    def tell(self) -> int:
        """The bytes written so far, drained or not."""
        return self._length

    def write(self, content: bytes) -> int:  # type: ignore[override] # pyarrow gives bytes and nothing else
        """Takes bytes."""
        self._written += content
        self._length += len(content)
        self.digest.update(content)
        return len(content)

    def drain(self) -> bytes:
        """What has been written since the last time."""
        content = bytes(self._written)
        self._written.clear()
        return content


async def make_files(
    connection: AsyncConnection, keys: Keys, library: Library, moment: Moment
) -> AsyncIterator[Chunk]:
    """The files of an extract by chunks, the manifest last; the same moment always gives the same bytes.

    Raises:
        KeysError: a response or score does not open, or the key service could not be reached.
        UnknownVersionError: a response is pinned to documents that are not in the catalogue.
        UnexpectedStructureError: a response names a structure that its protocol version does not.
    """
    parts = [await library.parts(*wave) for wave in await answered_waves(connection, moment)]
    asked = [one for wave in parts for one in wave]
    layout = make_layout(await _as_scored(connection, keys, asked, moment), moment.project)
    profiles = Profiles(layout.linked)
    responses = 0
    spool = Spool()
    with pq.ParquetWriter(spool, layout.schema, compression="zstd", version="2.6") as writer:
        async for rows in _groups(connection, keys, moment):
            writer.write_batch(to_batch(layout, rows), ROWS_IN_A_GROUP)
            responses += len(rows)
            for row in rows:
                profiles.add(row.pseudonym, linked_values(row))
            yield Chunk(RESPONSES, spool.drain())
    yield Chunk(RESPONSES, spool.drain())
    codebook = _readable(make_codebook(layout, moment.as_of))
    yield Chunk(CODEBOOK, codebook)
    manifest = Manifest(
        project_id=moment.project.project_id,
        project=moment.project.name,
        purpose=moment.project.purpose,
        as_of=moment.as_of,
        responses=responses,
        persons=profiles.persons,
        files=(
            FileDigest(RESPONSES, spool.tell(), spool.digest.hexdigest()),
            FileDigest(CODEBOOK, len(codebook), hashlib.sha256(codebook).hexdigest()),
        ),
        small_cells=profiles.small_cells(),
        software=software(),
    )
    yield Chunk(MANIFEST, _readable(manifest))


async def _as_scored(
    connection: AsyncConnection, keys: Keys, asked: Sequence[Instrument], moment: Moment
) -> list[Instrument]:
    """The instruments with the scoring by which their responses were scored latest."""
    versions = await rescored_by(connection, moment.as_of)
    known = await load_instruments(connection, keys) if versions else {}
    latest = {content_hash(known[one].structure): known[one].scoring for one in versions}
    return [replace(one, scoring=latest.get(content_hash(one.structure), one.scoring)) for one in asked]


async def _groups(connection: AsyncConnection, keys: Keys, moment: Moment) -> AsyncIterator[list[Row]]:
    """The rows in groups of one size; only the last is smaller."""
    waiting: list[Row] = []
    async for rows in opened_rows(connection, keys, moment):
        waiting += rows
        while len(waiting) >= ROWS_IN_A_GROUP:
            yield waiting[:ROWS_IN_A_GROUP]
            del waiting[:ROWS_IN_A_GROUP]
    if waiting:
        yield waiting


def _readable(document: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=1) + b"\n"
