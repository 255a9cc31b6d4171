"""The exchange calendar: which days trade, from when until when (S106).

A regular session is 09:30 to 16:00 Eastern, Monday to Friday; `closures` lists every exception, and
an operator's changes lie over it (a day of mourning, a sudden halt). Instants are UTC. The table
covers `FIRST_DAY` to `HORIZON`; a question beyond it is refused, for a guess would trade on a
holiday.

Like the time zones' table the calendar is everyone's and the same, so it is not handed around: a
process goes by the one it was last told of (`adopt`), whole and at once, and what looks back at a
decision goes by the one of then (`under`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.closures import (
    CLOSURES,
    EARLY_CLOSES,
    FIRST_DAY,
    HORIZON,
    TABLE_VERSION,
)
from botfleet.errors import BadInput

OPENS, CLOSES = time(9, 30), time(16)
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_FRIDAY, _THIRD_WEEK_FROM = 4, 15
_INDEX_OPTIONS_AFTER = timedelta(minutes=15)
#: How long before its end the table's end is warned of.
WARN_DAYS = 365


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


class Act(StrEnum):
    """What an operator may say of a day."""

    CLOSE = "close"
    EARLY = "early"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Change:
    """One day made to differ from the table at `at`: closed, closing early (Eastern), or as it was.

    `closes` is given for an early close only.
    """

    day: date
    act: Act
    cause: str
    at: datetime
    closes: time | None = None


class Calendar:
    """The table with the changes made up to a version, oldest first; a day's newest one holds.

    Immutable; answers are kept. `version` 0 is the table alone.
    """

    def __init__(self, version: int = 0, changes: Sequence[Change] = ()) -> None:
        self.version, self.changes = version, tuple(changes)
        newest = {change.day: change for change in changes}
        self.exceptions = {d: c for d, c in sorted(newest.items()) if c.act is not Act.UNDO}
        self.session_on = lru_cache(maxsize=4096)(self._session_on)
        self.next_session = lru_cache(maxsize=4096)(self._next_session)
        self.previous_session = lru_cache(maxsize=4096)(self._previous_session)

    def as_of(self, at: datetime) -> "Calendar":
        """Give the calendar as it was at an instant."""
        before = [change for change in self.changes if change.at <= at]
        return self if len(before) == len(self.changes) else Calendar(self.version, before)

    def cause_of(self, day: date) -> str:
        """Name why a weekday is closed or short: `Good Friday`; empty for a regular day."""
        exception = self.exceptions.get(day)
        if exception is not None:
            return exception.cause
        return _CLOSED.get(day) or _EARLY.get(day, (CLOSES, ""))[1]

    def why_closed(self, day: date) -> str:
        """Say why a day without a session has none: `Good Friday`, `it is a Saturday`."""
        return self.cause_of(day) or f"it is a {day:%A}"

    def _session_on(self, day: date) -> Session | None:
        check_covered(day)
        if day.weekday() >= _SATURDAY:
            return None
        exception = self.exceptions.get(day)
        if exception is not None and exception.closes is not None:
            return _session(day, exception.closes)
        if exception is not None or day in _CLOSED:
            return None
        return _session(day, _EARLY.get(day, (CLOSES, ""))[0])

    def _next_session(self, after: date) -> Session:
        day = after + _ONE_DAY
        while (session := self.session_on(day)) is None:
            day += _ONE_DAY
        return session

    def _previous_session(self, before: date) -> Session:
        day = before - _ONE_DAY
        while (session := self.session_on(day)) is None:
            day -= _ONE_DAY
        return session


def check_covered(day: date) -> None:
    """See that the table covers a day.

    Raises:
        BadInput: it does not.
    """
    if not FIRST_DAY <= day <= HORIZON:
        raise BadInput(f"The exchange calendar covers {FIRST_DAY} to {HORIZON}; {day} is outside.")


def horizon_warning(today: date) -> str:
    """Say that the table ends within a year; empty while it does not."""
    left = (HORIZON - today).days
    if left > WARN_DAYS:
        return ""
    return (
        f"The exchange calendar {TABLE_VERSION} ends on {HORIZON}, in {left} days; nothing is "
        "scheduled beyond it. A newer build brings a longer one."
    )


def _session(day: date, closes: time) -> Session:
    return Session(day, instant(day, OPENS), instant(day, closes), closes < CLOSES)


#: The table as it was shipped.
SHIPPED = Calendar()
_adopted: list[Calendar] = [SHIPPED]
_looking_back: ContextVar[Calendar | None] = ContextVar("calendar", default=None)


def in_force() -> Calendar:
    """Give the calendar that questions are answered by."""
    return _looking_back.get() or _adopted[0]


def adopt(calendar: Calendar) -> None:
    """Have this process go by `calendar` from now on."""
    _adopted[0] = calendar


@contextmanager
def under(calendar: Calendar) -> Iterator[None]:
    """Go by another calendar inside: for looking back at what was decided under it."""
    token = _looking_back.set(calendar)
    try:
        yield
    finally:
        _looking_back.reset(token)


def session_on(day: date) -> Session | None:
    """Give the session of an Eastern date; None on weekends and holidays.

    Raises:
        BadInput: the date lies outside the table.
    """
    return in_force().session_on(day)


def session_at(at: datetime) -> Session | None:
    """Give the session of the Eastern date of `at`, before, during or after its hours."""
    return session_on(day_of(at))


def next_session(after: date) -> Session:
    """Give the first session on a later date than `after`."""
    return in_force().next_session(after)


def previous_session(before: date) -> Session:
    """Give the last session on an earlier date than `before`."""
    return in_force().previous_session(before)


def is_open(at: datetime) -> bool:
    """Say whether the market is in session at `at`."""
    session = session_at(at)
    return session is not None and session.opens_at <= at < session.closes_at


def next_opening(now: datetime) -> datetime:
    """Give when the market opens next, from before the open or after the close."""
    today = session_at(now)
    if today is not None and now < today.opens_at:
        return today.opens_at
    return next_session(day_of(now)).opens_at


def index_options_close(session: Session) -> datetime:
    """Give until when options on broad indexes trade (SPX, NDX, RUT, VIX): 16:15 or 13:15 Eastern.

    Those that expire that day end with the session, and so does everything when trading is halted.
    Source: Cboe, trading hours; no automation runs after the session, whatever it trades.
    """
    is_halted = session.day in in_force().exceptions
    return session.closes_at if is_halted else session.closes_at + _INDEX_OPTIONS_AFTER


def cause_of(day: date) -> str:
    """Name why a weekday is closed or short: `Good Friday`; empty for a regular day."""
    return in_force().cause_of(day)


def why_closed(day: date) -> str:
    """Say why a day without a session has none: `Good Friday`, `it is a Saturday`."""
    return in_force().why_closed(day)


def is_monthly_expiration(day: date) -> bool:
    """Say whether a month's standard options expire on `day`.

    Its third Friday, or the session before where that is a holiday.
    """
    first = day.replace(day=_THIRD_WEEK_FROM)
    friday = first + timedelta((_FRIDAY - first.weekday()) % 7)
    return day == (friday if session_on(friday) else previous_session(friday).day)
