"""What starts an automation, other than a mark alone: the triggers, and when they come due.

Wall times are Eastern and lie inside the session, so that neither change of the clocks makes one
twice or not at all. An occurrence is named by its instant: two that fall on one are one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from botfleet.domain.eastern import day_of, instant, wall
from botfleet.domain.market.calendar import Session, session_at
from botfleet.domain.market.closures import HORIZON
from botfleet.domain.schedules.holidays import (
    HolidayRule,
    cause,
    counts_as,
    known_session,
    observed,
)
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.schedules.recurrences import Recurrence, Unit, days
from botfleet.domain.trades.structures import Structure

#: How late an event may still run, within its own session (R15).
GRACE = timedelta(minutes=15)
#: Days before an instant whose occurrences a holiday rule may have moved past it.
_MOVED_MAX = timedelta(days=15)
WORKDAYS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Window:
    """At which marks a scanner or a monitor runs: on these days, from and up to these times.

    A holiday's work may be done by the session before or after it.
    """

    weekdays: tuple[int, ...] = WORKDAYS
    begins: time = time.min
    ends: time = time.max
    holiday: HolidayRule = HolidayRule.SKIP


@dataclass(frozen=True, slots=True)
class Once:
    """One day, at a time."""

    day: date
    at: time
    holiday: HolidayRule = HolidayRule.SKIP


@dataclass(frozen=True, slots=True)
class Repeating:
    """Each day of a rule, at a time."""

    rule: Recurrence
    at: time
    holiday: HolidayRule = HolidayRule.SKIP


class Moment(StrEnum):
    """`now` is when the bot is turned on; the others are each session's."""

    NOW = "now"
    OPEN = "market_open"
    CLOSE = "market_close"


class Transition(StrEnum):
    """What a position did."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Resultant:
    """A position of the bot opened or closed; of any structure where none is given."""

    transition: Transition
    structures: tuple[Structure, ...] = ()


@dataclass(frozen=True, slots=True)
class Hook:
    """A call from outside by this name; its payload may feed these inputs of the automation."""

    name: str
    feeds: tuple[str, ...] = ()


Event = Once | Repeating | Moment | Resultant | Hook
Trigger = Window | Event


@dataclass(frozen=True, slots=True)
class Bell:
    """The market's open or close, where the hours of the bot's account have it."""

    moment: Moment
    hours: Hours


#: An event as its bot's account has it.
Rule = Event | Bell


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence of `day`; `at` is None where the holiday rule lets it fall out.

    `cause` says why it does not run on its own day, and is empty where it does.
    """

    day: date
    at: datetime | None
    cause: str = ""


def lets(window: Window, hours: Hours, at: datetime) -> bool:
    """Say whether a scanner or monitor runs at a mark: in its window and its account's hours."""
    return hours.covers(at) and is_in(window, at)


def is_in(window: Window, at: datetime) -> bool:
    """Say whether the mark `at` lies in a window."""
    session = session_at(at)
    is_day = session is not None and counts_as(session, window.weekdays, window.holiday)
    return is_day and window.begins <= wall(at).time() <= window.ends


def occurrences(event: Rule, after: datetime, *, done: date | None = None) -> Iterator[Occurrence]:
    """Give what comes due after an instant, rising, up to the calendar's end.

    Those that fall out are among them, with their cause; weekends that fall out are not. Endless
    only as the calendar is. Events that no clock brings have none. Occurrences of days up to `done`
    have been: where the calendar changes, one that ran on an earlier day does not come back.
    """
    last: datetime | None = None
    since = day_of(after) - _MOVED_MAX
    for one in _nominal(event, since):
        if one.at is None and (one.day < day_of(after) or one.day.weekday() not in WORKDAYS):
            continue
        if one.at is not None and (one.at <= after or one.at == last):
            continue
        if done is not None and one.day <= done:
            continue
        last = one.at or last
        yield one


def next_occurrence(event: Rule, after: datetime, *, done: date | None = None) -> Occurrence | None:
    """Give the next occurrence that runs, after an instant; None if never again."""
    found = occurrences(event, after, done=done)
    return next((one for one in found if one.at), None)


def next_at(event: Rule, after: datetime) -> datetime | None:
    """Give when an event comes due next, after an instant; None if never again."""
    found = next_occurrence(event, after)
    return found.at if found else None


def is_kept(at: datetime, now: datetime) -> bool:
    """Say whether what came due at `at` still runs now: inside the grace and its session (R15)."""
    session = session_at(at)
    return session is not None and now - at <= GRACE and now < session.closes_at


def _nominal(event: Rule, since: date) -> Iterator[Occurrence]:
    match event:
        case Once(day, at, holiday):
            yield _observed(day, at, holiday)
        case Repeating(rule, at, holiday):
            for day in _until_horizon(rule, since):
                yield _observed(day, at, holiday)
        case Moment.OPEN | Moment.CLOSE:
            yield from _nominal(Bell(event, Hours()), since)
        case Bell():
            for day in _until_horizon(Recurrence(Unit.DAY), since):
                session = known_session(day)
                if session is not None:
                    yield _rung(event, session)
        case _:
            return


def _until_horizon(rule: Recurrence, since: date) -> Iterator[date]:
    for day in days(rule, since):
        if day > HORIZON:
            return
        yield day


def _observed(day: date, at: time, holiday: HolidayRule) -> Occurrence:
    on = observed(day, at, holiday)
    return Occurrence(day, instant(on, at) if on else None, "" if on == day else cause(day, at))


def _rung(bell: Bell, session: Session) -> Occurrence:
    span = bell.hours.span(session)
    if span is None:
        return Occurrence(session.day, None, "the close comes before the account's hours")
    return Occurrence(session.day, span[0] if bell.moment is Moment.OPEN else span[1])


def rung_by(event: Event, hours: Hours) -> Rule:
    """Give the event as an account of these hours has it; only open and close heed them."""
    if event is Moment.OPEN or event is Moment.CLOSE:
        return Bell(event, hours)
    return event


def as_written(event: Rule) -> Event:
    """Give the event as its bot's author wrote it."""
    return event.moment if isinstance(event, Bell) else event
