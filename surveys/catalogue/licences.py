"""The licences of instruments: recorded one after the other, sealed, and asked before anybody is invited."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Text, cast, func, insert, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.licence import Licence, Standing, check_licence, last_day, licence_on, may_invite, standing
from instruments.versions import State, canonical
from surveys.audit import AuditEntry, append
from surveys.catalogue.documents import open_chosen, store_document
from surveys.catalogue.errors import NoActorError
from surveys.catalogue.tables import instrument_translation, instrument_version, licence
from surveys.catalogue.versions import lineage_of
from surveys.identifiers import DocumentId, InstrumentVersionId, LicenceId, new_id
from surveys.keys import Keys


class LicenceStanding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the licences of one instrument stand on a day.

    ``current`` is the record that counts on that day, or the newest where none does; ``last_day`` is the last
    day of unbroken cover, nothing where cover does not end or there is none.
    """

    instrument_id: str
    standing: Standing
    current: Licence
    last_day: date | None


class PatientLimit(NamedTuple):
    """So many patients may be asked with these versions of one instrument, taken together."""

    max_patients: int
    versions: frozenset[InstrumentVersionId]


class InvitationGate(NamedTuple):
    """Which versions nobody new may be invited to on a day, and which for so many patients only."""

    closed: frozenset[InstrumentVersionId] = frozenset()
    limits: tuple[PatientLimit, ...] = ()


async def record_licence(
    connection: AsyncConnection, keys: Keys, agreed: Licence, now: datetime, actor: str
) -> LicenceId:
    """Adds a licence record; a renewal is one more record, and none is ever changed or removed.

    Raises:
        InvalidLicenceError: a field is empty or contradicts another.
        NoActorError: ``actor`` is blank.
        KeysError: the key service refused or could not be reached.
    """
    check_licence(agreed)
    if not actor.strip():
        raise NoActorError
    licence_id = LicenceId(new_id())
    document_id = await store_document(connection, keys, "licence", canonical(agreed), now)
    await connection.execute(
        insert(licence).values(
            licence_id=licence_id,
            lineage=await lineage_of(keys, agreed.instrument_id),
            document_id=document_id,
            recorded_at=now,
            recorded_by=actor,
        )
    )
    await append(connection, AuditEntry("licence-recorded", actor, now, None, {"licence": str(licence_id)}))
    return licence_id


async def licences_of(connection: AsyncConnection, keys: Keys, instrument_id: str) -> list[Licence]:
    """The records of one instrument, oldest first.

    Raises:
        KeysError: a record does not open, or the key service could not be reached.
    """
    lineage = await lineage_of(keys, instrument_id)
    found = await _licences(connection, keys, licence.c.lineage == lineage)
    return found.get(lineage, [])


async def licence_standings(connection: AsyncConnection, keys: Keys, today: date) -> list[LicenceStanding]:
    """How the licences of every instrument stand today, by the instrument's identifier.

    Raises:
        KeysError: a record does not open, or the key service could not be reached.
    """
    found = await _licences(connection, keys, true())
    standings = [_standing(licences, today) for licences in found.values()]
    return sorted(standings, key=lambda one: one.instrument_id)


async def expiring_licences(connection: AsyncConnection, keys: Keys, today: date) -> list[LicenceStanding]:
    """Instruments in use whose licence has run out or does so within 60 days, the most pressing first.

    An instrument is in use while one of its versions is not retired.

    Raises:
        KeysError: a record does not open, or the key service could not be reached.
    """
    in_use = select(instrument_version.c.lineage).where(instrument_version.c.state != State.RETIRED)
    found = await _licences(connection, keys, licence.c.lineage.in_(in_use))
    standings = [_standing(licences, today) for licences in found.values()]
    pressing = [one for one in standings if one.standing in (Standing.ENDED, Standing.ENDS_SOON)]
    return sorted(pressing, key=lambda one: (one.last_day or date.min, one.instrument_id))


async def invitation_gate(connection: AsyncConnection, keys: Keys, today: date) -> InvitationGate:
    """What the licences say of every version that is or was live: read once for any number of persons.

    Raises:
        KeysError: a record does not open, or the key service could not be reached.
    """
    versions = await _languages_by_version(connection)
    records = await _licences(connection, keys, true())
    closed = {
        version_id
        for version_id, (lineage, languages) in versions.items()
        if may_invite(records.get(lineage, ()), today, languages) is not None
    }
    return InvitationGate(frozenset(closed), tuple(_limits(versions, records, today)))


class _Version(NamedTuple):
    lineage: bytes
    languages: tuple[str, ...]


def _limits(
    versions: Mapping[InstrumentVersionId, _Version], records: Mapping[bytes, Sequence[Licence]], today: date
) -> list[PatientLimit]:
    limits = []
    for lineage, licences in records.items():
        current = licence_on(licences, today)
        if current is not None and current.max_patients is not None:
            limited = frozenset(one for one, version in versions.items() if version.lineage == lineage)
            limits.append(PatientLimit(current.max_patients, limited))
    return limits


def _standing(licences: Sequence[Licence], today: date) -> LicenceStanding:
    newest = licences[-1]
    covering = licence_on(licences, today)
    return LicenceStanding(
        instrument_id=newest.instrument_id,
        standing=standing(licences, today),
        current=covering or newest,
        last_day=last_day(licences, today) if covering else newest.valid_to,
    )


async def _languages_by_version(connection: AsyncConnection) -> dict[InstrumentVersionId, _Version]:
    languages = func.array_remove(func.array_agg(instrument_translation.c.language), None)
    rows = await connection.execute(
        select(
            instrument_version.c.version_id,
            instrument_version.c.lineage,
            cast(languages, ARRAY(Text)).label("languages"),
        )
        .outerjoin(
            instrument_translation, instrument_translation.c.version_id == instrument_version.c.version_id
        )
        .where(instrument_version.c.state.in_((State.PUBLISHED, State.RETIRED)))
        .group_by(instrument_version.c.version_id)
    )
    return {InstrumentVersionId(row.version_id): _Version(row.lineage, tuple(row.languages)) for row in rows}


async def _licences(
    connection: AsyncConnection, keys: Keys, wanted: ColumnElement[bool]
) -> dict[bytes, list[Licence]]:
    """The wanted records by lineage, each lineage's oldest first."""
    rows = (
        await connection.execute(
            select(licence.c.lineage, licence.c.document_id).where(wanted).order_by(licence.c.licence_id)
        )
    ).all()
    opened = await open_chosen(connection, keys, [DocumentId(row.document_id) for row in rows])
    found: dict[bytes, list[Licence]] = {}
    for row in rows:
        content = opened[DocumentId(row.document_id)]
        found.setdefault(row.lineage, []).append(msgspec.json.decode(content, type=Licence))
    return found
