"""The licence gate: nobody new is asked without a licence that holds, and what was begun goes on."""

import asyncio
from datetime import date, timedelta

import pytest

from instruments.versions import Instrument
from surveys.catalogue import record_licence
from surveys.database import transaction
from surveys.followup import Sent, Swept
from tests.builders.answering import NOW, SECOND, TODAY, approve, everyday, habits
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    Pigeon,
    at,
    make_history,
    make_protocol,
    make_tumour,
    make_wave,
)
from tests.builders.instruments import make_licence
from tests.surveys.followup.conftest import Programme

BEFORE = at(DIAGNOSED)
OPENING = at(FIRST_DAY)
DAY = timedelta(days=1)
FIRST_REMINDER = OPENING + 14 * DAY
SECOND_REMINDER = OPENING + 35 * DAY


async def ask(programme: Programme, *instruments: Instrument, **terms: object) -> None:
    """A protocol whose two waves ask these, the first of them under a licence with ``terms`` until 2026."""
    first, *others = instruments or (everyday(),)
    versions = []
    async with transaction(programme.engine) as connection:
        for one in (first, *others):
            later = make_licence(one, valid_from=TODAY if one is first else date(2000, 1, 1))
            versions.append(await approve(connection, programme.keys, one, later))
    await license_anew(programme, first, **({"valid_to": date(2025, 12, 31)} | terms))
    waves = tuple(
        make_wave(number, months, 21, 150, instruments=tuple(versions))
        for number, months in ((1, 0), (2, 12))
    )
    await programme.publish(make_protocol(waves=waves), BEFORE)


async def license_anew(programme: Programme, instrument: Instrument, **terms: object) -> None:
    async with transaction(programme.engine) as connection:
        licence = make_licence(instrument, **terms)
        await record_licence(connection, programme.keys, licence, NOW, SECOND)


async def in_state(programme: Programme, state: str) -> int:
    """How many persons have an assessment in this state."""
    async with programme.engine.connect() as connection:
        query = "SELECT count(DISTINCT person_id) FROM followup.assessment WHERE state = %s"
        return (await connection.exec_driver_sql(query, (state,))).scalar_one()


async def test_the_last_day_of_a_licence_still_plans_and_opens(programme: Programme) -> None:
    await ask(programme, valid_to=FIRST_DAY)
    programme.tell(make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=1, planned=2, opened=1)


async def test_the_day_after_nothing_new_is_planned_nor_opened(programme: Programme) -> None:
    await ask(programme, valid_to=FIRST_DAY - DAY)
    early, late = make_history(make_tumour()), make_history(make_tumour())
    programme.tell(early, now=BEFORE)
    await programme.sweep(BEFORE)
    programme.tell(late, now=OPENING)
    assert await programme.sweep(OPENING) == Swept(persons=2)
    assert await programme.states(early.person_id) == ["planned", "planned"]
    assert await programme.states(late.person_id) == []
    assert await programme.notices(early.person_id) == []


async def test_a_licence_that_has_not_begun_invites_nobody(programme: Programme) -> None:
    await ask(programme, valid_from=FIRST_DAY + DAY)
    programme.tell(make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=1)
    assert await programme.sweep(OPENING + DAY) == Swept(persons=1, planned=2, opened=1)


async def test_a_renewal_opens_what_had_waited(programme: Programme) -> None:
    await ask(programme, valid_to=FIRST_DAY - DAY)
    programme.tell(make_history(make_tumour()), now=BEFORE)
    await programme.sweep(BEFORE)
    await programme.sweep(OPENING)
    await license_anew(programme, everyday(), valid_from=FIRST_DAY + DAY)
    assert await programme.sweep(OPENING + DAY) == Swept(persons=1, opened=1)


async def test_one_instrument_without_a_licence_closes_the_waves_that_ask_it(programme: Programme) -> None:
    await ask(programme, everyday(), habits(), valid_to=FIRST_DAY - DAY)
    programme.tell(make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=1)


async def test_a_licence_for_fewer_languages_than_are_live_invites_nobody(programme: Programme) -> None:
    await ask(programme, languages=("nb",))
    programme.tell(make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=1)


async def test_whoever_was_invited_is_reminded_after_the_licence_has_run_out(programme: Programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await ask(programme, valid_to=FIRST_DAY)
    programme.tell(person, now=BEFORE)
    await programme.sweep(OPENING)
    assert await programme.send(channel, OPENING) == Sent(claimed=1, sent=1)
    assert await programme.sweep(FIRST_REMINDER) == Swept(persons=1)
    assert await programme.states(person.person_id) == ["open", "planned"]
    assert await programme.send(channel, FIRST_REMINDER) == Sent(claimed=1, sent=1)


async def test_an_invitation_that_has_not_gone_out_waits_for_the_renewal(programme: Programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await ask(programme, valid_to=FIRST_DAY)
    programme.tell(person, now=BEFORE)
    await programme.sweep(OPENING)
    for days in range(1, 12):
        assert await programme.send(channel, OPENING + days * DAY) == Sent(claimed=1, postponed=1)
    assert (await programme.notices(person.person_id))[0] == ("invitation", "due", "licence")
    await license_anew(programme, everyday(), valid_from=FIRST_DAY)
    channel.refusing = True
    assert await programme.send(channel, OPENING + 12 * DAY) == Sent(claimed=1, postponed=1)
    channel.refusing = False
    assert await programme.send(channel, OPENING + 13 * DAY) == Sent(claimed=1, sent=1)


async def test_a_reminder_is_no_first_notice_without_a_licence(programme: Programme) -> None:
    channel = Pigeon()
    await ask(programme, valid_to=FIRST_DAY)
    programme.tell(make_history(make_tumour()), now=BEFORE)
    await programme.sweep(OPENING)
    await programme.send(channel, FIRST_REMINDER - DAY / 2)
    await programme.send(channel, FIRST_REMINDER)
    await programme.send(channel, SECOND_REMINDER)
    assert channel.sent == []


async def test_as_many_patients_are_opened_as_the_licence_covers(programme: Programme) -> None:
    await ask(programme, max_patients=3)
    programme.tell(*(make_history(make_tumour()) for _ in range(5)), now=BEFORE)
    assert (await programme.sweep(OPENING)).opened == 3
    assert (await programme.sweep(OPENING + DAY)).opened == 0
    assert await in_state(programme, "open") == 3
    await license_anew(programme, everyday(), max_patients=4)
    assert (await programme.sweep(OPENING + 2 * DAY)).opened == 1


async def test_planning_stops_at_the_limit_too(programme: Programme) -> None:
    await ask(programme, max_patients=1)
    programme.tell(make_history(make_tumour()), make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=2, planned=2, opened=1)


async def test_whoever_is_covered_already_is_asked_again(programme: Programme) -> None:
    await ask(programme, max_patients=1, valid_to=None)
    first = make_history(make_tumour())
    programme.tell(first, now=BEFORE)
    await programme.sweep(OPENING)
    programme.tell(make_history(make_tumour(date(2026, 1, 1))), now=OPENING)
    swept = await programme.sweep(at(date(2026, 2, 1)))
    assert (swept.opened, swept.lapsed) == (1, 1)
    assert await programme.states(first.person_id) == ["lapsed", "open"]


async def test_a_licence_for_no_patients_ends_inviting(programme: Programme) -> None:
    await ask(programme)
    await license_anew(programme, everyday(), max_patients=0)
    programme.tell(make_history(make_tumour()), now=BEFORE)
    assert await programme.sweep(OPENING) == Swept(persons=1)


async def test_workers_at_once_do_not_give_the_last_place_away_twice(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.followup.sweeps.PAGE", 4)
    await ask(programme, max_patients=5)
    programme.tell(*(make_history(make_tumour()) for _ in range(12)), now=BEFORE)
    swept = await asyncio.gather(*(programme.sweep(OPENING) for _ in range(3)))
    assert sum(one.opened for one in swept) == 5
