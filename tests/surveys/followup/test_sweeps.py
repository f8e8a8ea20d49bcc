"""Sweeps: from the registry's facts to assessments and notices, in one transaction a page."""

import asyncio
from datetime import date, timedelta

from msgspec.structs import replace
from sqlalchemy import text

from surveys.followup import Swept
from surveys.followup import sweeps as sweeps_module
from surveys.registry import Reservation
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    at,
    make_control,
    make_history,
    make_protocol,
    make_tumour,
)

BEFORE = at(DIAGNOSED)
OPENING = at(FIRST_DAY)


async def test_a_case_is_planned_then_opened_then_lapsed(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    assert await programme.sweep(BEFORE) == Swept(persons=1, planned=3)
    assert await programme.sweep(OPENING) == Swept(persons=1, opened=1)
    assert await programme.states(person.person_id) == ["open", "planned", "planned"]
    assert await programme.sweep(at(date(2025, 6, 10))) == Swept(persons=1, lapsed=1)
    assert await programme.states(person.person_id) == ["lapsed", "planned", "planned"]


async def test_a_second_sweep_at_the_same_time_changes_nothing(programme) -> None:
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(make_history(make_tumour()), make_control(), now=BEFORE)
    assert (await programme.sweep(OPENING)).planned == 6
    assert await programme.sweep(OPENING) == Swept(persons=2)


async def test_an_assessment_that_opens_gets_an_invitation_and_its_reminders(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(BEFORE)
    assert await programme.notices(person.person_id) == []
    await programme.sweep(OPENING)
    assert await programme.notices(person.person_id) == [
        ("invitation", "due", None),
        ("reminder", "due", None),
        ("reminder", "due", None),
    ]


async def test_a_reminder_falls_due_in_the_morning_in_norway_summer_and_winter(programme) -> None:
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(make_history(make_tumour(date(2025, 2, 28))), now=BEFORE)
    await programme.sweep(at(date(2025, 3, 21)))
    async with programme.engine.connect() as connection:
        hours = await connection.scalars(
            text(
                "SELECT due_at AT TIME ZONE 'Europe/Oslo' FROM followup.outbox "
                "WHERE kind = 'reminder' ORDER BY 1"
            )
        )
        assert [str(one) for one in hours] == ["2025-04-04 09:00:00", "2025-04-25 09:00:00"]


async def test_somebody_who_comes_late_into_the_window_gets_no_reminder_after_it(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(at(date(2025, 6, 1)))
    assert await programme.notices(person.person_id) == [("invitation", "due", None)]


async def test_a_corrected_date_moves_only_unsent_assessments(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(OPENING)
    moved = replace(person.tumours[0], incidence_date=DIAGNOSED + timedelta(days=7))
    programme.tell(replace(person, tumours=(moved,)), now=OPENING)
    assert await programme.sweep(OPENING + timedelta(hours=1)) == Swept(persons=1, moved=2)
    async with programme.engine.connect() as connection:
        rows = await connection.execute(text("SELECT anchor_date FROM followup.assessment ORDER BY wave"))
        assert list(rows.scalars()) == [DIAGNOSED, *[DIAGNOSED + timedelta(days=7)] * 2]


async def test_a_death_cancels_what_is_ahead_within_one_sweep(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(OPENING)
    programme.tell(replace(person, alive=False, death_date=FIRST_DAY), now=OPENING)
    assert await programme.sweep(OPENING + timedelta(days=1)) == Swept(persons=1, cancelled=3)


async def test_a_reservation_that_is_lifted_brings_the_rest_back(programme) -> None:
    person = make_history(make_tumour())
    reserved = Reservation("proms", DIAGNOSED)
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(BEFORE)
    programme.tell(replace(person, reservations=(reserved,)), now=BEFORE + timedelta(hours=1))
    await programme.sweep(BEFORE + timedelta(hours=1))
    assert await programme.states(person.person_id) == ["cancelled"] * 3
    lifted = replace(reserved, ends_on=DIAGNOSED + timedelta(days=3))
    programme.tell(replace(person, reservations=(lifted,)), now=OPENING)
    assert await programme.sweep(OPENING) == Swept(persons=1, moved=3, opened=1)
    assert await programme.states(person.person_id) == ["open", "planned", "planned"]


async def test_what_was_answered_stays_answered_whatever_is_corrected(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(OPENING)
    await programme.run("UPDATE followup.assessment SET state = 'submitted' WHERE wave = 1")
    programme.tell(replace(person, sex=2), now=OPENING)
    await programme.sweep(OPENING + timedelta(days=1))
    assert await programme.states(person.person_id) == ["submitted", "cancelled", "cancelled"]


async def test_a_past_moment_is_swept_by_what_had_happened_by_then(programme) -> None:
    died_later = make_history(make_tumour(), alive=False, death_date=date(2025, 9, 1))
    ill_later = make_history(make_tumour(date(2026, 1, 1)))
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(died_later, ill_later, now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=2, planned=3, opened=1)
    assert await programme.sweep(at(date(2025, 9, 2))) == Swept(persons=2, cancelled=2, lapsed=1)


async def test_a_new_version_of_the_protocol_takes_over_what_is_planned(programme) -> None:
    person = make_history(make_tumour())
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(person, now=BEFORE)
    await programme.sweep(OPENING)
    await programme.publish(make_protocol(version="2"), OPENING)
    assert await programme.sweep(OPENING) == Swept(persons=1, moved=2)
    async with programme.engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT v.state FROM followup.assessment "
                "JOIN followup.protocol_version v USING (protocol_version_id) ORDER BY wave"
            )
        )
        assert list(rows.scalars()) == ["retired", "published", "published"]


async def test_nothing_is_planned_before_a_protocol_is_published(programme) -> None:
    programme.tell(make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(BEFORE) == Swept()


async def test_a_sweep_turns_every_page(programme, monkeypatch) -> None:
    monkeypatch.setattr(sweeps_module, "PAGE", 3)
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(*(make_history(make_tumour()) for _ in range(8)), now=BEFORE)
    assert await programme.sweep(BEFORE) == Swept(persons=8, planned=24)


async def test_two_sweeps_at_once_write_each_assessment_once(programme, monkeypatch) -> None:
    monkeypatch.setattr(sweeps_module, "PAGE", 5)
    await programme.publish(make_protocol(), BEFORE)
    programme.tell(*(make_history(make_tumour()) for _ in range(20)), now=BEFORE)
    both = await asyncio.gather(programme.sweep(OPENING), programme.sweep(OPENING))
    assert sum(one.planned for one in both) == 60
    assert sum(one.opened for one in both) == 20
    async with programme.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM followup.outbox")) == 60
