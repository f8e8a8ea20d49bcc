"""The gate that a licence is."""

from datetime import date

import pytest
from msgspec.structs import replace

from instruments.licence import Licence, may_publish, runs_out_soon

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
