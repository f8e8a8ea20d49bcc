"""The files of an extract at rest: sealed parts of 256 KiB in order, checked on the way out."""

import hashlib
from collections.abc import AsyncIterator

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from surveys.identifiers import ExtractId, StudyId
from surveys.keys import NO_PERSON, Binding, Keys, PlainRow, Purpose, SealedRow
from surveys.research.errors import IncompleteExtractError
from surveys.research.manifest import FileDigest
from surveys.research.tables import extract_part

PART_BYTES = 256 * 1024


class PartWriter:
    """Takes the files of one extract one after the other, and seals and stores them as parts."""

    def __init__(
        self, connection: AsyncConnection, keys: Keys, extract_id: ExtractId, study_id: StudyId
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._extract_id = extract_id
        self._study_id = study_id
        self._file = ""
        self._ordinal = 0
        self._waiting = bytearray()

    async def write(self, file: str, content: bytes) -> None:
        """Takes some bytes of ``file``; another file than before ends the one before."""
        if file != self._file:
            await self.close()
            self._file, self._ordinal = file, 0
        self._waiting += content
        while len(self._waiting) >= PART_BYTES:
            await self._store(bytes(self._waiting[:PART_BYTES]))
            del self._waiting[:PART_BYTES]

    async def close(self) -> None:
        """Stores what is left of the last file."""
        if self._waiting:
            await self._store(bytes(self._waiting))
            self._waiting.clear()

    async def _store(self, content: bytes) -> None:
        place = _binding(self._extract_id, self._study_id, self._file, self._ordinal)
        (sealed,) = await self._keys.seal([PlainRow(place, content)])
        await self._connection.execute(
            insert(extract_part).values(
                extract_id=self._extract_id, file=self._file, ordinal=self._ordinal, sealed=sealed
            )
        )
        self._ordinal += 1


async def stored_file(
    connection: AsyncConnection, keys: Keys, extract_id: ExtractId, study_id: StudyId, file: str
) -> AsyncIterator[bytes]:
    """The parts of one file in order, opened one at a time.

    Raises:
        KeysError: a part does not open, or the key service could not be reached.
    """
    ordinal = 0
    wanted = select(extract_part.c.sealed).where(
        extract_part.c.extract_id == extract_id, extract_part.c.file == file
    )
    while True:
        sealed = await connection.scalar(wanted.where(extract_part.c.ordinal == ordinal))
        if sealed is None:
            return
        place = _binding(extract_id, study_id, file, ordinal)
        (content,) = await keys.open(Purpose.DOWNLOAD, [SealedRow(place, sealed)])
        yield content
        ordinal += 1


async def checked(
    contents: AsyncIterator[bytes], extract_id: ExtractId, digest: FileDigest
) -> AsyncIterator[bytes]:
    """The same bytes, and at their end the certainty that they are those of the manifest.

    Raises:
        IncompleteExtractError: they are not; parts have been changed or removed.
    """
    sha256 = hashlib.sha256()
    async for content in contents:
        sha256.update(content)
        yield content
    if sha256.hexdigest() != digest.sha256:
        raise IncompleteExtractError(extract_id, digest.name)


def _binding(extract_id: ExtractId, study_id: StudyId, file: str, ordinal: int) -> Binding:
    return Binding("research.extract_part", extract_id, NO_PERSON, study_id, file, ordinal + 1)
