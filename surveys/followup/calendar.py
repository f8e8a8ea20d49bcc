"""Days and months: where a wave's window lies after its anchor."""

from datetime import date

from surveys.followup.protocol import WaveTiming

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def window_of(wave: WaveTiming, anchor: date) -> tuple[date, date]:
    """The first and last day of ``wave`` for a case with this anchor date."""
    month = add_months(anchor, wave.offset_months)
    first = add_days(month, wave.offset_days + wave.opens_days)
    return first, add_days(month, wave.offset_days + wave.closes_days)


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, _days_in(year, month)))


def add_days(day: date, days: int) -> date:
    """``day`` moved by ``days``, kept inside what a calendar can hold."""
    try:
        return date.fromordinal(day.toordinal() + days)
    except ValueError:
        return date.max if days > 0 else date.min


def _days_in(year: int, month: int) -> int:
    leap = month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _DAYS[month]
