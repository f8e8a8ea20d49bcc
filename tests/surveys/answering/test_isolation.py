"""Nobody reads what is not theirs: neither a role, nor a person, nor whoever steals the database."""

from itertools import product

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from surveys.answering import process_inbox
from surveys.database import Role, as_person, transaction
from surveys.identifiers import PersonId, new_id
from tests.builders.answering import (
    EVERYDAY,
    HABITS,
    NOW,
    EngineAs,
    Study,
    answers,
    make_submission,
    open_assessment,
    send,
)

UNREADABLE = {
    Role.WEB: ("answering.inbox", "answering.response", "answering.score", "registry.person_fact"),
    Role.WORKER: ("answering.response", "answering.score", "answering.submission", "answering.draft"),
    Role.RESEARCH: (
        "answering.inbox", "answering.draft", "answering.submission", "registry.person_fact",
        "registry.tumour_fact", "registry.person_link", "identity.national_identifier",
    ),
    Role.KEYS: ("answering.inbox", "answering.response", "answering.score", "registry.person_link"),
}  # fmt: skip


@pytest.mark.parametrize("role", UNREADABLE)
async def test_a_role_cannot_read_what_is_not_its_own(engine_as: EngineAs, role: Role) -> None:
    for table in UNREADABLE[role]:
        await assert_denied(engine_as, role, f"SELECT * FROM {table}")


async def test_what_is_stored_is_not_changed(engine_as: EngineAs) -> None:
    for role, change in (
        (Role.WORKER, "UPDATE answering.response SET wave = 2"),
        (Role.WORKER, "DELETE FROM answering.score"),
        (Role.WORKER, "UPDATE answering.score SET sealed = ''"),
        (Role.WEB, "UPDATE answering.submission SET received_at = now()"),
        (Role.WEB, "DELETE FROM answering.submission"),
        (Role.WEB, "DELETE FROM answering.inbox"),
        (Role.WORKER, "INSERT INTO answering.inbox SELECT"),
        (Role.RESEARCH, "UPDATE answering.response SET wave = 2"),
        (Role.RESEARCH, "UPDATE research.linked_case SET linked = '{}'"),
    ):
        await assert_denied(engine_as, role, change)


async def assert_denied(engine_as: EngineAs, role: Role, statement: str) -> None:
    async with engine_as(role).connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(text(statement))


async def test_the_web_process_sees_one_person_and_without_a_session_nobody(study: Study) -> None:
    mine, theirs = await open_assessment(study), await open_assessment(study)
    for one in (mine, theirs):
        await send(study, make_submission(one))
    query = text("SELECT person_id FROM answering.submission")
    async with transaction(study.web) as connection:
        assert (await connection.execute(query)).all() == []
        await as_person(connection, mine.person_id)
        assert (await connection.execute(query)).scalars().all() == [mine.person_id]
    async with transaction(study.web) as connection:
        assert (await connection.execute(query)).all() == [], "the setting ends with its transaction"


async def test_earlier_scores_need_a_lease_on_this_very_submission(study: Study) -> None:
    one = await open_assessment(study)
    await send(study, make_submission(one))
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    later = await open_assessment(study, 2, one.person_id, one.tumour_id)
    submission = make_submission(later)
    await send(study, submission)
    query = text("SELECT count(*) FROM answering.earlier_scores(:person, :submission)")
    wanted = {"person": one.person_id, "submission": submission.submission_id}
    async with transaction(study.worker) as connection:
        assert await connection.scalar(query, wanted) == 0
        await connection.execute(text("UPDATE answering.inbox SET lease_until = now() + interval '1 minute'"))
        assert await connection.scalar(query, wanted) == 2
        assert await connection.scalar(query, wanted | {"person": PersonId(new_id())}) == 0


async def test_the_dump_of_every_table_shows_no_answer_and_no_instrument(study: Study, database: str) -> None:
    words = "Planted: kveldsrødme"
    waiting, settled = await open_assessment(study), await open_assessment(study)
    for one in (settled, waiting):
        await send(study, make_submission(one, answers(second={"words": (words,), "times": (17,)})))
        if one is settled:
            await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    planted = [words, EVERYDAY, HABITS, "energy", "tired", "made-everyday", "Made for tests", "About walk"]
    dump = dump_of(database)
    assert len(dump) > 1000
    for secret, form in product(planted, (str.lower, lambda one: one.encode().hex())):
        assert form(secret) not in dump


def dump_of(database: str) -> str:
    """Every row of every table as text, in lower case; binary columns as hexadecimal digits."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    rows: list[str] = []
    with engine.connect() as connection:
        inspector = inspect(connection)
        for schema in inspector.get_schema_names():
            if schema in {"information_schema", "public"} or schema.startswith("pg_"):
                continue
            for table in inspector.get_table_names(schema=schema):
                query = text(f'SELECT t::text FROM {schema}."{table}" t')
                rows += connection.execute(query).scalars()
    engine.dispose()
    return "\n".join(rows).lower()
