"""What becomes of an occurrence on a day without a session at its time (S106 to S108).

A weekend, a holiday and the afternoon of an early close are one thing: the market does not trade
then. The rule belongs to each event: the nearest session before, the nearest after, or none.
"""

from datetime import date, time, timedelta
from enum import StrEnum

from botfleet.domain.eastern import instant
from botfleet.domain.market.calendar import Session, cause_of, session_on
from botfleet.errors import BadInput

#: Events lie this far inside the session: 09:31 to 15:55 on a full day.
AFTER_OPEN, BEFORE_CLOSE = timedelta(minutes=1), timedelta(minutes=5)
EARLIEST, LATEST = time(9, 31), time(15, 55)
#: No stretch of closed days was ever as long; further away there is no calendar.
_FURTHEST = 14


class HolidayRule(StrEnum):
    """Where an occurrence goes that falls on a closed day."""

    BEFORE = "before"
    AFTER = "after"
    SKIP = "skip"


def observed(day: date, at: time, rule: HolidayRule) -> date | None:
    """Give the day on which an occurrence of `day` runs; None where it does not.

    The same or a later day for a later one: occurrences never overtake each other.
    """
    if is_traded(day, at):
        return day
    if rule is HolidayRule.SKIP:
        return None
    step = timedelta(days=-1 if rule is HolidayRule.BEFORE else 1)
    near = (day + step * n for n in range(1, _FURTHEST + 1))
    return next((one for one in near if is_traded(one, at)), None)


def is_traded(day: date, at: time) -> bool:
    """Say whether an event may run on `day` at that Eastern time."""
    session = known_session(day)
    if session is None:
        return False
    return session.opens_at + AFTER_OPEN <= instant(day, at) <= session.closes_at - BEFORE_CLOSE


def known_session(day: date) -> Session | None:
    """Give the session of a day; None where there is none or the calendar does not know."""
    try:
        return session_on(day)
    except BadInput:
        return None


def cause(day: date, at: time) -> str:
    """Name why nothing runs on `day` at that time: `Good Friday`, `Saturday`."""
    session = known_session(day)
    if session is not None:
        return "" if is_traded(day, at) else f"early close, {cause_of(day)}"
    return cause_of(day) or f"{day:%A}"


def counts_as(session: Session, weekdays: tuple[int, ...], rule: HolidayRule) -> bool:
    """Say whether a session stands for one of `weekdays`: its own, or that of a closed day near.

    A Monday's work of a holiday is done by the session before or after it, as the rule says.
    """
    if session.day.weekday() in weekdays:
        return True
    if rule is HolidayRule.SKIP:
        return False
    step = timedelta(days=1 if rule is HolidayRule.BEFORE else -1)
    day = session.day + step
    while known_session(day) is None and abs(day - session.day) < timedelta(days=_FURTHEST):
        if day.weekday() in weekdays:
            return True
        day += step
    return False
