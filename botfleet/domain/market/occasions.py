"""Days that everyone can work out: expirations, ends of periods, full moons.

Third Fridays and first Fridays that are holidays move to the session before. The full moon is the
mean one (Meeus, Astronomical Algorithms, ch. 49: 29.530588861 days apart, one on 2000-01-21 at
04:41 UTC), within about 14 hours of the true one, as an Eastern date.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from math import ceil
from types import MappingProxyType

from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import next_session, previous_session, session_on

_FRIDAY, _WEEK = 4, 7
_MONTHS_A_QUARTER = 3
_MOON_AT = datetime(2000, 1, 21, 4, 41, tzinfo=UTC)
_MONTH_OF_THE_MOON = timedelta(days=29.530588861)


def _friday(month: date, nth: int) -> date:
    first = month.replace(day=1)
    day = first + timedelta(days=(_FRIDAY - first.weekday()) % _WEEK + _WEEK * (nth - 1))
    return day if session_on(day) else previous_session(day).day


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _monthly(day: date) -> date:
    found = _friday(day, 3)
    return found if found >= day else _friday(_month_after(day), 3)


def _first_weekly(day: date) -> date:
    found = _friday(day, 1)
    return found if found >= day else _friday(_month_after(day), 1)


def _triple_witching(day: date) -> date:
    found = _monthly(day)
    while found.month % _MONTHS_A_QUARTER:
        found = _friday(_month_after(found), 3)
    return found


def _end_of_month(day: date) -> date:
    found = previous_session(_month_after(day)).day
    return found if found >= day else previous_session(_month_after(_month_after(day))).day


def _end_of_quarter(day: date) -> date:
    found = _end_of_month(day)
    while found.month % _MONTHS_A_QUARTER:
        found = _end_of_month(_month_after(found))
    return found


def _full_moon(day: date) -> date:
    begins = instant(day, datetime.min.time())
    moons = ceil((begins - _MOON_AT) / _MONTH_OF_THE_MOON)
    return day_of(_MOON_AT + moons * _MONTH_OF_THE_MOON)


#: The first day of each occasion on or after a day.
NEXT: Mapping[str, Callable[[date], date]] = MappingProxyType(
    {
        "triple_witching": _triple_witching,
        "monthly_expiration": _monthly,
        "end_of_month": _end_of_month,
        "end_of_quarter": _end_of_quarter,
        "first_weekly": _first_weekly,
        "full_moon": _full_moon,
    }
)


def is_edge(day: date, *, place: str, period: str) -> bool:
    """Say whether a session is the `first` or `last` of its `week` or `month`."""
    other = previous_session(day).day if place == "first" else next_session(day).day
    if period == "month":
        return (other.year, other.month) != (day.year, day.month)
    return other.isocalendar()[:2] != day.isocalendar()[:2]
