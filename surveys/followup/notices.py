"""What a notice says and when it may go out: the same words for patients and controls, and no word of why."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Protocol
from uuid import UUID

import msgspec

from surveys.clock import LOCAL_ZONE
from surveys.followup.protocol import LANGUAGES

FIRST_HOUR = time(9)
LAST_HOUR = time(20)


class NoticeKind(StrEnum):
    """Why somebody is written to."""

    INVITATION = "invitation"
    REMINDER = "reminder"


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a channel gets: a reference (the same when it is tried again), a kind, and nothing of whom.

    So two notices of one kind cannot differ by who gets them.
    """

    outbox_id: UUID
    kind: NoticeKind
    at: datetime


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in one language; ``{site}`` in the body stands for the address to log in at."""

    subject: str
    body: str


class Channel(Protocol):
    """A way to reach somebody."""

    async def send(self, notice: Notice) -> None:
        """Hands the notice over, once for each ``outbox_id`` however often it is called.

        Raises:
            ChannelError: it was not taken, and may be tried again.
        """
        ...


def load_texts() -> dict[NoticeKind, dict[str, Wording]]:
    """Every notice text by kind and language, from ``notices.json`` beside this module."""
    content = files("surveys.followup").joinpath("notices.json").read_bytes()
    return msgspec.json.decode(content, type=dict[NoticeKind, dict[str, Wording]])


_TEXTS = load_texts()


def compose(kind: NoticeKind, site: str) -> Wording:
    """The notice in every language, one after the other: nobody's language is known before they log in."""
    texts = [_TEXTS[kind][language] for language in LANGUAGES]
    return Wording(
        subject=texts[0].subject,
        body="\n\n---\n\n".join(text.body.format(site=site) for text in texts) + "\n",
    )


def may_send_at(moment: datetime) -> bool:
    """Whether notices may go out: between 09:00 and 20:00 in Norway."""
    return FIRST_HOUR <= moment.astimezone(LOCAL_ZONE).time() < LAST_HOUR


def reminder_times(opened_on: date, closes_on: date, reminder_days: tuple[int, ...]) -> list[datetime]:
    """When reminders fall due: at 09:00 in Norway, so many days after opening, while the window lasts."""
    days = [opened_on + timedelta(days=after) for after in reminder_days]
    return [datetime.combine(day, FIRST_HOUR, LOCAL_ZONE) for day in days if day <= closes_on]
