"""From draft to live: what a version must have before patients see it, and how it replaces the one before.

The moves are ``instruments.versions.MOVES``; the trigger ``catalogue.check_version_change`` holds the same.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.definition import every_item
from instruments.translation import completeness
from instruments.versions import MOVES, Instrument, InvalidInstrumentError, State, check_instrument
from surveys.audit import AuditEntry, append
from surveys.catalogue.errors import NotPublishableError, VersionMoveError, VersionNotFoundError
from surveys.catalogue.tables import instrument_version
from surveys.catalogue.versions import load_instrument
from surveys.identifiers import InstrumentVersionId
from surveys.keys import Keys


async def publish_instrument(
    connection: AsyncConnection, keys: Keys, version_id: InstrumentVersionId, now: datetime
) -> None:
    """Makes a version the live one of its instrument and retires the one before it.

    Raises:
        VersionNotFoundError: there is no such version.
        VersionMoveError: it has been retired; it does not come back.
        NotPublishableError: a translation has gaps, or the scoring does not fit the structure.
        KeysError: a document does not open, or the key service could not be reached.
    """
    row = (
        await connection.execute(
            select(instrument_version.c.state, instrument_version.c.lineage)
            .where(instrument_version.c.version_id == version_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise VersionNotFoundError(version_id)
    state = State(row.state)
    if state is State.PUBLISHED:
        return
    if State.PUBLISHED not in MOVES[state]:
        raise VersionMoveError(version_id, state, State.PUBLISHED)
    faults = find_gaps(await load_instrument(connection, keys, version_id))
    if faults:
        raise NotPublishableError(version_id, faults)
    await _replace_live(connection, version_id, row.lineage, now)
    await append(
        connection, AuditEntry("instrument-published", "worker", now, None, {"version": str(version_id)})
    )


def find_gaps(instrument: Instrument) -> tuple[str, ...]:
    """What keeps an instrument from being published: each place with the rule that it breaks."""
    structure = instrument.structure
    faults = [] if instrument.translations else ["there is no translation; add at least one language"]
    for one in completeness(structure, instrument.translations):
        faults += [f"{one.language}: {key} has no text" for key in one.missing]
        faults += [f"{one.language}: {key} is no key of the structure" for key in one.unknown]
    try:
        check_instrument(instrument)
    except InvalidInstrumentError as error:
        faults.append(f"{error.where}: {error.rule}")
    # An extract has one column for each item and each scale, and both are named for the instrument.
    items = {item.item_id for item in every_item(structure)}
    faults += [
        f"scoring: {scale.scale_id} is the name of an item and of a scale"
        for scale in instrument.scoring.scales
        if scale.scale_id in items
    ]
    return tuple(faults)


async def _replace_live(
    connection: AsyncConnection, version_id: InstrumentVersionId, lineage: bytes, now: datetime
) -> None:
    await connection.execute(
        update(instrument_version)
        .where(instrument_version.c.lineage == lineage, instrument_version.c.state == State.PUBLISHED)
        .values(state=State.RETIRED)
    )
    await connection.execute(
        update(instrument_version)
        .where(instrument_version.c.version_id == version_id)
        .values(state=State.PUBLISHED, published_at=now)
    )
