"""How far each language of a version is: its texts' states, how it was made and who approved that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.translation_record import TranslationRecord, unmet
from instruments.translation_status import TextState, TranslationStatus, below, empty_status, standings
from instruments.versions import Instrument
from surveys.actors import known_as
from surveys.catalogue.documents import open_chosen
from surveys.identifiers import DocumentId, InstrumentVersionId
from surveys.keys import Keys

_NEWEST = text(
    """
    SELECT t.language, t.translation_id, r.record_number, r.document_id AS record_document, r.recorded_by,
           s.document_id AS status_document, a.approved_by, a.approved_at
    FROM catalogue.instrument_translation t
    LEFT JOIN LATERAL (
      SELECT * FROM catalogue.translation_record r WHERE r.translation_id = t.translation_id
      ORDER BY r.record_number DESC LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
      SELECT * FROM catalogue.translation_status s WHERE s.translation_id = t.translation_id
      ORDER BY s.status_number DESC LIMIT 1
    ) s ON true
    LEFT JOIN LATERAL (
      SELECT * FROM catalogue.translation_approval a WHERE a.record_number = r.record_number
      ORDER BY a.approval_number DESC LIMIT 1
    ) a ON true
    WHERE t.version_id = :version
    ORDER BY t.language
    """
)


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who approved a language, and when."""

    actor: str
    at: datetime


class Language(NamedTuple):
    """One language of a version: its wording, how far each text is, how it was made, who approved that."""

    translation_id: DocumentId
    status: TranslationStatus
    record: TranslationRecord | None
    record_number: int | None
    recorded_by: str
    approval: Approval | None


async def languages_of(
    connection: AsyncConnection, keys: Keys, version_id: InstrumentVersionId, instrument: Instrument
) -> dict[str, Language]:
    """Each language of a version, whose documents are ``instrument``, in the alphabet's order.

    Raises:
        KeysError: a document does not open, or the key service could not be reached.
    """
    rows = (await connection.execute(_NEWEST, {"version": version_id})).all()
    chosen = [one for row in rows for one in (row.record_document, row.status_document) if one is not None]
    opened = await open_chosen(connection, keys, chosen)
    return {row.language: _language(row, opened, instrument) for row in rows}


def translation_faults(instrument: Instrument, languages: Mapping[str, Language]) -> list[str]:
    """What of its translations keeps an instrument from being published: each language with its rule.

    An instrument that says of itself that it is not validated needs no step of validation, and its texts need
    to be ``translated`` only; it needs a record that says how they came about, and an approver, all the same.
    """
    return [
        f"{language}: {fault}" for language, one in languages.items() for fault in _faults(instrument, one)
    ]


def _faults(instrument: Instrument, language: Language) -> list[str]:
    validated = instrument.structure.validated
    if language.record is None:
        faults = ["has no record of how it was translated; add one"]
    else:
        faults = list(unmet(language.record, known_as)) if validated else []
        if language.approval is None:
            faults.append("nobody has approved its record")
    needed: TextState = "final" if validated else "translated"
    if language.record is None or language.record.kind != "original":
        faults += [
            f"{key} is {found.state}{f' ({found.sub_state})' if found.sub_state else ''} and must be {needed}"
            for key, found in standings(instrument, language.status).items()
            if below(found.state, needed)
        ]
    return faults


def _language(row: Row[Any], opened: Mapping[DocumentId, bytes], instrument: Instrument) -> Language:
    status, record = row.status_document, row.record_document
    return Language(
        translation_id=DocumentId(row.translation_id),
        status=msgspec.json.decode(opened[status], type=TranslationStatus)
        if status
        else empty_status(instrument, row.language),
        record=msgspec.json.decode(opened[record], type=TranslationRecord) if record else None,
        record_number=row.record_number,
        recorded_by=row.recorded_by or "",
        approval=Approval(row.approved_by, row.approved_at) if row.approved_by else None,
    )
