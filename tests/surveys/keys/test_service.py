"""The key service gives each role what is its own, and nothing else."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role
from surveys.identifiers import PersonId, ProjectId, new_id
from surveys.keys import (
    Binding,
    Keys,
    NotAllowedError,
    NotOpenedError,
    PlainRow,
    Purpose,
    SealedRow,
    seal_to_inbox,
)
from surveys.national_id import with_control_digits
from tests.builders.keys import synthetic_numbers

KeysAs = Callable[[Role], Keys]


def place(table: str, person_id: UUID | None = None) -> Binding:
    return Binding(table, new_id(), PersonId(person_id or new_id()), new_id(), "v1", 1)


async def test_what_the_worker_seals_for_a_person_research_opens_for_an_extract(keys_as: KeysAs) -> None:
    rows = [PlainRow(place("answering.response"), f"answers {n}".encode()) for n in range(50)]
    sealed = await keys_as(Role.WORKER).seal(rows)
    stored = [SealedRow(row.binding, one) for row, one in zip(rows, sealed, strict=True)]
    opened = await keys_as(Role.RESEARCH).open(Purpose.EXTRACT, stored)
    assert opened == [row.plaintext for row in rows]


async def test_what_is_sealed_to_the_inbox_opens_for_the_worker_alone(keys_as: KeysAs) -> None:
    binding = place("answering.inbox")
    sealed = seal_to_inbox(await keys_as(Role.WEB).inbox_key(), b"answers", binding)
    row = SealedRow(binding, sealed)
    assert await keys_as(Role.WORKER).open(Purpose.INGEST, [row]) == [b"answers"]
    for role in (Role.WEB, Role.RESEARCH):
        with pytest.raises(NotAllowedError):
            await keys_as(role).open(Purpose.INGEST, [row])


@pytest.mark.parametrize("field", ["table", "row_id", "person_id", "study_id", "version", "row_version"])
async def test_a_value_moved_anywhere_else_does_not_open(keys_as: KeysAs, field: str) -> None:
    binding = place("answering.response")
    (sealed,) = await keys_as(Role.WORKER).seal([PlainRow(binding, b"answers")])
    other = {
        "table": "answering.score",
        "row_id": new_id(),
        "person_id": new_id(),
        "study_id": new_id(),
        "version": "v2",
        "row_version": 2,
    }
    moved = msgspec.structs.replace(binding, **{field: other[field]})
    with pytest.raises(NotOpenedError):
        await keys_as(Role.RESEARCH).open(Purpose.EXTRACT, [SealedRow(moved, sealed)])


async def test_the_web_role_can_neither_seal_at_rest_nor_link_nor_open_answers(keys_as: KeysAs) -> None:
    web = keys_as(Role.WEB)
    with pytest.raises(NotAllowedError):
        await web.seal([PlainRow(place("answering.response"), b"x")])
    with pytest.raises(NotAllowedError):
        await web.link(synthetic_numbers(1))
    with pytest.raises(NotAllowedError):
        await web.open(Purpose.EXTRACT, [])
    with pytest.raises(NotAllowedError):
        await web.open(Purpose.OWN_DRAFT, [SealedRow(place("answering.draft"), b"")], b"no grant")


async def test_the_same_number_is_the_same_person_also_when_two_feeds_ask_at_once(keys_as: KeysAs) -> None:
    worker = keys_as(Role.WORKER)
    numbers = synthetic_numbers(200)
    both = await asyncio.gather(worker.link(numbers), worker.link(numbers[::-1]))
    assert both[0] == both[1][::-1] == await worker.link(numbers)
    assert len(set(both[0])) == len(numbers)


async def test_a_real_number_is_nobody_outside_production(keys_as: KeysAs) -> None:
    assert await keys_as(Role.WORKER).link([with_control_digits("010150100") or "", "1"]) == [None, None]


async def test_pseudonyms_differ_between_projects_and_stay_within_one(keys_as: KeysAs) -> None:
    research = keys_as(Role.RESEARCH)
    people = [PersonId(new_id()) for _ in range(3)]
    one, other = ProjectId(new_id()), ProjectId(new_id())
    first = await research.pseudonyms(one, people)
    assert first == await research.pseudonyms(one, people)
    assert set(first).isdisjoint(await research.pseudonyms(other, people))


async def test_no_role_but_keys_reads_identities(engine_as: Callable[[Role], AsyncEngine]) -> None:
    for role in (Role.WEB, Role.WORKER, Role.RESEARCH):
        async with engine_as(role).connect() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text("SELECT * FROM identity.national_identifier"))
