"""The opened documents that answers are pinned to, kept in memory: what is published never changes."""

import asyncio

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from instruments.versions import Instrument
from surveys.answering.errors import UnknownVersionError
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
            async with self._engine.connect() as connection:
                self._protocols = await load_protocols(connection, self._keys)
                self._instruments = await load_instruments(connection, self._keys)
