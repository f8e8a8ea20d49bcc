"""Fills the demonstration: instruments, a protocol, rules, a project, a cohort, and its earlier answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from joserfc.jwk import OKPKey
from sqlalchemy.ext.asyncio import AsyncConnection

from api.commands.acting import Acting, acting_as
from api.demo import console, places
from api.demo.cohort import write_cohort
from api.demo.timelapse import live_through
from api.security.machines import register_machine
from instruments.exchange.fhir import read_questionnaire
from instruments.licence import Licence
from instruments.scoring.spec import ScoringSpec
from instruments.translation_record import TranslationRecord
from instruments.versions import Instrument, with_scoring
from surveys import clock
from surveys.catalogue import (
    approve_translations,
    publish_instrument,
    record_licence,
    record_translations,
    store_instrument,
    submit_for_review,
)
from surveys.database import Role, transaction
from surveys.followup import ProtocolDraft, publish_protocol, resolve, store_protocol
from surveys.identifiers import InstrumentVersionId
from surveys.keys import Keys
from surveys.lateeffects import LateEffectRule, store_rule
from surveys.registry import import_rows
from surveys.research import (
    Project,
    approve_project,
    build_extract,
    find_project,
    link_requested,
    request_extract,
)
from surveys.settings import Settings

CHUNK_BYTES = 64 * 1024
FIRST_PERSON = "demonstration, first person"
SECOND_PERSON = "demonstration, second person"

Document = TypeVar("Document")


def seed(settings: Settings) -> None:
    """Everything that a first start needs, in order; each step says that it is done."""
    asyncio.run(_seed(settings.etterklang_demo_persons))


async def _seed(persons: int) -> None:
    now = clock.now()
    async with acting_as(Role.WORKER) as acting:
        with console.step("Loading the instruments, the protocol and the late-effect rules"):
            await load_documents(acting, now)
        _make_cohort(persons, now)
        await _feed_cohort(acting, now)
    await live_through(now)
    await _make_extract(now)


async def load_documents(acting: Acting, now: datetime) -> None:
    """Stores and publishes the demonstration's documents, and registers its machine."""
    async with transaction(acting.engine) as connection:
        versions: dict[str, InstrumentVersionId] = {}
        for instrument in (_own_instrument(), _imported_instrument()):
            version_id = await _publish(connection, acting.keys, instrument, now)
            versions[instrument.structure.instrument_id] = version_id
        draft = _read("prostate-protocol.json", ProtocolDraft)
        protocol_version_id = await store_protocol(connection, acting.keys, resolve(draft, versions), now)
        await publish_protocol(connection, protocol_version_id, now)
        for rule in _read("late-effect-rules.json", tuple[LateEffectRule, ...]):
            await store_rule(connection, acting.keys, rule, now)
        project = _read("research-project.json", Project)
        for person in (FIRST_PERSON, SECOND_PERSON):
            await approve_project(connection, project, person, now)
        scopes = (f"research:{project.project_id}", f"feed:{places.REGISTRY}")
        await register_machine(
            connection, "demo-machine", _machine_key(places.HOME / "machine.jwk"), scopes, now
        )


async def _publish(
    connection: AsyncConnection, keys: Keys, instrument: Instrument, now: datetime
) -> InstrumentVersionId:
    """One person of the demonstration imports and submits, another records the licence and approves."""
    version_id = await store_instrument(connection, keys, instrument, now, FIRST_PERSON)
    records = _records_of(instrument)
    await record_translations(connection, keys, version_id, records, now, FIRST_PERSON)
    languages = [one.language for one in records]
    await approve_translations(connection, keys, version_id, languages, now, SECOND_PERSON)
    await submit_for_review(connection, version_id, now, FIRST_PERSON)
    await record_licence(connection, keys, _own_licence(instrument), now, SECOND_PERSON)
    await publish_instrument(connection, keys, version_id, now, SECOND_PERSON)
    return version_id


def _records_of(instrument: Instrument) -> list[TranslationRecord]:
    """How the demonstration's wordings were made: they say themselves that nobody has tested them."""
    records = _read("translation-records.json", tuple[TranslationRecord, ...])
    return [one for one in records if one.instrument_id == instrument.structure.instrument_id]


def _own_licence(instrument: Instrument) -> Licence:
    """The demonstration's questionnaires are this project's own, so nobody else's leave is needed."""
    return Licence(
        instrument_id=instrument.structure.instrument_id,
        holder="Etterklang",
        terms="made for this demonstration; not validated, not for clinical use",
        reference="part of the program",
        languages=tuple(one.language for one in instrument.translations),
        modes=("electronic",),
        valid_from=date(2000, 1, 1),
    )


def _own_instrument() -> Instrument:
    return _read("everyday-life.json", Instrument)


def _imported_instrument() -> Instrument:
    imported = read_questionnaire((places.DOCUMENTS / "urinary-habits.fhir.json").read_bytes(), frozenset())
    if imported.instrument is None:
        raise ValueError(f"the demonstration's Questionnaire is not understood: {imported.losses}")
    return with_scoring(imported.instrument, _read("urinary-habits.scoring.json", ScoringSpec))


def _machine_key(file: Path) -> dict[str, str]:
    """Makes the private key with which scripts ask for tokens, and gives the public one to register."""
    key = OKPKey.generate_key("Ed25519", {"alg": "Ed25519", "use": "sig"}, auto_kid=True)
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(key.as_dict(private=True)))
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


def _make_cohort(persons: int, now: datetime) -> None:
    with console.step(f"Generating {persons:,} synthetic persons"), places.COHORT.open("wb") as stream:
        write_cohort(stream, persons, places.SEED, clock.local_date(now), "ndjson")


async def _feed_cohort(acting: Acting, now: datetime) -> None:
    report = await import_rows(
        acting.engine, acting.keys, places.REGISTRY, "ndjson", _chunks(places.COHORT), now
    )
    console.say(f"  {report.accepted:,} facts taken, {len(report.rejected)} rejected")


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    total = -(-file.stat().st_size // CHUNK_BYTES)
    with file.open("rb") as stream:
        chunks = iter(lambda: stream.read(CHUNK_BYTES), b"")
        for chunk in console.bar(chunks, "Importing them from the feed", total):
            yield chunk


async def _make_extract(now: datetime) -> None:
    """The project's first, so that people find on their own page that research has used their answers."""
    with console.step("Making an extract for the research project"):
        async with acting_as(Role.WORKER) as linking, acting_as(Role.RESEARCH) as reading:
            async with transaction(reading.engine) as connection:
                project = await find_project(connection, places.PROJECT)
                extract_id = await request_extract(connection, project.project_id, now, FIRST_PERSON, now)
            await link_requested(linking.engine, now)
            await build_extract(reading.engine, reading.keys, extract_id, now)


def _read(name: str, document: type[Document]) -> Document:
    return msgspec.json.decode((places.DOCUMENTS / name).read_bytes(), type=document)
