"""Instrument versions: which four documents make one up, and in what state it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Uuid, cast, func, insert, select, true
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.definition import Presentation, Structure, Translation
from instruments.scoring.spec import ScoringSpec
from instruments.versions import Instrument, State, canonical
from surveys.catalogue.documents import Content, open_chosen, store_documents
from surveys.catalogue.errors import VersionNotFoundError
from surveys.catalogue.moves import Move, record_move
from surveys.catalogue.tables import instrument_translation, instrument_version
from surveys.identifiers import DocumentId, InstrumentVersionId, new_id
from surveys.keys import Keys


class _Parts(NamedTuple):
    """The documents of one version: structure, presentation, scoring, and a translation for each language."""

    version_id: InstrumentVersionId
    structure: DocumentId
    presentation: DocumentId
    scoring: DocumentId
    translations: tuple[DocumentId, ...]


async def store_instrument(
    connection: AsyncConnection, keys: Keys, instrument: Instrument, now: datetime, actor: str
) -> InstrumentVersionId:
    """The version that holds exactly these documents: a new draft of ``actor``'s, or the one stored already.

    Raises:
        NoActorError: ``actor`` is blank.
        KeysError: the key service refused or could not be reached.
    """
    contents = [
        Content("structure", canonical(instrument.structure)),
        Content("presentation", canonical(instrument.presentation)),
        Content("scoring", canonical(instrument.scoring)),
        *(Content("translation", canonical(one)) for one in instrument.translations),
    ]
    structure, presentation, scoring, *translations = await store_documents(connection, keys, contents, now)
    lineage = await lineage_of(keys, instrument.structure.instrument_id)
    for known in await _versions(connection, instrument_version.c.lineage == lineage):
        if known[1:4] == (structure, presentation, scoring) and set(known.translations) == set(translations):
            return known.version_id
    version_id = InstrumentVersionId(new_id())
    await connection.execute(
        insert(instrument_version).values(
            version_id=version_id,
            lineage=lineage,
            structure_id=structure,
            presentation_id=presentation,
            scoring_id=scoring,
            state=State.DRAFT,
            stored_at=now,
        )
    )
    rows = [
        {"version_id": version_id, "language": one.language, "translation_id": document_id}
        for one, document_id in zip(instrument.translations, translations, strict=True)
    ]
    if rows:
        await connection.execute(insert(instrument_translation), rows)
    await record_move(connection, version_id, Move(None, State.DRAFT, actor, now))
    return version_id


async def load_instruments(connection: AsyncConnection, keys: Keys) -> dict[InstrumentVersionId, Instrument]:
    """Every version that is or was live, opened.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    versions = await _versions(connection, instrument_version.c.state.in_(("published", "retired")))
    return await _open(connection, keys, versions)


async def load_all(connection: AsyncConnection, keys: Keys) -> dict[InstrumentVersionId, Instrument]:
    """Every version in whatever state, opened.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    return await _open(connection, keys, await _versions(connection, true()))


async def load_instrument(
    connection: AsyncConnection, keys: Keys, version_id: InstrumentVersionId
) -> Instrument:
    """One version in whatever state, opened.

    Raises:
        VersionNotFoundError: there is none with this identifier.
        KeysError: a document does not open, or the key service could not be reached.
    """
    versions = await _versions(connection, instrument_version.c.version_id == version_id)
    if not versions:
        raise VersionNotFoundError(version_id)
    return (await _open(connection, keys, versions))[version_id]


async def state_of(connection: AsyncConnection, version_id: InstrumentVersionId) -> State:
    """The state that a version is in.

    Raises:
        VersionNotFoundError: there is none with this identifier.
    """
    state = await connection.scalar(
        select(instrument_version.c.state).where(instrument_version.c.version_id == version_id)
    )
    if state is None:
        raise VersionNotFoundError(version_id)
    return State(state)


async def live_version_of(
    connection: AsyncConnection, keys: Keys, instrument_id: str
) -> InstrumentVersionId | None:
    """The published version of an instrument, or nothing when none is live."""
    lineage = await lineage_of(keys, instrument_id)
    found = await connection.scalar(
        select(instrument_version.c.version_id).where(
            instrument_version.c.lineage == lineage, instrument_version.c.state == "published"
        )
    )
    return None if found is None else InstrumentVersionId(found)


async def live_versions(connection: AsyncConnection, keys: Keys) -> dict[str, InstrumentVersionId]:
    """The published version of each instrument that has one, by the instrument's identifier.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    versions = await _versions(connection, instrument_version.c.state == State.PUBLISHED)
    opened = await _open(connection, keys, versions)
    return {instrument.structure.instrument_id: version for version, instrument in opened.items()}


async def lineage_of(keys: Keys, instrument_id: str) -> bytes:
    """The keyed hash (32 bytes) by which the versions and licences of one instrument are found.

    Raises:
        KeysError: the key service refused or could not be reached.
    """
    (mark,) = await keys.fingerprints([b"lineage\0" + instrument_id.encode()])
    return mark


async def _versions(connection: AsyncConnection, wanted: ColumnElement[bool]) -> list[_Parts]:
    translations = (
        select(
            instrument_translation.c.version_id,
            func.array_agg(
                aggregate_order_by(instrument_translation.c.translation_id, instrument_translation.c.language)
            ).label("translations"),
        )
        .group_by(instrument_translation.c.version_id)
        .subquery()
    )
    rows = await connection.execute(
        select(
            instrument_version.c.version_id,
            instrument_version.c.structure_id,
            instrument_version.c.presentation_id,
            instrument_version.c.scoring_id,
            func.coalesce(translations.c.translations, cast([], ARRAY(Uuid))),
        )
        .outerjoin(translations, translations.c.version_id == instrument_version.c.version_id)
        .where(wanted)
        .order_by(instrument_version.c.version_id)
    )
    return [
        _Parts(
            InstrumentVersionId(row[0]),
            DocumentId(row[1]),
            DocumentId(row[2]),
            DocumentId(row[3]),
            tuple(row[4]),
        )
        for row in rows
    ]


async def _open(
    connection: AsyncConnection, keys: Keys, versions: Sequence[_Parts]
) -> dict[InstrumentVersionId, Instrument]:
    wanted = {one for parts in versions for one in (*parts[1:4], *parts.translations)}
    opened = await open_chosen(connection, keys, sorted(wanted))
    return {
        parts.version_id: Instrument(
            structure=msgspec.json.decode(opened[parts.structure], type=Structure),
            presentation=msgspec.json.decode(opened[parts.presentation], type=Presentation),
            scoring=msgspec.json.decode(opened[parts.scoring], type=ScoringSpec),
            translations=tuple(
                msgspec.json.decode(opened[one], type=Translation) for one in parts.translations
            ),
        )
        for parts in versions
    }
