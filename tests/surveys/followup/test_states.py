"""States and roles: the database holds the same table of moves, and gives each role no more than it needs."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from surveys.database import Role, transaction
from surveys.followup import (
    MOVES,
    AssessmentState,
    assessments_of,
    overview,
    own_assessment,
    own_assessments,
)
from surveys.identifiers import AssessmentId, new_id
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    at,
    make_control,
    make_history,
    make_protocol,
    make_tumour,
)

OPENING = at(FIRST_DAY)


async def prepare(programme, *people) -> None:
    await programme.publish(make_protocol(), OPENING)
    programme.tell(*people, now=OPENING)
    await programme.sweep(OPENING)


async def act_as(connection, person_id) -> None:
    await connection.execute(
        text("SELECT set_config('etterklang.person', :person, true)"), {"person": str(person_id)}
    )


async def test_the_database_allows_the_moves_of_the_table_and_no_others(programme) -> None:
    person = make_history(make_tumour())
    await prepare(programme, person)
    allowed = {
        (before, after)
        for before, after in product(AssessmentState, AssessmentState)
        if await _is_allowed(programme, before, after)
    }
    assert allowed == {(before, after) for before in AssessmentState for after in (*MOVES[before], before)}


async def _is_allowed(programme, before: AssessmentState, after: AssessmentState) -> bool:
    move = text("UPDATE followup.assessment SET state = :state WHERE wave = :wave")
    async with programme.engine.connect() as connection:
        wave = await _bring_to(connection, before)
        try:
            await connection.execute(move, {"state": after.value, "wave": wave})
        except DBAPIError as error:
            return "does not go from" not in str(error)
        return True


async def _bring_to(connection, state: AssessmentState) -> int:
    """Brings the first wave, which is open, to ``state`` by allowed moves; the second wave is planned."""
    if state is AssessmentState.PLANNED:
        return 2
    if state is not AssessmentState.OPEN:
        await connection.execute(
            text("UPDATE followup.assessment SET state = :state WHERE wave = 1"), {"state": state.value}
        )
    return 1


async def test_a_person_sees_their_own_assessments_and_nobody_elses(programme, engine_as) -> None:
    mine, other = make_history(make_tumour()), make_history(make_tumour())
    await prepare(programme, mine, other)
    async with transaction(engine_as(Role.WEB)) as connection:
        assert await own_assessments(connection, FIRST_DAY) == []
        await act_as(connection, mine.person_id)
        (open_now,) = await own_assessments(connection, FIRST_DAY)
        assert (open_now.person_id, open_now.wave) == (mine.person_id, 1)
        assert await own_assessment(connection, open_now.assessment_id) == open_now
        await act_as(connection, other.person_id)
        assert await own_assessment(connection, open_now.assessment_id) is None
        assert await own_assessment(connection, AssessmentId(new_id())) is None


async def test_an_assessment_is_answerable_on_the_days_of_its_window_only(programme, engine_as) -> None:
    person = make_history(make_tumour())
    await prepare(programme, person)
    async with transaction(engine_as(Role.WEB)) as connection:
        await act_as(connection, person.person_id)
        (one,) = await own_assessments(connection, FIRST_DAY)
        assert len(await own_assessments(connection, one.closes_on)) == 1
        assert await own_assessments(connection, one.opens_on - timedelta(days=1)) == []
        assert await own_assessments(connection, one.closes_on + timedelta(days=1)) == []


async def test_what_was_answered_is_listed_after_what_can_be(programme, engine_as) -> None:
    person = make_history(make_tumour())
    await prepare(programme, person)
    await programme.run("UPDATE followup.assessment SET state = 'submitted' WHERE wave = 1")
    await programme.run("UPDATE followup.assessment SET state = 'open' WHERE wave = 2")
    async with transaction(engine_as(Role.WEB)) as connection:
        await act_as(connection, person.person_id)
        listed = await own_assessments(connection, DIAGNOSED.replace(year=2026))
        assert [(one.wave, one.state) for one in listed] == [(2, "open"), (1, "submitted")]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (Role.WEB, "UPDATE followup.assessment SET state = 'cancelled'"),
        (Role.WEB, "UPDATE followup.assessment SET opens_on = opens_on - 1"),
        (Role.WEB, "DELETE FROM followup.assessment"),
        (Role.WEB, "SELECT * FROM followup.outbox"),
        (Role.WEB, "SELECT public.ensure_months(current_date, 1)"),
        (Role.RESEARCH, "UPDATE followup.assessment SET state = 'cancelled'"),
        (Role.RESEARCH, "SELECT * FROM followup.outbox"),
        (Role.WORKER, "SELECT * FROM followup.overview()"),
        (Role.WORKER, "DELETE FROM followup.assessment"),
        (Role.WORKER, "SELECT * FROM answering.response"),
        (Role.WORKER, "SELECT * FROM lateeffects.signal"),
        (Role.KEYS, "SELECT * FROM followup.assessment"),
    ],
)
async def test_a_role_can_do_no_more_than_its_work(programme, engine_as, role, statement) -> None:
    person = make_history(make_tumour())
    await prepare(programme, person)
    async with engine_as(role).connect() as connection:
        await act_as(connection, person.person_id)
        with pytest.raises(ProgrammingError, match=r"permission denied|row-level security"):
            await connection.execute(text(statement))


async def test_the_web_process_can_say_that_its_person_has_answered(programme, engine_as) -> None:
    mine, other = make_history(make_tumour()), make_history(make_tumour())
    await prepare(programme, mine, other)
    async with transaction(engine_as(Role.WEB)) as connection:
        await act_as(connection, mine.person_id)
        changed = await connection.execute(
            text("UPDATE followup.assessment SET state = 'submitted' WHERE state = 'open'")
        )
        assert changed.rowcount == 1
    assert await programme.states(other.person_id) == ["open", "planned", "planned"]


async def test_the_overview_counts_by_wave_and_hides_small_numbers(programme, engine_as, keys_as) -> None:
    people = [make_history(make_tumour()) for _ in range(4)] + [make_control() for _ in range(3)]
    await prepare(programme, *people)
    await programme.run(
        "UPDATE followup.assessment SET state = 'submitted' WHERE wave = 1 AND person_id = ANY(:persons)",
        persons=[one.person_id for one in people[:5]],
    )
    async with transaction(engine_as(Role.WEB)) as connection:
        seen = await overview(connection, keys_as(Role.WEB))
    assert seen.persons == 7
    first, second, _third = seen.waves
    assert (first.protocol, first.wave) == ("After prostate cancer", "Runde")
    assert (first.planned, first.open, first.submitted, first.lapsed) == (None, None, 5, None)
    assert (second.planned, second.open) == (7, None)


async def test_the_overview_of_few_persons_says_nothing_of_them(programme, engine_as, keys_as) -> None:
    await prepare(programme, make_history(make_tumour()))
    async with transaction(engine_as(Role.WEB)) as connection:
        seen = await overview(connection, keys_as(Role.WEB))
    assert seen.persons is None
    assert {getattr(wave, state) for wave in seen.waves for state in AssessmentState} == {None}


async def test_the_worker_reads_every_assessment_of_the_persons_it_asks_for(programme) -> None:
    mine, other = make_history(make_tumour()), make_history(make_tumour())
    await prepare(programme, mine, other)
    async with transaction(programme.engine) as connection:
        found = await assessments_of(connection, [mine.person_id])
    assert [(one.person_id, one.wave) for one in found] == [(mine.person_id, wave) for wave in (1, 2, 3)]
