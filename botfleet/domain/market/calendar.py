"""The exchange calendar: which days trade, from when until when (S106).

A regular session is 09:30 to 16:00 Eastern, Monday to Friday; `closures` lists every exception.
Instants are UTC. The table covers `FIRST_DAY` to `HORIZON`; a question beyond it is refused, for a
guess would trade on a holiday.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.closures import CLOSURES, EARLY_CLOSES, FIRST_DAY, HORIZON
from botfleet.errors import BadInput

OPENS, CLOSES = time(9, 30), time(16)
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_FRIDAY, _THIRD_WEEK_FROM = 4, 15


def _closed_days() -> dict[date, str]:
    return {date.fromisoformat(day): cause for cause, days in CLOSURES for day in days.split()}


def _early_closes() -> dict[date, tuple[time, str]]:
    return {
        date.fromisoformat(day): (time.fromisoformat(at), cause)
        for at, cause, days in EARLY_CLOSES
        for day in days.split()
    }


_CLOSED, _EARLY = _closed_days(), _early_closes()


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day: open from `opens_at` up to, not including, `closes_at` (UTC)."""

    day: date
    opens_at: datetime
    closes_at: datetime
    is_early_close: bool


@lru_cache(maxsize=4096)
def session_on(day: date) -> Session | None:
    """Give the session of an Eastern date; None on weekends and holidays.

    Raises:
        BadInput: the date lies outside the table.
    """
    if not FIRST_DAY <= day <= HORIZON:
        raise BadInput(f"The exchange calendar covers {FIRST_DAY} to {HORIZON}; {day} is outside.")
    if day.weekday() >= _SATURDAY or day in _CLOSED:
        return None
    closes, _ = _EARLY.get(day, (CLOSES, ""))
    return Session(day, instant(day, OPENS), instant(day, closes), day in _EARLY)


def session_at(at: datetime) -> Session | None:
    """Give the session of the Eastern date of `at`, before, during or after its hours."""
    return session_on(day_of(at))


@lru_cache(maxsize=4096)
def next_session(after: date) -> Session:
    """Give the first session on a later date than `after`."""
    day = after + _ONE_DAY
    while (session := session_on(day)) is None:
        day += _ONE_DAY
    return session


@lru_cache(maxsize=4096)
def previous_session(before: date) -> Session:
    """Give the last session on an earlier date than `before`."""
    day = before - _ONE_DAY
    while (session := session_on(day)) is None:
        day -= _ONE_DAY
    return session


def is_open(at: datetime) -> bool:
    """Say whether the market is in session at `at`."""
    session = session_at(at)
    return session is not None and session.opens_at <= at < session.closes_at


def cause_of(day: date) -> str:
    """Name why a weekday is closed or short: `Good Friday`; empty for a regular day."""
    return _CLOSED.get(day) or _EARLY.get(day, (CLOSES, ""))[1]


def is_monthly_expiration(day: date) -> bool:
    """Say whether a month's standard options expire on `day`.

    Its third Friday, or the session before where that is a holiday.
    """
    first = day.replace(day=_THIRD_WEEK_FROM)
    friday = first + timedelta((_FRIDAY - first.weekday()) % 7)
    return day == (friday if session_on(friday) else previous_session(friday).day)
