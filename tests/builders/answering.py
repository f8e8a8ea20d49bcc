"""A study with two instruments of our own, people with open assessments in it, and their answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from instruments.definition import (
    Branch,
    Condition,
    Item,
    Option,
    Presentation,
    Structure,
    Translation,
    Value,
)
from instruments.licence import Licence
from instruments.scoring.spec import Linear, Scale, ScoredItem, ScoringSpec
from instruments.versions import Instrument, State
from surveys import clock
from surveys.answering import Library, PartAnswers, Receipt, Submission, submit
from surveys.catalogue import (
    approve_translations,
    publish_instrument,
    record_licence,
    record_translations,
    state_of,
    store_instrument,
    submit_for_review,
)
from surveys.database import Role, as_person, transaction
from surveys.followup.tables import assessment
from surveys.identifiers import (
    AssessmentId,
    InstrumentVersionId,
    PersonId,
    ProtocolVersionId,
    StudyId,
    SubmissionId,
    TumourId,
    new_id,
)
from surveys.keys import Audience, Keys
from surveys.keys.grants import make_grant
from surveys.keys.in_process import InProcessKeys
from tests.builders.followup import make_protocol, make_wave, publish
from tests.builders.instruments import make_licence, make_records

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
FIRST, SECOND = "kari", "ola"
"""Two members of staff: one who stores and submits, one who approves."""
STUDY = StudyId(UUID(int=20))
EVERYDAY = "https://etterklang.example/instruments/made-everyday"
DIARY = "https://etterklang.example/instruments/made-diary"
HABITS = "https://etterklang.example/instruments/made-habits"

EngineAs = Callable[[Role], AsyncEngine]
KeysAs = Callable[[Role], Keys]


def everyday() -> Instrument:
    """Three choices from 0 to 3; the third is shown to those who answer the first with 1 or more."""
    items = [_choice("tired"), _choice("walk"), _choice("rest", Branch((Condition("tired", "!=", "a0"),)))]
    scored = tuple(ScoredItem(item.item_id, 0, 3) for item in items)
    energy = Scale("energy", items=("tired", "walk"), reverse=("tired",), transform=Linear(0, 3))
    return _instrument(EVERYDAY, items, ScoringSpec(EVERYDAY, "1", scored, (energy,)))


def habits() -> Instrument:
    """A number, several choices, a day and a few words; no scale."""
    options = (Option("home"), Option("work"), Option("none", exclusive=True))
    items = [
        Item("times", "integer", minimum=0, maximum=20, unit="/d"),
        Item("places", "choice", options=options, repeats=True),
        Item("since", "date"),
        Item("words", "text", max_length=200),
    ]
    return _instrument(HABITS, items, ScoringSpec(HABITS, "1"))


def diary() -> Instrument:
    """Up to three texts, and any number of numbers."""
    items = [Item("meals", "string", repeats=True, max_answers=3), Item("naps", "integer", repeats=True)]
    return _instrument(DIARY, items, ScoringSpec(DIARY, "1"))


@dataclass(frozen=True)
class Study:
    """A published protocol with two waves of both instruments, and who works on it."""

    engine_as: EngineAs
    keys_as: KeysAs
    protocol_version_id: ProtocolVersionId
    instruments: tuple[InstrumentVersionId, ...]
    library: Library

    @property
    def web(self) -> AsyncEngine:
        return self.engine_as(Role.WEB)

    @property
    def worker(self) -> AsyncEngine:
        return self.engine_as(Role.WORKER)

    @property
    def research(self) -> AsyncEngine:
        return self.engine_as(Role.RESEARCH)


@dataclass(frozen=True)
class Open:
    """One person's open assessment."""

    person_id: PersonId
    assessment_id: AssessmentId
    tumour_id: TumourId
    wave: int


async def open_study(engine_as: EngineAs, keys_as: KeysAs, instruments: Sequence[Instrument] = ()) -> Study:
    """Publishes the instruments (ours unless others are given) and a protocol with two waves of them."""
    worker, keys = engine_as(Role.WORKER), keys_as(Role.WORKER)
    versions = []
    for instrument in instruments or (everyday(), habits()):
        async with transaction(worker) as connection:
            versions.append(await approve(connection, keys, instrument))
    waves = tuple(
        make_wave(number, months, 21, 150, instruments=tuple(versions))
        for number, months in ((1, 0), (2, 12))
    )
    version = await publish(worker, keys, make_protocol(waves=waves), NOW)
    library = Library(engine_as(Role.WEB), keys_as(Role.WEB))
    return Study(engine_as, keys_as, version, tuple(versions), library)


async def approve(
    connection: AsyncConnection, keys: Keys, instrument: Instrument, licence: Licence | None = None
) -> InstrumentVersionId:
    """The whole way to the live version: one person stores and submits it, another licenses and publishes."""
    version_id = await store_instrument(connection, keys, instrument, NOW, FIRST)
    if await state_of(connection, version_id) is State.PUBLISHED:
        return version_id
    await vouch_for_languages(connection, keys, version_id, instrument)
    await submit_for_review(connection, version_id, NOW, FIRST)
    await record_licence(connection, keys, licence or make_licence(instrument), NOW, SECOND)
    await publish_instrument(connection, keys, version_id, NOW, SECOND)
    return version_id


async def vouch_for_languages(
    connection: AsyncConnection, keys: Keys, version_id: InstrumentVersionId, instrument: Instrument
) -> None:
    """One person records how each language was made, another approves it."""
    records = make_records(instrument)
    languages = [one.language for one in records]
    if records:
        await record_translations(connection, keys, version_id, records, NOW, FIRST)
        await approve_translations(connection, keys, version_id, languages, NOW, SECOND)


async def open_assessment(
    study: Study,
    wave: int = 1,
    person_id: PersonId | None = None,
    tumour_id: TumourId | None = None,
    state: str = "open",
    opens_on: date = TODAY - timedelta(days=10),
    closes_on: date = TODAY + timedelta(days=10),
) -> Open:
    """An assessment of ``study`` that is open today unless ``state`` or the window says otherwise."""
    one = Open(person_id or PersonId(new_id()), AssessmentId(new_id()), tumour_id or TumourId(new_id()), wave)
    async with transaction(study.worker) as connection:
        await connection.execute(
            insert(assessment).values(
                person_id=one.person_id,
                assessment_id=one.assessment_id,
                protocol_id=UUID(int=10),
                protocol_version_id=study.protocol_version_id,
                study_id=STUDY,
                tumour_id=one.tumour_id,
                wave=wave,
                state=state,
                anchor_date=opens_on,
                opens_on=opens_on,
                closes_on=closes_on,
                planned_at=NOW,
                changed_at=NOW,
            )
        )
    return one


def answers(
    first: dict[str, tuple[Value, ...]] | None = None,
    second: dict[str, tuple[Value, ...]] | None = None,
    skipped: tuple[str, ...] = (),
) -> tuple[PartAnswers, ...]:
    """Answers to both parts; ``skipped`` items are of the first."""
    return (
        PartAnswers(
            0, {"tired": ("a1",), "walk": ("a2",), "rest": ("a3",)} if first is None else first, skipped
        ),
        PartAnswers(1, {"times": (4,)} if second is None else second),
    )


def make_submission(one: Open, given: tuple[PartAnswers, ...] | None = None) -> Submission:
    """A submission of ``one`` under a fresh identifier."""
    return Submission(
        one.person_id, one.assessment_id, SubmissionId(new_id()), "nb", answers() if given is None else given
    )


async def send(
    study: Study, submission: Submission, now: datetime = NOW, by: PersonId | None = None
) -> Receipt:
    """Submits as the web process does, in the session of ``by`` (the person herself unless named)."""
    keys = study.keys_as(Role.WEB)
    inbox_key, receipt_key = await keys.inbox_key(), await keys.receipt_key()
    async with transaction(study.web) as connection:
        await as_person(connection, by or submission.person_id)
        return await submit(connection, receipt_key, inbox_key, study.library, submission, now)


def grant_of(study: Study, person_id: PersonId) -> bytes:
    """What the key service gives at login: a grant to open this person's own rows for an hour."""
    keys = study.keys_as(Role.WEB)
    assert isinstance(keys, InProcessKeys)
    end = clock.now() + timedelta(hours=1)
    return make_grant(keys._vault.grant_key, Audience.PATIENT, person_id, (), end)


def count(database: str, table: str) -> int:
    """How many rows ``table`` has, as the owner sees it."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        query = text(f"SELECT count(*) FROM {table}")
        rows = connection.execute(query).scalar_one()
    engine.dispose()
    return int(rows)


def stored_answers(database: str) -> list[tuple[object, ...]]:
    """Every answer and score as it stands, with the transaction that wrote its row."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        found = [
            tuple(row)
            for table in ("answering.response", "answering.score")
            for row in connection.execute(
                text(f"SELECT t.xmin::text, t.ctid::text, md5(t::text) FROM {table} AS t ORDER BY 2")
            )
        ]
    engine.dispose()
    return found


def as_owner(database: str, *statements: str, **values: object) -> None:
    """Does to the tables what somebody who has stolen the owner's password can do, in one transaction."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)
    finally:
        engine.dispose()


def refusal(database: str, *statements: str) -> str:
    """What the database says to the owner's statements, of which nothing is kept; empty if it takes them."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        return str(error.orig)
    finally:
        engine.dispose()
    return ""


def _choice(item_id: str, branch: Branch | None = None) -> Item:
    options = tuple(Option(f"a{number}", float(number)) for number in range(4))
    return Item(item_id, "choice", options=options, branch=branch)


def _instrument(instrument_id: str, items: Sequence[Item], scoring: ScoringSpec) -> Instrument:
    structure = Structure(instrument_id, "1", tuple(items))
    return Instrument(
        structure=structure,
        presentation=Presentation(instrument_id, "1"),
        scoring=scoring,
        translations=tuple(_translation(structure, language) for language in ("nb", "nn", "en")),
    )


def _translation(structure: Structure, language: str) -> Translation:
    texts = {"title": f"Made for tests ({language})"}
    for item in structure.items:
        texts[item.item_id] = f"About {item.item_id} ({language})"
        texts |= {f"{item.item_id}/{one.code}": f"{one.code} ({language})" for one in item.options}
    return Translation(structure.instrument_id, language, "1", texts)
