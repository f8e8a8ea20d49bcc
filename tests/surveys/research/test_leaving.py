"""Who has left is in no extract, and fails nobody else's."""

import psycopg
import pytest

from surveys.database import Role, transaction
from surveys.identifiers import ExtractId, new_id
from surveys.keys.erasure import erase
from surveys.research import ExtractState, extract_status, reading
from surveys.research.reading import Moment, opened_rows
from tests.builders.answering import NOW, Study, as_owner
from tests.builders.research import LATER, answered, approve, extract, make_project, patient


async def test_who_is_erased_while_an_extract_is_built_is_left_out_and_fails_nobody_else(
    study: Study, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await answered(study, database, *patient())
    project = await approve(study, make_project())
    monkeypatch.setattr(reading, "PERSONS_AT_ONCE", 1)
    moment = Moment(ExtractId(new_id()), project, LATER)
    shown: list[str] = []
    async with study.research.connect() as connection:
        async for rows in opened_rows(connection, study.keys_as(Role.RESEARCH), moment):
            if not shown:
                await erase_another(study, database)
            shown += [row.pseudonym for row in rows]
    assert len(set(shown)) == 2


async def erase_another(study: Study, database: str) -> None:
    """Erases somebody whose answers have not been opened for an extract yet."""
    with psycopg.connect(database) as owner:
        (person,) = owner.execute(
            "SELECT person_id FROM answering.response r WHERE NOT EXISTS (SELECT FROM audit.audit_entry "
            "WHERE entry LIKE '%opened-for-extract%' || r.person_id || '%') LIMIT 1"
        ).fetchone()
    async with transaction(study.engine_as(Role.KEYS)) as connection:
        for by in ("kari", "ola"):
            await erase(connection, person, by, NOW)


async def test_a_damaged_answer_still_fails_its_extract_whoever_has_left(study: Study, database: str) -> None:
    gone, damaged = [await answered(study, database, *patient()) for _ in range(2)]
    as_owner(database, f"UPDATE answering.response SET wave = 2 WHERE person_id = '{damaged}'")
    async with transaction(study.engine_as(Role.KEYS)) as connection:
        for by in ("kari", "ola"):
            await erase(connection, gone, by, NOW)
    extract_id = await extract(study, await approve(study, make_project()))
    async with study.web.connect() as connection:
        assert (await extract_status(connection, extract_id)).state is ExtractState.FAILED
