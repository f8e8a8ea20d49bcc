"""The gate that a licence is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.licence import (
    InvalidLicenceError,
    Licence,
    Standing,
    check_licence,
    last_day,
    licence_on,
    may_invite,
    may_publish,
    runs_out_soon,
    standing,
)

LICENCE = Licence(
    instrument_id="i",
    holder="The holder",
    terms="Free for registries",
    reference="2026/1",
    languages=("nb", "nn"),
    modes=("electronic",),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
TODAY = date(2026, 11, 23)


def test_a_valid_licence_lets_an_instrument_be_published_in_its_languages() -> None:
    assert may_publish(LICENCE, TODAY, ("nb", "nn")) is None


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 12, 31)])
def test_the_first_and_the_last_day_count(day: date) -> None:
    assert may_publish(LICENCE, day) is None


@pytest.mark.parametrize(
    ("licence", "on", "reason"),
    [
        (None, TODAY, "no licence record"),
        (LICENCE, date(2025, 12, 31), "holds from 2026-01-01"),
        (LICENCE, date(2027, 1, 1), "ran out on 2026-12-31"),
        (replace(LICENCE, modes=("paper",)), TODAY, "does not cover electronic use"),
        (replace(LICENCE, languages=("nb",)), TODAY, "does not cover the language nn"),
        (replace(LICENCE, holder=" "), TODAY, "names no holder"),
    ],
)
def test_no_valid_licence_no_publishing(licence: Licence | None, on: date, reason: str) -> None:
    assert reason in (may_publish(licence, on, ("nb", "nn")) or "")


def test_a_licence_without_an_end_holds_on() -> None:
    assert may_publish(replace(LICENCE, valid_to=None), date(2099, 1, 1)) is None


def test_a_licence_warns_sixty_days_before_it_ends() -> None:
    assert runs_out_soon(LICENCE, TODAY)
    assert not runs_out_soon(LICENCE, date(2026, 11, 1))
    assert not runs_out_soon(LICENCE, date(2027, 1, 1))
    assert not runs_out_soon(replace(LICENCE, valid_to=None), TODAY)


RENEWAL = replace(LICENCE, reference="2027/1", valid_from=date(2027, 1, 1), valid_to=date(2027, 6, 30))


@pytest.mark.parametrize(
    ("on", "reference"),
    [
        (date(2026, 12, 31), "2026/1"),
        (date(2027, 1, 1), "2027/1"),
        (date(2027, 6, 30), "2027/1"),
        (date(2027, 7, 1), None),
        (date(2025, 12, 31), None),
    ],
)
def test_the_record_that_covers_the_day_counts(on: date, reference: str | None) -> None:
    found = licence_on((LICENCE, RENEWAL), on)
    assert (found.reference if found else None) == reference


def test_of_two_records_that_cover_the_day_the_newest_counts() -> None:
    fewer = replace(LICENCE, languages=("nb",), valid_from=date(2026, 11, 1))
    assert licence_on((LICENCE, fewer), TODAY) == fewer
    assert "nn" in (may_invite((LICENCE, fewer), TODAY, ("nb", "nn")) or "")
    assert may_invite((fewer, LICENCE), TODAY, ("nb", "nn")) is None


def test_inviting_stops_the_day_after_the_last_and_says_so() -> None:
    assert may_invite((LICENCE,), date(2026, 12, 31), ("nb",)) is None
    assert "ran out on 2026-12-31" in (may_invite((LICENCE,), date(2027, 1, 1), ("nb",)) or "")
    assert "no licence record" in (may_invite((), TODAY, ("nb",)) or "")


@pytest.mark.parametrize(
    ("licences", "on", "expected"),
    [
        ((), TODAY, Standing.NONE),
        ((LICENCE,), date(2025, 12, 31), Standing.NOT_YET),
        ((LICENCE,), date(2026, 11, 1), Standing.HOLDS),
        ((LICENCE,), date(2026, 11, 2), Standing.ENDS_SOON),
        ((LICENCE,), date(2026, 12, 31), Standing.ENDS_SOON),
        ((LICENCE,), date(2027, 1, 1), Standing.ENDED),
        ((LICENCE, RENEWAL), date(2026, 12, 31), Standing.HOLDS),
        ((LICENCE, replace(RENEWAL, valid_from=date(2027, 1, 2))), date(2026, 12, 31), Standing.ENDS_SOON),
        ((replace(LICENCE, valid_to=None),), TODAY, Standing.HOLDS),
    ],
)
def test_how_licences_stand_on_a_day(licences: tuple[Licence, ...], on: date, expected: Standing) -> None:
    assert standing(licences, on) is expected


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"holder": " "}, "holder"),
        ({"terms": ""}, "terms"),
        ({"reference": ""}, "reference"),
        ({"instrument_id": ""}, "instrument_id"),
        ({"languages": ()}, "languages"),
        ({"modes": ()}, "modes"),
        ({"valid_to": date(2025, 12, 31)}, "valid_to"),
        ({"max_patients": -1}, "max_patients"),
    ],
)
def test_a_record_that_no_agreement_could_be_is_refused(change: dict[str, object], where: str) -> None:
    check_licence(LICENCE)
    with pytest.raises(InvalidLicenceError) as refused:
        check_licence(replace(LICENCE, **change))
    assert refused.value.where == where


DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 28))


@st.composite
def records(draw: st.DrawFn) -> Licence:
    begins, ends = sorted((draw(DAYS), draw(DAYS)))
    return replace(LICENCE, valid_from=begins, valid_to=ends)


@given(st.lists(records(), max_size=5), DAYS)
def test_cover_is_unbroken_up_to_its_last_day_and_no_further(licences: list[Licence], on: date) -> None:
    last = last_day(licences, on)
    assert last is not None
    covered = [on + timedelta(days=n) for n in range((last - on).days + 1)]
    assert all(licence_on(licences, day) for day in covered)
    assert licence_on(licences, last + timedelta(days=1)) is None
