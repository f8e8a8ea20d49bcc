"""Sending: each notice once, to somebody who is still to be asked, however many workers and whoever falls."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default as email_policy
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from surveys.followup import ChannelError, Notice, NoticeKind, Sent
from surveys.followup.channels import FolderChannel
from surveys.followup.outbox import claim_due
from surveys.identifiers import ProtocolId, new_id
from surveys.registry import Reservation
from tests.builders.followup import (
    DIAGNOSED,
    FIRST_DAY,
    Pigeon,
    at,
    make_control,
    make_history,
    make_protocol,
    make_tumour,
    make_wave,
)

OPENING = at(FIRST_DAY)
FIRST_REMINDER = at(FIRST_DAY + timedelta(days=14))
SECOND_REMINDER = at(FIRST_DAY + timedelta(days=35))


async def invite(programme, *people) -> None:
    """Publishes the protocol and opens everybody's first assessment."""
    await programme.publish(make_protocol(), OPENING)
    programme.tell(*people, now=OPENING)
    await programme.sweep(OPENING)


async def test_an_invitation_is_sent_once_and_the_reminders_in_their_time(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    assert await programme.send(channel, OPENING) == Sent(claimed=1, sent=1)
    assert await programme.send(channel, OPENING) == Sent()
    assert await programme.send(channel, FIRST_REMINDER) == Sent(claimed=1, sent=1)
    assert await programme.send(channel, SECOND_REMINDER) == Sent(claimed=1, sent=1)
    assert [one.kind.value for one in channel.sent] == ["invitation", "reminder", "reminder"]


async def test_two_workers_at_once_send_each_notice_once(programme) -> None:
    await invite(programme, *(make_history(make_tumour()) for _ in range(30)))
    channel = Pigeon()
    batches = await asyncio.gather(*(programme.send(channel, OPENING, limit=10) for _ in range(6)))
    assert sum(batch.sent for batch in batches) == 30
    assert set(Counter(one.outbox_id for one in channel.sent).values()) == {1}


async def test_a_death_after_planning_withholds_at_send_time(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    programme.tell(replace(person, alive=False, death_date=FIRST_DAY), now=OPENING + timedelta(hours=1))
    assert await programme.send(channel, OPENING + timedelta(hours=2)) == Sent(claimed=1, withheld=1)
    assert channel.sent == []
    assert (await programme.notices(person.person_id))[0] == ("invitation", "withheld", "death")


@pytest.mark.parametrize(
    ("news", "reason"),
    [
        ({"emigrated_on": FIRST_DAY}, "emigration"),
        ({"reservations": (Reservation("register", FIRST_DAY),)}, "reservation"),
        ({"reservations": (Reservation("proms", FIRST_DAY),)}, "withdrawal"),
        ({"sex": 2}, "not-eligible"),
    ],
)
async def test_news_after_planning_withholds_with_its_reason(programme, news, reason) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    programme.tell(replace(person, **news), now=OPENING + timedelta(hours=1))
    await programme.send(channel, OPENING + timedelta(hours=2))
    assert (await programme.notices(person.person_id))[0][1:] == ("withheld", reason)
    assert channel.sent == []


async def test_whoever_has_answered_gets_no_reminder(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    await programme.send(channel, OPENING)
    await programme.run("UPDATE followup.assessment SET state = 'submitted' WHERE wave = 1")
    assert await programme.send(channel, FIRST_REMINDER) == Sent(claimed=1, withheld=1)
    assert (await programme.notices(person.person_id))[1] == ("reminder", "withheld", "submitted")


async def test_a_notice_that_waited_too_long_is_withheld(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    assert await programme.send(channel, at(date(2025, 6, 10))) == Sent(claimed=3, withheld=3)
    assert {reason for _, _, reason in await programme.notices(person.person_id)} == {"outside-window"}


async def test_after_an_outage_a_person_gets_one_notice_not_three(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    assert await programme.send(channel, SECOND_REMINDER) == Sent(claimed=3, sent=1, withheld=2)
    assert [one.kind for one in channel.sent] == [NoticeKind.INVITATION]


async def test_of_two_reminders_that_are_due_the_later_one_goes_out(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    await programme.send(channel, OPENING)
    assert await programme.send(channel, SECOND_REMINDER) == Sent(claimed=2, sent=1, withheld=1)
    assert [state for _, state, _ in await programme.notices(person.person_id)] == [
        "sent",
        "withheld",
        "sent",
    ]


async def test_a_second_open_assessment_waits_for_the_first(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await programme.publish(make_protocol(rest_days=0), OPENING)
    other = make_protocol(
        protocol_id=ProtocolId(UUID(int=11)), waves=(make_wave(1, 0, 22, 200),), rest_days=0
    )
    await programme.publish(other, OPENING)
    programme.tell(person, now=OPENING)
    both_open = OPENING + timedelta(days=1)
    await programme.sweep(both_open)
    assert await programme.send(channel, both_open) == Sent(claimed=2, sent=1, postponed=1)
    await programme.run(
        "UPDATE followup.assessment SET state = 'submitted' WHERE opens_on = :day", day=FIRST_DAY
    )
    assert await programme.send(channel, both_open + timedelta(hours=1)) == Sent()
    assert await programme.send(channel, both_open + timedelta(days=1)) == Sent(claimed=1, sent=1)


async def test_a_worker_that_fell_leaves_its_notices_to_the_next_one(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon()
    await invite(programme, person)
    async with programme.engine.begin() as connection:
        assert len(await claim_due(connection, OPENING, 10)) == 1
    assert await programme.send(channel, OPENING) == Sent()
    await programme.run(
        "UPDATE followup.outbox SET lease_until = now() - interval '1 second' WHERE state = 'leased'"
    )
    assert await programme.send(channel, OPENING) == Sent(claimed=1, sent=1)


async def test_a_worker_whose_lease_was_taken_over_settles_nothing(programme) -> None:
    person = make_history(make_tumour())
    await invite(programme, person)
    async with programme.engine.begin() as connection:
        await claim_due(connection, OPENING, 10)
    slow = Overtaken(programme)
    await programme.run(
        "UPDATE followup.outbox SET lease_until = now() - interval '1 second' WHERE state = 'leased'"
    )
    await programme.send(slow, OPENING)
    assert (await programme.notices(person.person_id))[0] == ("invitation", "failed", "by another worker")


async def test_a_channel_that_refuses_is_tried_again_later_under_the_same_reference(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon(refusing=True)
    await invite(programme, person)
    assert await programme.send(channel, OPENING) == Sent(claimed=1, postponed=1)
    channel.refusing = False
    assert await programme.send(channel, OPENING + timedelta(minutes=4)) == Sent()
    assert await programme.send(channel, OPENING + timedelta(minutes=6)) == Sent(claimed=1, sent=1)


async def test_a_channel_that_always_refuses_is_given_up_with_its_reason(programme) -> None:
    person, channel = make_history(make_tumour()), Pigeon(refusing=True)
    await invite(programme, person)
    await programme.run("UPDATE followup.outbox SET attempts = 7 WHERE kind = 'invitation'")
    assert await programme.send(channel, OPENING) == Sent(claimed=1, failed=1)
    assert (await programme.notices(person.person_id))[0] == ("invitation", "failed", "refused")


async def test_a_channel_that_breaks_leaves_what_was_sent_before_it_settled(programme) -> None:
    await invite(programme, *(make_history(make_tumour()) for _ in range(3)))
    with pytest.raises(RuntimeError):
        await programme.send(Breaking(), OPENING)
    async with programme.engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT state, count(*) FROM followup.outbox "
                "WHERE kind = 'invitation' GROUP BY state ORDER BY state"
            )
        )
        assert [tuple(row) for row in rows] == [("leased", 2), ("sent", 1)]


async def test_patients_and_controls_get_the_same_bytes(programme, tmp_path) -> None:
    await invite(programme, make_history(make_tumour()), make_control(DIAGNOSED))
    await programme.send(FolderChannel(tmp_path, "https://example.test"), OPENING)
    files = sorted(tmp_path.iterdir())
    references = [file.stem.encode() for file in files]
    contents = {file.read_bytes().replace(own, b"") for file, own in zip(files, references, strict=True)}
    assert (len(files), len(contents)) == (2, 1)


async def test_a_file_holds_a_message_without_an_address(tmp_path) -> None:
    notice = Notice(new_id(), NoticeKind.REMINDER, OPENING)
    channel = FolderChannel(tmp_path / "notices", "https://example.test")
    await channel.send(notice)
    await channel.send(notice)
    (file,) = (tmp_path / "notices").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=email_policy)
    assert file.name == f"{notice.outbox_id}.eml"
    assert (message["To"], message["Message-ID"]) == (None, f"<{notice.outbox_id}@etterklang>")
    assert message.get_content().count("https://example.test") == 3


async def test_a_folder_that_cannot_be_written_to_is_a_fault_of_the_channel(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChannelError):
        await FolderChannel(tmp_path / "file" / "notices", "").send(
            Notice(new_id(), NoticeKind.INVITATION, OPENING)
        )


class Overtaken(Pigeon):
    """A channel so slow that meanwhile another worker claims the notice and settles it."""

    def __init__(self, programme) -> None:
        super().__init__()
        self._programme = programme

    async def send(self, notice: Notice) -> None:
        await self._programme.run(
            "UPDATE followup.outbox SET fence = fence + 1, state = 'failed', reason = 'by another worker' "
            "WHERE outbox_id = :id",
            id=notice.outbox_id,
        )


class Breaking(Pigeon):
    """A channel that takes one notice and then breaks in a way that nobody foresaw."""

    async def send(self, notice: Notice) -> None:
        if self.sent:
            raise RuntimeError("broken")
        await super().send(notice)
