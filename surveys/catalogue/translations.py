"""How a wording came about, how far its texts are, and who approved it: added row by row, never changed.

A row belongs to the wording, which is named by its content. A new version that keeps a wording keeps these.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Table, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from instruments.exchange.translation_units import Translated
from instruments.translation_record import TranslationRecord, check_record, translators_of
from instruments.translation_status import Standing, TextState, TranslationStatus, marked, standings
from instruments.versions import Instrument, canonical
from surveys.actors import known_as
from surveys.audit import AuditEntry, append_all
from surveys.catalogue.documents import Content, DocumentKind, store_documents
from surveys.catalogue.errors import (
    NoActorError,
    NoRecordError,
    NoTextError,
    NoWordingError,
    OtherInstrumentError,
    OwnTranslationError,
)
from surveys.catalogue.languages import Language, languages_of
from surveys.catalogue.tables import translation_approval, translation_record, translation_status
from surveys.catalogue.versions import load_instrument, store_instrument
from surveys.identifiers import InstrumentVersionId
from surveys.keys import Keys

ReadTranslation = Callable[[Instrument, Mapping[str, TranslationStatus]], Translated]
_TABLES: Mapping[DocumentKind, Table] = MappingProxyType(
    {"translation-record": translation_record, "translation-status": translation_status}
)
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('catalogue.translation_status'))")


class Marking(NamedTuple):
    """Texts of a language, by their keys (all that it has where none is named), and how far they are.

    They were translated from ``source``.
    """

    language: str
    source: str
    state: TextState
    texts: tuple[str, ...] = ()


async def import_translation(
    connection: AsyncConnection,
    keys: Keys,
    version_id: InstrumentVersionId,
    read: ReadTranslation,
    now: datetime,
    actor: str,
) -> tuple[Translated, InstrumentVersionId]:
    """Takes a translator's file in, which ``read`` reads: another wording is a new draft beside the version.

    Where only states of texts have changed, it is the same version.

    Raises:
        VersionNotFoundError: there is no such version.
        InvalidTranslationError: see ``read``.
        NoActorError: ``actor`` is blank.
        KeysError: the key service refused or could not be reached.
    """
    _check_named(actor)
    await connection.execute(_TAKE_TURNS)
    instrument = await load_instrument(connection, keys, version_id)
    before = await languages_of(connection, keys, version_id, instrument)
    translated = read(instrument, {language: one.status for language, one in before.items()})
    stored = await store_instrument(connection, keys, translated.instrument, now, actor)
    after = await languages_of(connection, keys, stored, translated.instrument)
    await _keep(connection, keys, stored, after, [translated.status], now, actor)
    return translated, stored


async def record_translations(
    connection: AsyncConnection,
    keys: Keys,
    version_id: InstrumentVersionId,
    records: Collection[TranslationRecord],
    now: datetime,
    actor: str,
) -> None:
    """Adds how these languages were made, one record each. A newer record is one more, to be approved anew.

    Texts that have no state yet are tied to today's wording of the record's source, so that they fall back
    when that changes.

    Raises:
        VersionNotFoundError: there is no such version.
        NoWordingError, OtherInstrumentError: a record is of no language of it, or of another instrument.
        InvalidRecordError: see ``check_record``.
        NoActorError: ``actor`` is blank.
        KeysError: the key service refused or could not be reached.
    """
    _check_named(actor)
    await connection.execute(_TAKE_TURNS)
    instrument = await load_instrument(connection, keys, version_id)
    known = await languages_of(connection, keys, version_id, instrument)
    for record in records:
        check_record(record)
        _of(known, version_id, record.language)
        if record.instrument_id != instrument.structure.instrument_id:
            raise OtherInstrumentError(version_id, record.language)
    await _add(connection, keys, "translation-record", known, records, now, actor)
    await _note(connection, "translation-recorded", version_id, [one.language for one in records], now, actor)
    tied = [_tied(instrument, known[one.language].status, one.source_language) for one in records]
    await _keep(connection, keys, version_id, known, tied, now, actor)


async def mark_texts(
    connection: AsyncConnection,
    keys: Keys,
    version_id: InstrumentVersionId,
    marking: Marking,
    now: datetime,
    actor: str,
) -> int:
    """Says how far texts are; how many they are.

    Raises:
        VersionNotFoundError: there is no such version.
        NoWordingError, NoTextError: it has no such language, or that no such text.
        NoActorError: ``actor`` is blank.
        KeysError: the key service refused or could not be reached.
    """
    _check_named(actor)
    await connection.execute(_TAKE_TURNS)
    instrument = await load_instrument(connection, keys, version_id)
    known = await languages_of(connection, keys, version_id, instrument)
    status = _of(known, version_id, marking.language).status
    there = standings(instrument, status)
    for key in marking.texts:
        if key not in there:
            raise NoTextError(marking.language, key)
    found = dict.fromkeys(marking.texts or there, Standing(marking.state))
    new = marked(instrument, status, marking.source, found)
    await _keep(connection, keys, version_id, known, [new], now, actor)
    return len(found)


async def approve_translations(
    connection: AsyncConnection,
    keys: Keys,
    version_id: InstrumentVersionId,
    languages: Collection[str],
    now: datetime,
    actor: str,
) -> None:
    """Approves how these languages were made: the newest record of each.

    Raises:
        VersionNotFoundError: there is no such version.
        NoWordingError, NoRecordError: it has no such language, or no record of it.
        OwnTranslationError: ``actor`` made the wording, or recorded how it was made.
        NoActorError: ``actor`` is blank.
        KeysError: a document does not open, or the key service could not be reached.
    """
    _check_named(actor)
    instrument = await load_instrument(connection, keys, version_id)
    known = await languages_of(connection, keys, version_id, instrument)
    rows = []
    for language in languages:
        one = _of(known, version_id, language)
        if one.record is None:
            raise NoRecordError(version_id, language)
        if known_as(actor) in map(known_as, (*translators_of(one.record), one.recorded_by)):
            raise OwnTranslationError(version_id, language, actor)
        rows.append({"record_number": one.record_number, "approved_at": now, "approved_by": actor})
    await connection.execute(insert(translation_approval), rows)
    await _note(connection, "translation-approved", version_id, languages, now, actor)


def _check_named(actor: str) -> None:
    if not actor.strip():
        raise NoActorError


def _of(known: Mapping[str, Language], version_id: InstrumentVersionId, language: str) -> Language:
    if language not in known:
        raise NoWordingError(version_id, language)
    return known[language]


def _tied(instrument: Instrument, status: TranslationStatus, source: str) -> TranslationStatus:
    """``status`` with each text that has none yet as ``translated`` from today's wording in ``source``."""
    origin = next((one.texts for one in instrument.translations if one.language == source), {})
    untold = {
        key: standing
        for key, standing in standings(instrument, status).items()
        if key not in status.texts and key in origin
    }
    return marked(instrument, status, source, untold)


async def _keep(
    connection: AsyncConnection,
    keys: Keys,
    version_id: InstrumentVersionId,
    known: Mapping[str, Language],
    statuses: Iterable[TranslationStatus],
    now: datetime,
    actor: str,
) -> None:
    """Adds the states that are others than those ``known``."""
    new = [one for one in statuses if one != known[one.language].status]
    if not new:
        return
    await _add(connection, keys, "translation-status", known, new, now, actor)
    await _note(connection, "translation-marked", version_id, [one.language for one in new], now, actor)


async def _add(
    connection: AsyncConnection,
    keys: Keys,
    kind: DocumentKind,
    known: Mapping[str, Language],
    ones: Collection[TranslationRecord | TranslationStatus],
    now: datetime,
    actor: str,
) -> None:
    """Stores documents of one kind, each in a row beside the wording of its language."""
    documents = await store_documents(connection, keys, [Content(kind, canonical(one)) for one in ones], now)
    rows = [
        {
            "translation_id": known[one.language].translation_id,
            "document_id": document_id,
            "recorded_at": now,
            "recorded_by": actor,
        }
        for one, document_id in zip(ones, documents, strict=True)
    ]
    await connection.execute(insert(_TABLES[kind]), rows)


async def _note(
    connection: AsyncConnection,
    action: str,
    version_id: InstrumentVersionId,
    languages: Iterable[str],
    now: datetime,
    actor: str,
) -> None:
    about = [{"version": str(version_id), "language": language} for language in languages]
    await append_all(connection, [AuditEntry(action, actor, now, None, one) for one in about])
