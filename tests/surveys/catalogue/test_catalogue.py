"""Documents are sealed, stored once, and never change; an instrument has one live version."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from instruments.definition import Translation
from instruments.scoring.spec import Case, Scale, ScoringSpec
from instruments.versions import Instrument
from surveys.catalogue import (
    find_gaps,
    live_version_of,
    live_versions,
    load_instruments,
    open_documents,
    store_document,
    store_instrument,
)
from surveys.database import Role, transaction
from surveys.identifiers import DocumentId, InstrumentVersionId
from surveys.keys import Keys, NotAllowedError
from tests.builders.answering import (
    EVERYDAY,
    FIRST,
    NOW,
    EngineAs,
    KeysAs,
    approve,
    count,
    everyday,
)


@pytest.fixture
def keys(keys_as: KeysAs) -> Keys:
    return keys_as(Role.WORKER)


async def store(engine_as: EngineAs, keys: Keys, instrument: Instrument) -> InstrumentVersionId:
    async with transaction(engine_as(Role.WORKER)) as connection:
        return await store_instrument(connection, keys, instrument, NOW, FIRST)


async def publish(engine_as: EngineAs, keys: Keys, instrument: Instrument) -> InstrumentVersionId:
    async with transaction(engine_as(Role.WORKER)) as connection:
        return await approve(connection, keys, instrument)


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
    assert await publish(engine_as, worker, everyday()) == version_id
    for role in (Role.WEB, Role.WORKER, Role.RESEARCH):
        async with engine_as(role).connect() as connection:
            loaded = await load_instruments(connection, keys_as(role))
        assert set(loaded) == {version_id}
        assert loaded[version_id].structure == everyday().structure
        assert {one.language: one for one in loaded[version_id].translations} == {
            one.language: one for one in everyday().translations
        }


async def test_publishing_retires_the_version_before_it(engine_as: EngineAs, keys: Keys) -> None:
    old = await publish(engine_as, keys, everyday())
    new = await publish(engine_as, keys, second(everyday()))
    assert await states(engine_as) == ["retired", "published"]
    async with transaction(engine_as(Role.WORKER)) as connection:
        assert await live_version_of(connection, keys, EVERYDAY) == new
        assert await live_versions(connection, keys) == {EVERYDAY: new}
        assert set(await load_instruments(connection, keys)) == {old, new}
        assert await live_version_of(connection, keys, "another") is None


def test_every_kind_of_gap_is_named() -> None:
    assert find_gaps(everyday()) == ()
    assert find_gaps(replace(everyday(), translations=())) != ()
    extra = Translation(EVERYDAY, "nb", "1", {"nothing-such": "?"})
    assert any("nothing-such" in fault for fault in find_gaps(replace(everyday(), translations=(extra,))))
    unscored = ScoringSpec(EVERYDAY, "1", (), (Scale("energy", items=("missing",)),))
    assert find_gaps(replace(everyday(), scoring=unscored)) != ()
    clash = replace(everyday().scoring, items=(), scales=(Scale("rest", items=("tired",)),))
    assert any("and of a scale" in fault for fault in find_gaps(replace(everyday(), scoring=clash)))


def test_a_scoring_that_misses_its_own_reference_case_is_a_gap() -> None:
    case = Case((("tired", 0.0), ("walk", 3.0)), (("energy", 99.0),))
    missed = replace(everyday(), scoring=replace(everyday().scoring, cases=(case,)))
    assert find_gaps(missed) == ("scoring: case 1: energy is 100, and should be 99",)


async def test_only_the_worker_stores(engine_as: EngineAs, keys_as: KeysAs, database: str) -> None:
    async with engine_as(Role.WEB).connect() as connection:
        with pytest.raises(NotAllowedError):
            await store_document(connection, keys_as(Role.WEB), "protocol", b"{}", NOW)
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text("INSERT INTO catalogue.licence DEFAULT VALUES"))
    assert count(database, "catalogue.document") == 0
