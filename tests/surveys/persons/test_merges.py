"""Two identifiers of one person are read as one from a merge on, and apart again when it ends."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from surveys.answering import DraftToSave, own_draft, process_inbox, save_draft
from surveys.database import Role, as_person, transaction
from surveys.followup import own_assessments, sweep
from surveys.followup.tables import assessment
from surveys.identifiers import PersonId, new_id
from surveys.keys import Binding, Keys, NotAllowedError, NotOpenedError, PlainRow, Purpose, SealedRow
from surveys.keys.erasure import erase
from surveys.persons import MergeRefusedError, end_merge, everyone, everyone_at, merge
from surveys.registry import History, Reservation, histories, histories_of, import_rows
from surveys.registry.history import united
from tests.builders.answering import (
    NOW,
    TODAY,
    EngineAs,
    KeysAs,
    Open,
    Study,
    answers,
    as_owner,
    count,
    grant_of,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    at,
    make_control,
    make_history,
    make_protocol,
    make_tumour,
    publish,
    tell_registry,
)
from tests.builders.registry import as_ndjson, cut, person, synthetic_number, tumour
from tests.builders.research import answered, approve, extract, files_of, make_project, patient, rows_of

ANYBODY = date(1950, 1, 1)

Join = Callable[..., Awaitable[None]]


@pytest.fixture
def join(engine_as: EngineAs) -> Join:
    async def joined(old: PersonId, new: PersonId, now: datetime = NOW) -> None:
        async with transaction(engine_as(Role.KEYS)) as connection:
            await merge(connection, old, new, "kari", "the tax office says so", now)

    return joined


@pytest.fixture
def part(engine_as: EngineAs) -> Join:
    async def parted(old: PersonId, now: datetime = NOW) -> None:
        async with transaction(engine_as(Role.KEYS)) as connection:
            await end_merge(connection, old, "ola", "it was somebody else", now)

    return parted


def every_row(database: str) -> dict[str, list[str]]:
    """Every row of every table that a person's identifier stands in, but for the merges and the log."""
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    tables = text(
        "SELECT DISTINCT table_schema || '.' || table_name FROM information_schema.columns "
        "WHERE column_name = 'person_id' AND table_schema NOT IN ('persons', 'access')"
    )
    with engine.connect() as connection:
        found = {
            table: sorted(connection.scalars(text(f"SELECT md5(t::text) FROM {table} AS t")))
            for table in connection.scalars(tables)
        }
    engine.dispose()
    return found


async def known(engine_as: EngineAs, *persons: History) -> list[History]:
    async with transaction(engine_as(Role.WORKER)) as connection:
        return await histories_of(connection, [one.person_id for one in persons])


async def listed(engine_as: EngineAs, limit: int = 100) -> list[History]:
    """Every history, a page of ``limit`` at a time, as a sweep reads them."""
    found: list[History] = []
    async with transaction(engine_as(Role.WORKER)) as connection:
        while page := await histories(connection, found[-1].person_id if found else None, limit):
            found += page
    return found


async def own(study: Study, person_id: PersonId) -> list[object]:
    async with transaction(study.web) as connection:
        await as_person(connection, person_id)
        return [one.assessment_id for one in await own_assessments(connection, TODAY)]


persons_of_one = st.lists(
    st.builds(
        lambda days, dead, reserved, control: make_history(
            *(make_tumour(DIAGNOSED + timedelta(days=day)) for day in days),
            alive=dead is None,
            death_date=dead,
            reservations=tuple(Reservation("proms", on) for on in reserved),
            control_of=make_control().control_of if control else (),
        ),
        st.lists(st.integers(0, 400), max_size=3),
        st.none() | st.dates(ANYBODY, TODAY),
        st.lists(st.dates(ANYBODY, TODAY), max_size=2),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@given(persons_of_one)
def test_a_united_history_has_everything_and_asks_nobody_who_must_not_be(members: list[History]) -> None:
    whole = united(members[0].person_id, members)
    assert {one.tumour_id for one in whole.tumours} == {c.tumour_id for m in members for c in m.tumours}
    assert list(whole.tumours) == sorted(whole.tumours, key=lambda one: (one.incidence_date, one.tumour_id))
    assert whole.alive == all(one.alive for one in members)
    assert len(whole.reservations) == sum(len(one.reservations) for one in members)
    for member in members:
        for case in (*member.tumours, *member.control_of):
            assert whole.holder(case.tumour_id) == member.person_id
    assert united(members[0].person_id, [united(members[0].person_id, members[:1])]) == united(
        members[0].person_id, members[:1]
    )


def test_nobody_is_a_control_for_their_own_case() -> None:
    case = make_tumour()
    control = make_control()
    of_own = make_history(
        control_of=(
            type(control.control_of[0])(case.tumour_id, "C61", DIAGNOSED),
            control.control_of[0],
        )
    )
    assert united(new_id(), [make_history(case), of_own]).control_of == control.control_of  # type: ignore[arg-type]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=8))
@example([(1, 0, True), (1, 0, False), (1, 0, True)])
async def test_merging_and_unmerging_ends_where_it_began(
    engine_as: EngineAs, join: Join, part: Join, database: str, moves: list[tuple[int, int, bool]]
) -> None:
    as_owner(database, "TRUNCATE persons.merge")
    people = [make_history(make_tumour(), region=n) for n in range(4)]
    tell_registry(database, people, NOW)
    before, rows = await listed(engine_as), every_row(database)
    merged: dict[int, int] = {}
    for old, new, is_merge in moves:
        try:
            if is_merge:
                await join(people[old].person_id, people[new].person_id)
                merged[old] = new
            else:
                await part(people[old].person_id)
                del merged[old]
        except MergeRefusedError:
            continue
        shown = {one.person_id: one for one in await listed(engine_as, limit=2)}
        for n, one in enumerate(people):
            members = [n, *(m for m, into in merged.items() if into == n)]
            assert (one.person_id in shown) == (n not in merged)
            if n not in merged:
                cases = {case.tumour_id for m in members for case in people[m].tumours}
                assert {case.tumour_id for case in shown[one.person_id].tumours} == cases
                assert shown[one.person_id].region == n
    for old in merged:
        await part(people[old].person_id)
    assert await listed(engine_as) == before
    assert every_row(database) == rows
    as_owner(database, "TRUNCATE registry.person_fact, registry.tumour_fact, registry.vital_status_fact")


async def test_under_either_identifier_stands_the_same_history(
    engine_as: EngineAs, join: Join, database: str
) -> None:
    old, new = make_history(make_tumour()), make_history(make_tumour(), region=11)
    tell_registry(database, [old, new], NOW)
    await join(old.person_id, new.person_id)
    found = await known(engine_as, old, new)
    assert {one.person_id for one in found} == {old.person_id, new.person_id}
    assert found[0].tumours == found[1].tumours
    assert {one.region for one in found} == {11}


async def test_somebody_of_whom_the_registry_knows_under_the_old_identifier_alone_is_listed(
    engine_as: EngineAs, join: Join, database: str
) -> None:
    old, new = make_history(make_tumour()), PersonId(new_id())
    tell_registry(database, [old], NOW)
    await join(old.person_id, new)
    (found,) = await listed(engine_as)
    assert (found.person_id, found.tumours) == (new, old.tumours)


@pytest.mark.parametrize("reaches", ["old", "new"])
async def test_what_was_asked_under_the_old_identifier_is_answered_under_the_new_one(
    study: Study, join: Join, part: Join, database: str, reaches: str
) -> None:
    one = await open_assessment(study)
    new = PersonId(new_id())
    # A session that began before the merge is the old person's until it ends.
    me = one.person_id if reaches == "old" else new
    await join(one.person_id, new)
    assert await own(study, me) == [one.assessment_id]
    web = study.keys_as(Role.WEB)
    async with transaction(study.web) as connection:
        await as_person(connection, me)
        draft = DraftToSave(me, one.assessment_id, 0, answers())
        assert await save_draft(connection, await web.inbox_key(), draft, NOW) == 1
        kept = await own_draft(connection, web, me, one.assessment_id, grant_of(study, me))
        assert kept is not None
        assert kept.answers == answers()
    mine = Open(me, one.assessment_id, one.tumour_id, one.wave)
    submission = make_submission(mine)
    receipt = await send(study, submission)
    await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    assert count(database, f"answering.response WHERE person_id = '{one.person_id}'") == 2
    assert await send(study, submission) == receipt
    await part(one.person_id)
    assert await own(study, new) == []
    assert await own(study, one.person_id) == [one.assessment_id]


async def test_a_draft_opens_for_nobody_else_before_and_after_a_merge(
    study: Study, join: Join, part: Join
) -> None:
    one, new = await open_assessment(study), PersonId(new_id())
    web = study.keys_as(Role.WEB)

    async def opened(by: PersonId) -> bool:
        async with transaction(study.web) as connection:
            await as_person(connection, one.person_id)
            try:
                found = await own_draft(
                    connection, web, one.person_id, one.assessment_id, grant_of(study, by)
                )
            except NotAllowedError:
                return False
        return found is not None

    async with transaction(study.web) as connection:
        await as_person(connection, one.person_id)
        draft = DraftToSave(one.person_id, one.assessment_id, 0, answers())
        await save_draft(connection, await web.inbox_key(), draft, NOW)
    assert not await opened(new)
    await join(one.person_id, new)
    assert await opened(new)
    assert await opened(one.person_id)
    assert not await opened(PersonId(new_id()))
    await part(one.person_id)
    assert not await opened(new)


async def states(engine_as: EngineAs, one: History) -> list[str]:
    query = select(assessment.c.state).where(assessment.c.person_id == one.person_id)
    async with engine_as(Role.WORKER).connect() as connection:
        return list(await connection.scalars(query.order_by(assessment.c.wave)))


async def test_a_sweep_goes_on_with_what_was_planned_and_asks_nobody_who_died_under_the_other_identifier(
    engine_as: EngineAs, keys_as: KeysAs, join: Join, part: Join, database: str
) -> None:
    worker, keys = engine_as(Role.WORKER), keys_as(Role.WORKER)
    await publish(worker, keys, make_protocol(), at(FIRST_DAY))
    old, new, other = make_history(make_tumour()), make_history(), make_history(make_tumour())
    tell_registry(database, [old, new, other], at(DIAGNOSED))
    await sweep(worker, keys, at(FIRST_DAY))
    rows = every_row(database)
    await join(old.person_id, new.person_id)
    swept = await sweep(worker, keys, at(FIRST_DAY))
    assert (swept.persons, swept.planned, swept.cancelled) == (2, 0, 0)
    assert every_row(database) == rows
    died = at(FIRST_DAY + timedelta(days=1))
    tell_registry(database, [make_history(person_id=new.person_id, alive=False, death_date=FIRST_DAY)], died)
    await sweep(worker, keys, died)
    assert await states(engine_as, old) == ["cancelled"] * 3
    assert await states(engine_as, other) == ["open", "planned", "planned"]
    await part(old.person_id)
    await sweep(worker, keys, died)
    assert await states(engine_as, old) == ["open", "planned", "planned"]


async def test_one_person_is_followed_for_one_case_whichever_identifier_it_stands_under(
    engine_as: EngineAs, keys_as: KeysAs, join: Join, part: Join, database: str
) -> None:
    worker, keys = engine_as(Role.WORKER), keys_as(Role.WORKER)
    await publish(worker, keys, make_protocol(), at(FIRST_DAY))
    old, new = make_history(make_tumour()), make_history(make_tumour(DIAGNOSED + timedelta(days=3)))
    tell_registry(database, [old, new], at(DIAGNOSED))
    await join(old.person_id, new.person_id)
    later = at(FIRST_DAY + timedelta(days=5))
    await sweep(worker, keys, later)
    assert (await states(engine_as, old))[0] == "open"
    assert await states(engine_as, new) == []
    await part(old.person_id)
    await sweep(worker, keys, later)
    assert (await states(engine_as, old))[0] == (await states(engine_as, new))[0] == "open"


async def test_the_feed_takes_both_numbers_under_the_old_key_once_they_are_one(
    engine_as: EngineAs, keys_as: KeysAs, join: Join, database: str
) -> None:
    async def feed(*rows: Any, now: datetime = NOW) -> tuple[int, int, int]:
        report = await import_rows(
            engine_as(Role.WORKER), keys_as(Role.WORKER), "norway", "ndjson", cut(as_ndjson(*rows)), now
        )
        return report.accepted, report.unchanged, len(report.rejected)

    assert await feed(person(1), tumour(1), person(2)) == (3, 0, 0)
    moved = person(1, national_id=synthetic_number(2))
    assert await feed(moved, now=NOW + timedelta(days=1)) == (0, 0, 1)
    link = keys_as(Role.WORKER).link
    old, new = await link([synthetic_number(1), synthetic_number(2)])
    await join(old, new)
    assert await feed(moved, tumour(1, stage=3), now=NOW + timedelta(days=2)) == (1, 1, 0)
    assert await feed(person(1, national_id=synthetic_number(3)), now=NOW + timedelta(days=3)) == (0, 0, 1)
    (found,) = [one for one in await listed(engine_as) if one.person_id == new]
    assert [one.stage for one in found.tumours] == [3]
    assert count(database, "registry.tumour_now") == 1


async def test_an_extract_has_one_pseudonym_from_the_merge_on_and_earlier_ones_stay_as_they_were(
    study: Study, join: Join, part: Join, database: str
) -> None:
    people = [patient(("surgery", date(2026, 5, 2))) for _ in range(3)]
    for one, tumour_id in people:
        await answered(study, database, one, tumour_id)
    (old, _), (new, _), _ = people
    project = await approve(study, make_project())
    moments = [NOW + timedelta(hours=hours) for hours in (-0.001, 0.2, 0.4, 0.6)]
    before = await files_of(study, await extract(study, project, moments[1]))
    # A merge that says an earlier time counts from after what was shown, all the same.
    await join(old.person_id, new.person_id, moments[0])
    assert await files_of(study, await extract(study, project, moments[1])) == before
    merged = await extract(study, project, moments[2])
    rows = await rows_of(study, merged)
    assert len(rows) == 6
    assert len({row["pseudonym"] for row in rows}) == 2
    order = [(row["pseudonym"], row["wave"], row["part"]) for row in rows]
    assert order == sorted(order)
    during = await files_of(study, merged)
    await part(old.person_id, moments[0])
    after = await rows_of(study, await extract(study, project, moments[3]))
    assert len({row["pseudonym"] for row in after}) == 3
    assert await files_of(study, await extract(study, project, moments[2])) == during
    assert await files_of(study, await extract(study, project, moments[1])) == before


async def test_erasing_one_identifier_erases_all_of_them(
    engine_as: EngineAs, keys_as: KeysAs, join: Join
) -> None:
    worker: Keys = keys_as(Role.WORKER)
    places = [Binding("answering.score", new_id(), PersonId(new_id()), new_id()) for _ in range(3)]
    sealed = await worker.seal([PlainRow(place, b"scores") for place in places])
    stored = [SealedRow(place, one) for place, one in zip(places, sealed, strict=True)]
    await join(places[0].person_id, places[1].person_id)
    for by in ("kari", "ola"):
        async with transaction(engine_as(Role.KEYS)) as connection:
            erased = await erase(connection, places[1].person_id, by, NOW)
    assert erased == 2
    for one in stored[:2]:
        with pytest.raises(NotOpenedError):
            await worker.open(Purpose.COMPARE, [one])
    assert await worker.open(Purpose.COMPARE, stored[2:]) == [b"scores"]


async def test_merges_make_no_chains_and_say_so(engine_as: EngineAs, join: Join, part: Join) -> None:
    first, second, third = (PersonId(new_id()) for _ in range(3))
    await join(first, second)
    for old, new, rule in (
        (first, second, "merged already"),
        (first, third, "merged already"),
        (second, third, "others are merged into"),
        (third, first, "itself merged into another"),
        (third, third, "the same person"),
    ):
        with pytest.raises(MergeRefusedError, match=rule):
            await join(old, new)
    with pytest.raises(MergeRefusedError, match="into nobody"):
        await part(second)
    await part(first)
    await join(second, third)
    async with transaction(engine_as(Role.WORKER)) as connection:
        assert await everyone(connection, [first, second]) == {second: (third, second)}
        assert await everyone_at(connection, [first, second], NOW - timedelta(days=1)) == {}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "was 01815012345", "was 018150 12345"])
async def test_a_reason_is_given_and_names_no_number(engine_as: EngineAs, reason: str) -> None:
    async with transaction(engine_as(Role.KEYS)) as connection:
        with pytest.raises(MergeRefusedError) as refused:
            await merge(connection, PersonId(new_id()), PersonId(new_id()), "kari", reason, NOW)
    assert "12345" not in str(refused.value)


def test_the_database_itself_takes_no_second_merge_of_the_same_person(database: str) -> None:
    values = "('{}', now(), gen_random_uuid(), 'kari', 'so it is')"
    statement = "INSERT INTO persons.merge (person_id, merged_at, into_person_id, merged_by, reason) VALUES "
    one = new_id()
    as_owner(database, statement + values.format(one))
    with pytest.raises(IntegrityError, match="merge_once"):
        as_owner(database, statement + values.format(one))
