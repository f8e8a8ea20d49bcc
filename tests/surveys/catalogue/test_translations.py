"""A language has a record, states of its texts and an approver before it is asked in; none ever changes."""

import asyncio
from collections.abc import Mapping
from datetime import date

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from instruments.exchange.translation_units import Translated, Unit, units_of, with_translation
from instruments.translation_record import NEEDED, LeftOut, Step, TranslationRecord
from instruments.translation_status import SOURCE_CHANGED, Standing, TranslationStatus, standings
from instruments.versions import Instrument, State
from surveys.catalogue import (
    Language,
    Marking,
    NoActorError,
    NoRecordError,
    NoTextError,
    NotPublishableError,
    NoWordingError,
    OtherInstrumentError,
    OwnTranslationError,
    approve_translations,
    import_translation,
    languages_of,
    load_instrument,
    mark_texts,
    record_translations,
)
from surveys.catalogue.tables import document
from surveys.database import transaction
from surveys.identifiers import InstrumentVersionId
from tests.builders.answering import FIRST, NOW, SECOND, count, everyday, refusal
from tests.builders.instruments import make_licence, make_records
from tests.surveys.catalogue.conftest import Catalogue

VALIDATED = replace(everyday(), structure=replace(everyday().structure, validated=True))
NB, NN, EN = make_records(VALIDATED)
TRANSLATED = replace(
    EN,
    kind="translation",
    source_language="nb",
    steps=tuple(
        Step(name, ("Aili", "Biret"), date(2026, 1, 1), "a test", 8 if "debriefing" in name else None)
        for name in NEEDED
    ),
)


async def record(catalogue: Catalogue, version_id: InstrumentVersionId, *records: TranslationRecord) -> None:
    async with transaction(catalogue.engine) as connection:
        await record_translations(connection, catalogue.keys, version_id, records, NOW, FIRST)


async def approve(
    catalogue: Catalogue, version_id: InstrumentVersionId, *languages: str, actor: str = SECOND
) -> None:
    async with transaction(catalogue.engine) as connection:
        await approve_translations(connection, catalogue.keys, version_id, languages, NOW, actor)


async def mark(
    catalogue: Catalogue, version_id: InstrumentVersionId, language: str, *keys: str, actor: str = FIRST
) -> int:
    async with transaction(catalogue.engine) as connection:
        marking = Marking(language, "nb", "final", keys)
        return await mark_texts(connection, catalogue.keys, version_id, marking, NOW, actor)


async def languages(catalogue: Catalogue, version_id: InstrumentVersionId) -> dict[str, Language]:
    async with transaction(catalogue.engine) as connection:
        instrument = await load_instrument(connection, catalogue.keys, version_id)
        return await languages_of(connection, catalogue.keys, version_id, instrument)


async def translate(
    catalogue: Catalogue, version_id: InstrumentVersionId, language: str, **words: str
) -> tuple[Translated, InstrumentVersionId]:
    """What a translator from Bokmål sends: these texts, by their keys."""

    def read(instrument: Instrument, statuses: Mapping[str, TranslationStatus]) -> Translated:
        sources = {unit.key: unit.source for unit in units_of(instrument, "nb", language)}
        units = [Unit(key, sources[key], word, "reviewed") for key, word in words.items()]
        return with_translation(instrument, "nb", language, units, statuses)

    async with transaction(catalogue.engine) as connection:
        return await import_translation(connection, catalogue.keys, version_id, read, NOW, FIRST)


async def faults(catalogue: Catalogue, version_id: InstrumentVersionId) -> tuple[str, ...]:
    await catalogue.submit(version_id)
    with pytest.raises(NotPublishableError) as refused:
        await catalogue.publish(version_id)
    assert await catalogue.state(version_id) is State.IN_REVIEW
    await catalogue.give_back(version_id)
    return refused.value.faults


async def test_a_language_without_a_record_or_an_approver_keeps_a_version_from_being_published(
    catalogue: Catalogue,
) -> None:
    await catalogue.license(make_licence(everyday()))
    version_id = await catalogue.store(everyday())
    await record(catalogue, version_id, NB, NN)
    await approve(catalogue, version_id, "nb")
    assert await faults(catalogue, version_id) == (
        "en: has no record of how it was translated; add one",
        "nn: nobody has approved its record",
    )
    await record(catalogue, version_id, EN)
    await approve(catalogue, version_id, "en", "nn")
    await catalogue.submit(version_id)
    await catalogue.publish(version_id)
    assert await catalogue.state(version_id) is State.PUBLISHED


async def test_a_validated_instrument_needs_every_step_and_every_text_final(catalogue: Catalogue) -> None:
    await catalogue.license(make_licence(VALIDATED))
    version_id = await catalogue.store(VALIDATED)
    no_time = tuple(LeftOut(one, "the test's own") for one in ("cognitive-debriefing", "proofreading"))
    fewer = replace(TRANSLATED, steps=TRANSLATED.steps[:-1])
    await record(catalogue, version_id, NN, replace(NB, left_out=no_time), fewer)
    await approve(catalogue, version_id, "nb", "nn", "en")
    assert await mark(catalogue, version_id, "en") == 16
    async with transaction(catalogue.engine) as connection:
        marking = Marking("en", "nb", "reviewed", ("walk", "rest/a2"))
        await mark_texts(connection, catalogue.keys, version_id, marking, NOW, FIRST)
    reason = ", nor the reason why it was left out"
    assert await faults(catalogue, version_id) == (
        "en: the record has no proofreading",
        "en: rest/a2 is reviewed and must be final",
        "en: walk is reviewed and must be final",
        f"nn: the record has no cognitive-debriefing{reason}",
        f"nn: the record has no proofreading{reason}",
    )
    await record(catalogue, version_id, TRANSLATED, replace(NN, left_out=no_time))
    await approve(catalogue, version_id, "en", "nn")
    await mark(catalogue, version_id, "en", "walk", "rest/a2")
    await catalogue.submit(version_id)
    await catalogue.publish(version_id)
    assert await catalogue.state(version_id) is State.PUBLISHED


async def test_a_newer_record_is_approved_anew(catalogue: Catalogue) -> None:
    version_id = await catalogue.store(everyday())
    await record(catalogue, version_id, NB)
    await approve(catalogue, version_id, "nb")
    assert (await languages(catalogue, version_id))["nb"].approval is not None
    await record(catalogue, version_id, replace(NB, remarks="More is known now."))
    now = (await languages(catalogue, version_id))["nb"]
    assert now.record is not None
    assert (now.record.remarks, now.approval) == ("More is known now.", None)


@pytest.mark.parametrize("actor", ["Whoever wrote the test ", "AILI", f" {FIRST.upper()} "])
async def test_whoever_translated_or_recorded_does_not_approve(catalogue: Catalogue, actor: str) -> None:
    version_id = await catalogue.store(VALIDATED)
    await record(catalogue, version_id, TRANSLATED)
    with pytest.raises(OwnTranslationError, match="somebody else must approve it"):
        await approve(catalogue, version_id, "en", actor=actor)
    assert (await languages(catalogue, version_id))["en"].approval is None


async def test_what_is_not_there_is_neither_recorded_nor_marked_nor_approved(
    catalogue: Catalogue, database: str
) -> None:
    version_id = await catalogue.store(everyday())
    with pytest.raises(NoWordingError, match="no wording in se"):
        await record(catalogue, version_id, NB, replace(NB, language="se"))
    with pytest.raises(OtherInstrumentError):
        await record(catalogue, version_id, replace(NB, instrument_id="another"))
    with pytest.raises(NoTextError, match="nothing-such is no text"):
        await mark(catalogue, version_id, "nb", "nothing-such")
    with pytest.raises(NoRecordError, match="record how it was made first"):
        await approve(catalogue, version_id, "nb")
    with pytest.raises(NoActorError):
        await mark(catalogue, version_id, "nb", actor=" ")
    for table in ("record", "status", "approval"):
        assert count(database, f"catalogue.translation_{table}") == 0


async def test_neither_states_nor_an_approval_touch_the_wording_and_its_hash(
    catalogue: Catalogue, database: str
) -> None:
    version_id = await catalogue.store(everyday())
    async with transaction(catalogue.engine) as connection:
        before = (await connection.execute(select(document).order_by(document.c.document_id))).all()
    pinned = {
        language: one.translation_id for language, one in (await languages(catalogue, version_id)).items()
    }
    await catalogue.vouch(version_id, everyday())
    await mark(catalogue, version_id, "nn")
    async with transaction(catalogue.engine) as connection:
        after = (await connection.execute(select(document).order_by(document.c.document_id))).all()
        assert await load_instrument(connection, catalogue.keys, version_id) == replace(
            everyday(), translations=tuple(sorted(everyday().translations, key=lambda one: one.language))
        )
    assert [one for one in after if not one.kind.startswith("translation-")] == before
    assert pinned == {
        language: one.translation_id for language, one in (await languages(catalogue, version_id)).items()
    }
    assert count(database, "catalogue.instrument_version") == 1


async def test_another_wording_is_a_new_draft_and_the_other_languages_keep_their_records(
    catalogue: Catalogue,
) -> None:
    version_id = await catalogue.store(everyday())
    await catalogue.vouch(version_id, everyday())
    _, draft = await translate(catalogue, version_id, "nn", walk="Om å gå")
    assert draft != version_id
    found = await languages(catalogue, draft)
    assert [language for language, one in found.items() if one.approval] == ["en", "nb"]
    assert found["nn"].record is None
    assert found["nn"].status.texts["walk"].state == "reviewed"


async def test_only_states_that_come_back_are_of_the_same_version(catalogue: Catalogue) -> None:
    version_id = await catalogue.store(everyday())
    words = everyday().translations[1].texts
    translated, stored = await translate(catalogue, version_id, "nn", walk=words["walk"])
    assert stored == version_id
    assert (await languages(catalogue, version_id))["nn"].status == translated.status


async def test_texts_fall_back_when_what_they_were_translated_from_changes(catalogue: Catalogue) -> None:
    await catalogue.license(make_licence(everyday()))
    version_id = await catalogue.store(everyday())
    await record(catalogue, version_id, NB, NN, replace(EN, kind="translation", source_language="nb"))
    await approve(catalogue, version_id, "nb", "nn", "en")
    nb, nn, en = everyday().translations
    reworded = replace(nb, texts=nb.texts | {"walk": "Om å gå en tur"})
    draft = await catalogue.store(replace(everyday(), translations=(reworded, nn, en)))
    await record(catalogue, draft, NB)
    await approve(catalogue, draft, "nb")
    assert await faults(catalogue, draft) == (
        f"en: walk is initial ({SOURCE_CHANGED}) and must be translated",
    )


async def test_two_translators_at_once_lose_nothing(catalogue: Catalogue) -> None:
    version_id = await catalogue.store(everyday())
    (_, sami), (_, finnish) = await asyncio.gather(
        translate(catalogue, version_id, "se", walk="Vázzin"),
        translate(catalogue, version_id, "fi", walk="Kävely"),
    )
    assert len({version_id, sami, finnish}) == 3
    _, both = await translate(catalogue, sami, "fi", walk="Kävely")
    found = await languages(catalogue, both)
    assert {"fi", "se"} < set(found)
    await asyncio.gather(*(mark(catalogue, both, "nb", key) for key in ("title", "walk", "rest")))
    async with transaction(catalogue.engine) as connection:
        instrument = await load_instrument(connection, catalogue.keys, both)
    status = (await languages(catalogue, both))["nb"].status
    final = {key for key, one in standings(instrument, status).items() if one == Standing("final")}
    assert final == {"title", "walk", "rest"}


async def test_the_database_publishes_no_language_that_nobody_approved(
    catalogue: Catalogue, database: str
) -> None:
    version_id = await catalogue.store(everyday())
    await record(catalogue, version_id, NB, NN, EN)
    await approve(catalogue, version_id, "nb", "en")
    await catalogue.submit(version_id)
    publish = (
        "INSERT INTO catalogue.version_move (version_id, from_state, to_state, actor, moved_at) "
        f"SELECT version_id, 'in-review', 'published', '{SECOND}', now() FROM catalogue.instrument_version"
    )
    assert "nobody has approved the record of the translation into nn" in refusal(database, publish)
    approval = (
        "INSERT INTO catalogue.translation_approval (record_number, approved_at, approved_by) "
        "SELECT record_number, now(), '{}' FROM catalogue.translation_record"
    )
    own = approval.format(f" {FIRST.upper()} ")
    assert "a second person approves a translation" in refusal(database, own)
    with pytest.raises(DBAPIError, match="a second person approves a translation"):
        async with catalogue.engine.begin() as connection:
            await connection.execute(text(own))
    assert refusal(database, approval.format(SECOND), publish) == ""


async def test_who_recorded_marked_and_approved_is_in_the_audit_log(
    catalogue: Catalogue, database: str
) -> None:
    version_id = await catalogue.store(everyday())
    await catalogue.vouch(version_id, everyday())
    await mark(catalogue, version_id, "nn", "walk")
    for action, actor, many in (
        ("translation-recorded", FIRST, 3),
        ("translation-approved", SECOND, 3),
        ("translation-marked", FIRST, 1),
    ):
        entry = f'audit.audit_entry WHERE entry::jsonb @> \'{{"action": "{action}", "actor": "{actor}"}}\''
        assert count(database, f"{entry} AND entry::jsonb->'about'->>'version' = '{version_id}'") == many
