"""From review to live: what a version must have before patients see it, and how it replaces the last one."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.definition import every_item
from instruments.licence import may_invite
from instruments.scoring import failing_cases
from instruments.translation import completeness
from instruments.versions import Instrument, InvalidInstrumentError, State, check_instrument
from surveys.catalogue.errors import NotPublishableError
from surveys.catalogue.languages import languages_of, translation_faults
from surveys.catalogue.licences import licences_of
from surveys.catalogue.moves import Move, check_move, record_move
from surveys.catalogue.tables import instrument_version
from surveys.catalogue.versions import lineage_of, load_instrument
from surveys.clock import local_date
from surveys.identifiers import InstrumentVersionId
from surveys.keys import Keys


async def publish_instrument(
    connection: AsyncConnection, keys: Keys, version_id: InstrumentVersionId, now: datetime, actor: str
) -> None:
    """Approves a version that is in review: it becomes the live one and retires the one before it.

    Raises:
        VersionNotFoundError: there is no such version.
        VersionMoveError: it is not in review.
        SecondPersonError: ``actor`` imported it or submitted it for review.
        NoActorError: ``actor`` is blank.
        NotPublishableError: a translation has gaps, no record, no approver or a text that is not far
            enough, the scoring does not fit the structure or misses its reference cases, or no licence covers
            the instrument today; every fault is named.
        KeysError: a document does not open, or the key service could not be reached.
    """
    before = await check_move(connection, version_id, State.PUBLISHED, actor)
    instrument = await load_instrument(connection, keys, version_id)
    languages = await languages_of(connection, keys, version_id, instrument)
    faults = (
        *find_gaps(instrument),
        *translation_faults(instrument, languages),
        *await _licence_faults(connection, keys, instrument, now),
    )
    if faults:
        raise NotPublishableError(version_id, faults)
    lineage = await lineage_of(keys, instrument.structure.instrument_id)
    await _retire_live(connection, lineage, now, actor)
    await record_move(connection, version_id, Move(before, State.PUBLISHED, actor, now))


def find_gaps(instrument: Instrument) -> tuple[str, ...]:
    """What of an instrument itself keeps it from being published: each place with the rule that it breaks."""
    structure = instrument.structure
    faults = [] if instrument.translations else ["there is no translation; add at least one language"]
    for one in completeness(structure, instrument.translations):
        faults += [f"{one.language}: {key} has no text" for key in one.missing]
        faults += [f"{one.language}: {key} is no key of the structure" for key in one.unknown]
    return (*faults, *_scoring_faults(instrument))


def _scoring_faults(instrument: Instrument) -> list[str]:
    try:
        check_instrument(instrument)
    except InvalidInstrumentError as error:
        faults = [f"{error.where}: {error.rule}"]
    else:
        faults = [f"scoring: {fault.where}: {fault.rule}" for fault in failing_cases(instrument.scoring)]
    # An extract has one column for each item and each scale, and both are named for the instrument.
    items = {item.item_id for item in every_item(instrument.structure)}
    faults += [
        f"scoring: {scale.scale_id} is the name of an item and of a scale"
        for scale in instrument.scoring.scales
        if scale.scale_id in items
    ]
    return faults


async def _licence_faults(
    connection: AsyncConnection, keys: Keys, instrument: Instrument, now: datetime
) -> tuple[str, ...]:
    licences = await licences_of(connection, keys, instrument.structure.instrument_id)
    languages = [one.language for one in instrument.translations]
    why_not = may_invite(licences, local_date(now), languages)
    return () if why_not is None else (f"licence: {why_not}",)


async def _retire_live(connection: AsyncConnection, lineage: bytes, now: datetime, actor: str) -> None:
    live = await connection.scalar(
        select(instrument_version.c.version_id)
        .where(instrument_version.c.lineage == lineage, instrument_version.c.state == State.PUBLISHED)
        .with_for_update()
    )
    if live is not None:
        step = Move(State.PUBLISHED, State.RETIRED, actor, now)
        await record_move(connection, InstrumentVersionId(live), step)
