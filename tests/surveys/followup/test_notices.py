"""Notice texts: nothing in them says why somebody is written to; and the hours they may go out in."""

import re
from datetime import UTC, date, datetime

import msgspec
import pytest

from surveys.followup import NoticeKind, may_send_at
from surveys.followup.notices import Notice, compose, load_texts, reminder_times
from surveys.followup.protocol import LANGUAGES
from tests.conftest import ROOT

TELLING = re.compile(
    r"kreft|cancer|svulst|tumou?r|prostat|diagnos|sjukdom|sykdom|disease|illness|behandl|treat|pasient|patient"
    r"|kontroll|control|register|regist|klinik|clinic|sykehus|sjukehus|hospital|lege|doctor|late effect"
    r"|seneffekt|seinskad"
    r"|forskning|forsking|research|studie|study|skjema|questionnaire|urin|hverdag|kvardag|everyday",
    re.IGNORECASE,
)


def test_there_is_a_text_of_each_kind_in_each_language() -> None:
    assert {(kind, language) for kind, texts in load_texts().items() for language in texts} == {
        (kind, language) for kind in NoticeKind for language in LANGUAGES
    }


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_no_notice_names_a_disease_a_clinic_an_instrument_or_a_cohort(kind: NoticeKind) -> None:
    wording = compose(kind, "https://example.test")
    assert TELLING.findall(wording.subject + wording.body) == []
    documents = (ROOT / "api" / "demo" / "documents").glob("*-*.json")
    titles = {file.name.split(".")[0] for file in documents}
    assert not [title for title in titles if title in wording.body]


def test_a_notice_carries_nothing_that_could_tell_a_patient_from_a_control() -> None:
    assert {field.name for field in msgspec.structs.fields(Notice)} == {"outbox_id", "kind", "at"}


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (datetime(2026, 1, 15, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 15, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 1, 15, 18, 59, tzinfo=UTC), True),
        (datetime(2026, 1, 15, 19, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 15, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 15, 18, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 7, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 7, 59, tzinfo=UTC), False),
    ],
)
def test_notices_go_out_between_nine_and_twenty_in_norway(moment: datetime, allowed: bool) -> None:
    assert may_send_at(moment) is allowed


def test_reminders_stop_with_the_window() -> None:
    times = reminder_times(date(2026, 3, 20), date(2026, 4, 10), (14, 35))
    assert [moment.astimezone(UTC) for moment in times] == [datetime(2026, 4, 3, 7, tzinfo=UTC)]
