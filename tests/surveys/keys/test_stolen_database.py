"""Whoever steals the database or its files finds no answer, score, national ID or instrument in it."""

import base64
from pathlib import Path

import numpy as np
import psycopg

from surveys.answering import DraftToSave, process_inbox, save_draft
from surveys.database import Role, as_person, transaction
from tests.builders.answering import (
    EVERYDAY,
    HABITS,
    NOW,
    Study,
    answers,
    as_owner,
    count,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.keys import synthetic_numbers

PEOPLE = 12
NUMBERS = synthetic_numbers(9_971)
START = 8
LOW = 0xFFFFFF
WORDS = [f"Fiolblå paraply nummer {n}" for n in range(2 * PEOPLE)]
SEALED = (
    "identity.national_identifier", "keys.person_key", "answering.draft", "answering.inbox",
    "answering.response", "answering.score", "catalogue.document", "audit.audit_entry",
)  # fmt: skip
INSTRUMENTS = [EVERYDAY, HABITS, "Made for tests", "About tired", "energy"]


async def fill(study: Study) -> None:
    """Persons, drafts, submissions in the inbox, and responses with their scores."""
    await study.keys_as(Role.WORKER).link(NUMBERS)
    words = iter(WORDS)
    for _ in range(PEOPLE):
        one = await open_assessment(study)
        given = answers(second={"times": (4,), "words": (next(words),)})
        inbox_key = await study.keys_as(Role.WEB).inbox_key()
        async with transaction(study.web) as connection:
            await as_person(connection, one.person_id)
            draft = DraftToSave(one.person_id, one.assessment_id, 0, given)
            await save_draft(connection, inbox_key, draft, NOW)
        other = await open_assessment(study)
        await send(study, make_submission(other, answers(second={"words": (next(words),)})))
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, PEOPLE // 2)


def contents(database: str) -> list[bytes]:
    """Every table as text, in which binary columns stand in hexadecimal digits."""
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return [_copied(connection, table) for (table,) in tables]


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copied:  # type: ignore[arg-type] # our own name
        return b"".join(bytes(block) for block in copied)


def pages(database: str) -> bytes:
    """The files in which the tables and indexes lie on disk, as a backup of the disk has them."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(
            "SELECT current_setting('data_directory') || '/' || pg_relation_filepath(c.oid) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE pg_relation_filepath(c.oid) IS NOT NULL "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
    return b"".join(Path(file).read_bytes() for (file,) in found)


def found_in(content: bytes, wanted: list[bytes]) -> list[bytes]:
    """Which of the wanted values stand in the content; their first bytes are looked for at every place."""
    by_start: dict[int, list[bytes]] = {}
    for one in wanted:
        by_start.setdefault(int.from_bytes(one[:START], "little"), []).append(one)
    known = np.zeros(LOW + 1, dtype=bool)
    known[np.fromiter(by_start, dtype="<u8") & LOW] = True
    found: list[bytes] = []
    for shift in range(START):
        words = np.frombuffer(content, dtype="<u8", offset=shift, count=(len(content) - shift) // START)
        for at in np.flatnonzero(known[words & LOW]).tolist():
            possible, place = by_start.get(int(words[at]), ()), at * START + shift
            found += [one for one in possible if content.startswith(one, place)]
    return found


def needles(text: str) -> list[bytes]:
    """A text as it would stand in a text column, in a binary one, and in base64."""
    plain = text.encode()
    encoded = base64.b64encode(plain).rstrip(b"=")[:-1]
    return [plain, plain.hex().encode(), encoded]


async def test_no_planted_value_stands_in_any_table(study: Study, database: str) -> None:
    await fill(study)
    assert {table: count(database, table) > 0 for table in SEALED} == dict.fromkeys(SEALED, True)
    planted = (*NUMBERS, *WORDS, *INSTRUMENTS)
    wanted = [one for value in planted for one in needles(value) if len(one) >= START]
    assert len(planted) == 10_000
    for everything in (b"\n".join(contents(database)), pages(database)):
        assert len(everything) > 1_000_000
        assert found_in(everything, wanted) == []


async def test_the_search_finds_what_does_stand_there(study: Study, database: str) -> None:
    one = await open_assessment(study)
    await study.keys_as(Role.WEB).inbox_key()
    as_owner(database, "UPDATE keys.inbox_key SET wrapped = 'planted in the clear'")
    everything = b"\n".join(contents(database))
    assert str(one.person_id).encode() in everything
    planted = needles("planted in the clear")
    assert found_in(everything, planted) == [planted[1]]
    assert found_in(pages(database), planted) == [planted[0]]


async def test_the_same_answers_are_never_sealed_to_the_same(study: Study, database: str) -> None:
    for _ in range(3):
        one = await open_assessment(study)
        await send(study, make_submission(one, answers(second={"words": ("the same words",)})))
    assert count(database, "(SELECT DISTINCT sealed FROM answering.inbox) AS one") == 3
