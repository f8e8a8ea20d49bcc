"""A stored response that a superuser edits, adds or removes is found by verifying the log."""

from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import audit
from surveys.answering import BrokenResponse, first_unvouched, process_inbox, rescore
from surveys.answering.vouching import Digest, compare
from surveys.database import Role, transaction
from surveys.keys.erasure import erase
from tests.builders.answering import (
    NOW,
    EngineAs,
    KeysAs,
    Open,
    Study,
    count,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.audit import tamper


@pytest.fixture
async def people(study: Study) -> list[Open]:
    """Three people whose answers are at rest: six responses."""
    found = [await open_assessment(study) for _ in range(3)]
    for one in found:
        await send(study, make_submission(one))
    keys = study.keys_as(Role.WORKER)
    while await process_inbox(study.worker, keys, NOW, 10):
        pass
    return found


def found_in(database: str) -> audit.Verified | audit.Broken | audit.BrokenCheckpoint | BrokenResponse:
    with psycopg.connect(database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        verified = audit.verify(connection, database)
        if not isinstance(verified, audit.Verified):
            return verified
        return first_unvouched(connection, verified.vouched) or verified


def responses(database: str) -> list[UUID]:
    with psycopg.connect(database) as connection:
        return [row for (row,) in connection.execute("SELECT response_id FROM answering.response ORDER BY 1")]


async def test_what_the_worker_stored_is_vouched_for(database: str, people: list[Open]) -> None:
    assert count(database, "answering.response") == 6
    assert isinstance(found_in(database), audit.Verified)


EDITS = {
    "sealed bytes": "sealed = sealed || '\\x00'::bytea",
    "others' sealed bytes": "sealed = (SELECT max(sealed) || min(sealed) FROM answering.response)",
    "person": "person_id = gen_random_uuid()",
    "times": "received_at = received_at + interval '1 microsecond'",
    "when it was stored": "stored_at = stored_at - interval '1 microsecond'",
    "assessment": "assessment_id = gen_random_uuid()",
    "protocol": "protocol_version_id = gen_random_uuid()",
    "study": "study_id = gen_random_uuid()",
    "tumour": "tumour_id = gen_random_uuid()",
    "wave": "wave = wave + 1",
    "part": "part = part + 1",
}


@pytest.mark.parametrize("change", EDITS.values(), ids=list(EDITS))
async def test_an_edited_row_is_named_whichever_column_it_is(
    database: str, people: list[Open], change: str
) -> None:
    first = responses(database)[0]
    tamper(database, f"UPDATE answering.response SET {change} WHERE response_id = '{first}'")
    assert found_in(database) == BrokenResponse(first, "its row is not the one that was stored")


async def test_a_row_that_was_removed_or_given_another_name_is_named(
    database: str, people: list[Open]
) -> None:
    first, *_, last = responses(database)
    tamper(database, f"DELETE FROM answering.response WHERE response_id = '{last}'")
    assert found_in(database) == BrokenResponse(last, "it is missing, or the log has it twice")
    tamper(
        database,
        "UPDATE answering.response SET response_id = '00000000-0000-0000-0000-000000000000' "
        f"WHERE response_id = '{first}'",
    )
    assert found_in(database) == BrokenResponse(UUID(int=0), "the log does not say that it was stored")


async def test_a_row_that_was_copied_is_named(database: str, people: list[Open]) -> None:
    tamper(
        database,
        "INSERT INTO answering.response SELECT person_id, response_id, received_at + interval '1 day', "
        "stored_at, assessment_id, protocol_version_id, study_id, tumour_id, wave, part, sealed "
        "FROM answering.response",
    )
    assert isinstance(found_in(database), BrokenResponse)


async def test_a_table_put_back_to_an_earlier_day_is_found(database: str, people: list[Open]) -> None:
    tamper(database, f"DELETE FROM answering.response WHERE person_id = '{people[2].person_id}'")
    found = found_in(database)
    assert isinstance(found, BrokenResponse)
    assert "missing" in found.why


async def test_an_edit_with_a_second_entry_that_vouches_for_it_is_found(
    database: str, study: Study, people: list[Open]
) -> None:
    first = responses(database)[0]
    tamper(database, f"UPDATE answering.response SET wave = 2 WHERE response_id = '{first}'")
    entry = audit.AuditEntry("submission-stored", "worker", NOW, None, {"responses": f"{first}:{'00' * 32}"})
    async with transaction(study.worker) as connection:
        await audit.append(connection, entry)
    assert isinstance(found_in(database), BrokenResponse)


@pytest.mark.parametrize("role", [Role.WEB, Role.KEYS, Role.RESEARCH])
async def test_only_the_worker_vouches(
    database: str, study: Study, engine_as: EngineAs, people: list[Open], role: Role
) -> None:
    entry = audit.AuditEntry(
        "submission-stored", "worker", NOW, None, {"responses": f"{UUID(int=1)}:{'00' * 32}"}
    )
    async with transaction(engine_as(role)) as connection:
        await audit.append(connection, entry)
    assert isinstance(found_in(database), audit.Verified)


async def test_erasure_and_rescoring_leave_the_responses_vouched_for(
    database: str, study: Study, engine_as: EngineAs, keys_as: KeysAs, people: list[Open]
) -> None:
    await rescore(study.research, keys_as(Role.RESEARCH), study.instruments[0], NOW, "kari")
    async with transaction(engine_as(Role.KEYS)) as connection:
        await erase(connection, people[0].person_id, "kari", NOW)
        assert await erase(connection, people[0].person_id, "ola", NOW)
    assert count(database, "answering.response") == 6
    assert isinstance(found_in(database), audit.Verified)


numbered = st.lists(st.integers(0, 30), unique=True).map(sorted)


@given(numbered, numbered)
def test_only_the_same_rows_compare_as_the_same(stored: list[int], entered: list[int]) -> None:
    def digests(numbers: list[int]) -> list[Digest]:
        return [Digest(UUID(int=n), bytes(32)) for n in numbers]

    broken = compare(digests(entered), digests(stored))
    if stored == entered:
        assert broken is None
    else:
        assert broken is not None
        assert broken.response_id.int == min(set(stored) ^ set(entered))
