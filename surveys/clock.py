"""The one place that reads the clock; everything that decides takes the time as a value."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Europe/Oslo")


def now() -> datetime:
    """The present moment, time zone-aware, in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    """The calendar date in Norway at ``moment``: windows open and close at local midnight."""
    return moment.astimezone(LOCAL_ZONE).date()
