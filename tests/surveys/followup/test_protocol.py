"""Protocol documents: read, checked and resolved, each fault with its place."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from instruments.versions import canonical
from surveys.database import Role, transaction
from surveys.followup import (
    Anchor,
    InvalidProtocolError,
    Protocol,
    ProtocolRetiredError,
    UnknownProtocolError,
    Who,
    check_protocol,
    load_protocols,
    publish_protocol,
    read_draft,
    resolve,
    store_protocol,
)
from surveys.followup.versions import live_protocols
from surveys.identifiers import InstrumentVersionId, ProtocolVersionId, new_id
from tests.builders.followup import make_protocol, make_wave, publish
from tests.conftest import ROOT

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DEMO = ROOT / "api" / "demo" / "documents" / "prostate-protocol.json"
VERSIONS = {
    "everyday-life": InstrumentVersionId(UUID(int=1)),
    "urinary-habits": InstrumentVersionId(UUID(int=2)),
}


def places(protocol: Protocol) -> list[str]:
    return [fault.place for fault in check_protocol(protocol)]


def test_the_demonstration_protocol_can_be_followed() -> None:
    protocol = resolve(read_draft(DEMO.read_bytes()), VERSIONS)
    assert check_protocol(protocol) == ()
    assert [(wave.number, wave.offset_months) for wave in protocol.waves] == [(1, 0), (2, 12), (3, 36)]
    assert protocol.waves[0].instruments == (UUID(int=1), UUID(int=2))


def test_a_protocol_reads_back_as_it_was_written() -> None:
    protocol = make_protocol()
    assert msgspec.json.decode(canonical(protocol), type=Protocol) == protocol


def test_an_instrument_without_a_version_is_named_by_its_place_only() -> None:
    draft = read_draft(DEMO.read_bytes())
    with pytest.raises(InvalidProtocolError) as caught:
        resolve(draft, {"everyday-life": InstrumentVersionId(UUID(int=1))})
    assert [fault.place for fault in caught.value.faults] == [
        f"$.waves[{wave}].instruments[1]" for wave in range(3)
    ]
    assert "urinary" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"{", "$"),
        (DEMO.read_bytes().replace(b'"number": 1', b'"number": "one"'), "$.waves[0].number"),
        (DEMO.read_bytes().replace(b'"version": "1"', b'"version": "1", "extra": 2'), "$"),
        (DEMO.read_bytes().replace(b'["diagnosis"]', b'["birthday"]'), "$.anchors[0].first_known[0]"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused_with_its_place(content: bytes, place: str) -> None:
    with pytest.raises(InvalidProtocolError) as caught:
        read_draft(content)
    assert [fault.place for fault in caught.value.faults] == [place]


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"version": ""}, "$.version"),
        ({"title": ""}, "$.title"),
        ({"rest_days": -1}, "$.rest_days"),
        ({"stops": ("emigration", "reservation", "withdrawal")}, "$.stops"),
        ({"who": Who(registry="", icd10=("C61",))}, "$.who.registry"),
        ({"who": Who(registry="norway", icd10=())}, "$.who.icd10"),
        ({"who": Who(registry="norway", icd10=("C61", "c61.9"))}, "$.who.icd10[1]"),
        ({"who": Who(registry="norway", icd10=("C61",), minimum_age=200)}, "$.who.minimum_age"),
        ({"anchors": (Anchor("diagnosis", ()),)}, "$.anchors[0].first_known"),
        ({"waves": ()}, "$.waves"),
        ({"waves": (make_wave(2, 0, 21, 150),)}, "$.waves"),
        ({"waves": (make_wave(1, 0, 150, 21, reminder_days=()),)}, "$.waves[0].opens_days"),
        ({"waves": (make_wave(1, 0, 21, 150, anchor="surgery"),)}, "$.waves[0].anchor"),
        ({"waves": (make_wave(1, 0, 21, 150, names={"nb": "Først"}),)}, "$.waves[0].names"),
        ({"waves": (make_wave(1, 0, 21, 150, reminder_days=(35, 14)),)}, "$.waves[0].reminder_days"),
        ({"waves": (make_wave(1, 0, 21, 150, reminder_days=(130,)),)}, "$.waves[0].reminder_days"),
        ({"waves": (make_wave(1, 0, 21, 150, instruments=()),)}, "$.waves[0].instruments"),
        ({"waves": (make_wave(1, 0, 21, 150), make_wave(2, 4, 0, 90))}, "$.waves[1]"),
    ],
)
def test_each_fault_of_a_protocol_names_its_place(wrong: dict[str, object], place: str) -> None:
    assert places(make_protocol(**wrong)) == [place]


def test_two_anchors_cannot_have_one_name() -> None:
    twice = (Anchor("diagnosis", ("diagnosis",)), Anchor("diagnosis", ("surgery",)))
    assert places(make_protocol(anchors=twice)) == ["$.anchors[1].anchor_id"]


async def test_a_protocol_with_faults_is_not_stored(engine_as, keys_as) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        with pytest.raises(InvalidProtocolError):
            await store_protocol(connection, keys_as(Role.WORKER), make_protocol(title=""), NOW)


async def test_the_same_protocol_is_one_version_however_often_it_is_stored(engine_as, keys_as) -> None:
    engine, keys = engine_as(Role.WORKER), keys_as(Role.WORKER)
    first = await publish(engine, keys, make_protocol(), NOW)
    assert await publish(engine, keys, make_protocol(), NOW) == first
    async with transaction(engine) as connection:
        assert await load_protocols(connection, keys) == {first: make_protocol()}


async def test_a_new_version_retires_the_one_before_and_both_can_be_read(engine_as, keys_as) -> None:
    engine, keys = engine_as(Role.WORKER), keys_as(Role.WORKER)
    first = await publish(engine, keys, make_protocol(), NOW)
    second = await publish(engine, keys, make_protocol(version="2"), NOW)
    async with transaction(engine_as(Role.WEB)) as connection:
        assert set(await load_protocols(connection, keys_as(Role.WEB))) == {first, second}
    async with transaction(engine) as connection:
        assert set(await live_protocols(connection, keys)) == {second}
        with pytest.raises(ProtocolRetiredError):
            await publish_protocol(connection, first, NOW)


async def test_publishing_what_was_never_stored_says_so(engine_as) -> None:
    async with transaction(engine_as(Role.WORKER)) as connection:
        with pytest.raises(UnknownProtocolError):
            await publish_protocol(connection, ProtocolVersionId(new_id()), NOW)


def test_the_documentation_names_every_field_of_a_protocol() -> None:
    text = Path(ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    draft = msgspec.json.decode(DEMO.read_bytes())
    named = {*draft, *draft["who"], *draft["anchors"][0], *draft["waves"][1]}
    assert {name for name in named if f"`{name}`" not in text} == set()
