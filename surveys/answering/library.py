"""The opened documents that answers are pinned to, kept in memory: what is published never changes."""

import asyncio

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from instruments.scoring.spec import ScoringSpec
from instruments.versions import Instrument, content_hash
from surveys.answering.errors import UnknownScoringError, UnknownVersionError
from surveys.catalogue import load_instruments
from surveys.followup import Protocol, load_protocols
from surveys.identifiers import InstrumentVersionId, ProtocolVersionId
from surveys.keys import Keys


class Library:
    """A read-through cache of protocols and instruments; one a process, shared by its requests."""

    def __init__(self, engine: AsyncEngine, keys: Keys) -> None:
        # A connection beside the pool: a full pool of requests that wait for the library must not starve it.
        self._engine = create_async_engine(engine.url, poolclass=NullPool, hide_parameters=True)
        self._keys = keys
        self._protocols: dict[ProtocolVersionId, Protocol] = {}
        self._instruments: dict[InstrumentVersionId, Instrument] = {}
        self._scorings: dict[str, ScoringSpec] = {}
        self._loading = asyncio.Lock()

    async def parts(self, protocol_version_id: ProtocolVersionId, wave: int) -> tuple[Instrument, ...]:
        """The instruments of one wave in the order in which they are asked.

        Raises:
            UnknownVersionError: the protocol version, the wave or one of its instruments is not stored.
            KeysError: a document does not open, or the key service could not be reached.
        """
        found = self._find(protocol_version_id, wave)
        if found is None:
            await self._load(protocol_version_id, wave)
            found = self._find(protocol_version_id, wave)
        if found is None:
            raise UnknownVersionError(protocol_version_id, wave)
        return found

    async def protocol(self, protocol_version_id: ProtocolVersionId) -> Protocol:
        """One protocol version, opened.

        Raises:
            UnknownVersionError: it is not stored.
        """
        if protocol_version_id not in self._protocols:
            await self._load(protocol_version_id, 0)
        if protocol_version_id not in self._protocols:
            raise UnknownVersionError(protocol_version_id, 0)
        return self._protocols[protocol_version_id]

    async def scoring(self, content: str) -> ScoringSpec:
        """The scoring with this SHA-256 (in hexadecimal), of whichever version it is.

        Raises:
            UnknownScoringError: no version that is or was live is scored so.
            KeysError: a document does not open, or the key service could not be reached.
        """
        if content not in self._scorings:
            async with self._loading:
                await self._read()
        if content not in self._scorings:
            raise UnknownScoringError(content)
        return self._scorings[content]

    def _find(self, protocol_version_id: ProtocolVersionId, wave: int) -> tuple[Instrument, ...] | None:
        protocol = self._protocols.get(protocol_version_id)
        asked = None if protocol is None else protocol.wave(wave)
        if asked is None or not all(version in self._instruments for version in asked.instruments):
            return None
        return tuple(self._instruments[version] for version in asked.instruments)

    async def _load(self, protocol_version_id: ProtocolVersionId, wave: int) -> None:
        async with self._loading:
            # Whoever waited for the lock finds what the one before it has loaded.
            if self._find(protocol_version_id, wave) is not None:
                return
            await self._read()

    async def _read(self) -> None:
        async with self._engine.connect() as connection:
            self._protocols = await load_protocols(connection, self._keys)
            self._instruments = await load_instruments(connection, self._keys)
        known = self._instruments.values()
        self._scorings = {content_hash(one.scoring).hex(): one.scoring for one in known}
