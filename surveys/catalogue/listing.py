"""What staff see of the catalogue: every version with its state, who moved it last, and its licence."""

from datetime import date, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.licence import Standing
from instruments.versions import State
from surveys.catalogue.licences import LicenceStanding, licence_standings
from surveys.catalogue.tables import instrument_version, version_move
from surveys.catalogue.versions import load_all
from surveys.identifiers import InstrumentVersionId
from surveys.keys import Keys


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version: what it is, its state since when and by whom, and how its instrument's licences stand."""

    version_id: InstrumentVersionId
    instrument_id: str
    version: str
    languages: tuple[str, ...]
    state: State
    actor: str
    since: datetime
    licence: LicenceStanding | None

    @property
    def standing(self) -> Standing:
        """How the licences stand, also where there is none."""
        return Standing.NONE if self.licence is None else self.licence.standing


async def list_versions(connection: AsyncConnection, keys: Keys, today: date) -> list[Listed]:
    """Every version that is stored, by instrument, the earliest stored first.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    licences = {one.instrument_id: one for one in await licence_standings(connection, keys, today)}
    instruments = await load_all(connection, keys)
    latest = await connection.execute(
        select(
            version_move.c.version_id,
            version_move.c.actor,
            version_move.c.moved_at,
            instrument_version.c.state,
        )
        .join(instrument_version, instrument_version.c.version_id == version_move.c.version_id)
        .ext(distinct_on(version_move.c.version_id))
        .order_by(version_move.c.version_id, version_move.c.move_number.desc())
    )
    listed = [
        Listed(
            version_id=InstrumentVersionId(row.version_id),
            instrument_id=structure.instrument_id,
            version=structure.version,
            languages=tuple(sorted(one.language for one in instrument.translations)),
            state=State(row.state),
            actor=row.actor,
            since=row.moved_at,
            licence=licences.get(structure.instrument_id),
        )
        for row in latest
        if (instrument := instruments.get(InstrumentVersionId(row.version_id)))
        and (structure := instrument.structure)
    ]
    return sorted(listed, key=lambda one: (one.instrument_id, one.version_id))
