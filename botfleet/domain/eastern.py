"""Trading time is America/New_York; stored time is UTC. This is the only bridge between them."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def instant(day: date, clock: time) -> datetime:
    """Give the UTC instant of an Eastern wall time (the first, where autumn repeats it)."""
    return datetime.combine(day, clock, EASTERN).astimezone(UTC)


def wall(at: datetime) -> datetime:
    """Show a UTC instant on an Eastern wall clock."""
    return at.astimezone(EASTERN)


def day_of(at: datetime) -> date:
    """Give the Eastern calendar date of an instant."""
    return wall(at).date()
