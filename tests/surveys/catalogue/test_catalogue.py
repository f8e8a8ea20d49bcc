"""Documents are sealed, stored once, and never change; an instrument has one live version."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from instruments.definition import Translation
from instruments.scoring.spec import Scale, ScoringSpec
from instruments.versions import MOVES, Instrument, State
from surveys.catalogue import (
    NotPublishableError,
    VersionMoveError,
    VersionNotFoundError,
    find_gaps,
    live_version_of,
    load_instruments,
    open_documents,
    publish_instrument,
    store_document,
    store_instrument,
)
from surveys.database import Role, transaction
from surveys.identifiers import DocumentId, InstrumentVersionId, new_id
from surveys.keys import Keys, NotAllowedError
from tests.builders.answering import EVERYDAY, NOW, EngineAs, KeysAs, count, everyday, refusal


@pytest.fixture
def keys(keys_as: KeysAs) -> Keys:
    return keys_as(Role.WORKER)


async def store(engine_as: EngineAs, keys: Keys, instrument: Instrument) -> InstrumentVersionId:
    async with transaction(engine_as(Role.WORKER)) as connection:
        return await store_instrument(connection, keys, instrument, NOW)


async def publish(engine_as: EngineAs, keys: Keys, version_id: InstrumentVersionId) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        await publish_instrument(connection, keys, version_id, NOW)


async def states(engine_as: EngineAs) -> list[str]:
    async with engine_as(Role.WORKER).connect() as connection:
        rows = await connection.execute(
            text("SELECT state FROM catalogue.instrument_version ORDER BY version_id")
        )
        return list(rows.scalars())


def second(instrument: Instrument) -> Instrument:
    """The same instrument with its structure one version on."""
    return replace(instrument, structure=replace(instrument.structure, version="2"))


async def test_the_same_content_has_one_identifier(engine_as: EngineAs, keys: Keys) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        first = await store_document(connection, keys, "protocol", b"{}", NOW)
        again = await store_document(connection, keys, "protocol", b"{}", NOW + timedelta(days=1))
        other_kind = await store_document(connection, keys, "late-effect-rule", b"{}", NOW)
        assert first == again != other_kind
        assert await open_documents(connection, keys, "protocol") == {first: b"{}"}


async def test_two_who_store_the_same_at_once_get_one_identifier(engine_as: EngineAs, keys: Keys) -> None:
    async def one() -> DocumentId:
        async with transaction(engine_as(Role.WORKER)) as connection:
            return await store_document(connection, keys, "protocol", b'{"a":1}', NOW)

    assert len(set(await asyncio.gather(*(one() for _ in range(4))))) == 1


async def test_an_instrument_comes_back_as_it_was_stored(engine_as: EngineAs, keys_as: KeysAs) -> None:
    worker = keys_as(Role.WORKER)
    version_id = await store(engine_as, worker, everyday())
    assert await store(engine_as, worker, everyday()) == version_id
    await publish(engine_as, worker, version_id)
    for role in (Role.WEB, Role.WORKER, Role.RESEARCH):
        async with engine_as(role).connect() as connection:
            loaded = await load_instruments(connection, keys_as(role))
        assert set(loaded) == {version_id}
        assert loaded[version_id].structure == everyday().structure
        assert {one.language: one for one in loaded[version_id].translations} == {
            one.language: one for one in everyday().translations
        }


async def test_publishing_retires_the_version_before_it(engine_as: EngineAs, keys: Keys) -> None:
    old = await store(engine_as, keys, everyday())
    await publish(engine_as, keys, old)
    new = await store(engine_as, keys, second(everyday()))
    await publish(engine_as, keys, new)
    await publish(engine_as, keys, new)
    assert await states(engine_as) == ["retired", "published"]
    async with transaction(engine_as(Role.WORKER)) as connection:
        assert await live_version_of(connection, keys, EVERYDAY) == new
        assert set(await load_instruments(connection, keys)) == {old, new}
        assert await live_version_of(connection, keys, "another") is None


async def test_a_retired_version_does_not_come_back(engine_as: EngineAs, keys: Keys) -> None:
    old = await store(engine_as, keys, everyday())
    await publish(engine_as, keys, old)
    await publish(engine_as, keys, await store(engine_as, keys, second(everyday())))
    with pytest.raises(VersionMoveError):
        await publish(engine_as, keys, old)
    with pytest.raises(VersionNotFoundError):
        await publish(engine_as, keys, InstrumentVersionId(new_id()))


async def test_a_version_with_a_gap_is_not_published(engine_as: EngineAs, keys: Keys) -> None:
    nb, nn, en = everyday().translations
    texts = {key: text for key, text in nn.texts.items() if key != "walk/a2"}
    version_id = await store(
        engine_as, keys, replace(everyday(), translations=(nb, replace(nn, texts=texts), en))
    )
    with pytest.raises(NotPublishableError) as refused:
        await publish(engine_as, keys, version_id)
    assert refused.value.faults == ("nn: walk/a2 has no text",)
    assert "walk" not in str(refused.value)
    assert await states(engine_as) == ["draft"]


def test_every_kind_of_gap_is_named() -> None:
    assert find_gaps(everyday()) == ()
    assert find_gaps(replace(everyday(), translations=())) != ()
    extra = Translation(EVERYDAY, "nb", "1", {"nothing-such": "?"})
    assert any("nothing-such" in fault for fault in find_gaps(replace(everyday(), translations=(extra,))))
    unscored = ScoringSpec(EVERYDAY, "1", (), (Scale("energy", items=("missing",)),))
    assert find_gaps(replace(everyday(), scoring=unscored)) != ()
    clash = replace(everyday().scoring, items=(), scales=(Scale("rest", items=("tired",)),))
    assert any("and of a scale" in fault for fault in find_gaps(replace(everyday(), scoring=clash)))


STEPS_TO: dict[State, list[State]] = {
    State.DRAFT: [],
    State.IN_REVIEW: [State.IN_REVIEW],
    State.PUBLISHED: [State.PUBLISHED],
    State.RETIRED: [State.PUBLISHED, State.RETIRED],
}


async def test_the_database_holds_the_same_moves(engine_as: EngineAs, keys: Keys, database: str) -> None:
    await store(engine_as, keys, everyday())
    for before, after in permutations(State, 2):
        steps = [*STEPS_TO[before], after]
        said = refusal(
            database, *(f"UPDATE catalogue.instrument_version SET state = '{step}'" for step in steps)
        )
        assert ("does not go from" in said) == (after not in MOVES[before]), (before, after, said)


CHANGES = (
    "UPDATE catalogue.document SET sealed = ''",
    "DELETE FROM catalogue.document",
    "UPDATE catalogue.instrument_version SET scoring_id = structure_id",
    "UPDATE catalogue.instrument_version SET published_at = now() + interval '1 day'",
    "DELETE FROM catalogue.instrument_version",
    "UPDATE catalogue.instrument_translation SET language = 'sv'",
    "DELETE FROM catalogue.instrument_translation",
    "INSERT INTO catalogue.instrument_translation SELECT version_id, 'sv', translation_id "
    "FROM catalogue.instrument_translation LIMIT 1",
    "INSERT INTO catalogue.instrument_version SELECT gen_random_uuid(), '\\x00', structure_id, "
    "presentation_id, scoring_id, 'published', now(), now() FROM catalogue.instrument_version",
)


async def test_what_is_published_never_changes_even_for_the_owner(
    engine_as: EngineAs, keys: Keys, database: str
) -> None:
    await publish(engine_as, keys, await store(engine_as, keys, everyday()))
    for change in CHANGES:
        said = refusal(database, change)
        assert "never changed" in said or "new version" in said or "begins as a draft" in said, change


async def test_only_the_worker_stores(engine_as: EngineAs, keys_as: KeysAs, database: str) -> None:
    async with engine_as(Role.WEB).connect() as connection:
        with pytest.raises(NotAllowedError):
            await store_document(connection, keys_as(Role.WEB), "protocol", b"{}", NOW)
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text("UPDATE catalogue.instrument_version SET state = 'published'"))
    assert count(database, "catalogue.document") == 0
