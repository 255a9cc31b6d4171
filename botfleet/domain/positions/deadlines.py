"""When exits that go by the clock fall due in a session: expiration, events, earnings (X8 to X11).

All from the session's own close, so an early close moves them by itself. What goes by days is due
31 minutes before the close (15:29 of a full session), on the last session that is early enough,
and from then on every session again: a position that could not be left is tried the next day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import Session, next_session
from botfleet.domain.market.events import EventCalendar, Timing
from botfleet.domain.market.occasions import NEXT
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position

#: Before the close, what goes by days falls due: at 15:29 of a full session.
BY_DAYS = timedelta(minutes=31)
_ONE_DAY = timedelta(days=1)
_OVER = Timing.BEFORE_OPEN


@dataclass(frozen=True, slots=True)
class Deadlines:
    """From when each is due in a session; None: not in this one.

    `unknown` names what no calendar tells: `earnings of XYZ`. `is_held_back`: it opened today, and
    waits.
    """

    expiration: datetime | None = None
    events: datetime | None = None
    earnings: datetime | None = None
    is_held_back: bool = False
    unknown: tuple[str, ...] = ()


def deadlines(
    position: Position,
    session: Session,
    own: EventCalendar | None = None,
    economy: EventCalendar | None = None,
) -> Deadlines:
    """Give the deadlines of a position's exits in `session`.

    `own` is what is known of its symbol, `economy` of the economy; None where nothing is.
    """
    exits = position.exits
    report, no_report = _earnings(exits, position.symbol, session, own)
    event, no_event = _events(exits, session, economy)
    return Deadlines(
        _expiration(exits, position.expires_on, session),
        event,
        report,
        exits.waits_a_day and day_of(position.opened_at) == session.day,
        no_event + no_report,
    )


def _expiration(exits: Exits, expires_on: date | None, session: Session) -> datetime | None:
    if expires_on is None:
        return None
    if exits.expiration_min is not None and expires_on == session.day:
        return session.closes_at - timedelta(minutes=exits.expiration_min)
    if exits.expiration_days is None:
        return None
    is_due = _is_last_chance(expires_on - timedelta(days=exits.expiration_days), session)
    return session.closes_at - BY_DAYS if is_due else None


def _is_last_chance(by: date, session: Session) -> bool:
    """Say whether no later session lies on or before `by`."""
    return by < next_session(session.day).day


def _earnings(
    exits: Exits, symbol: str, session: Session, calendar: EventCalendar | None
) -> tuple[datetime | None, tuple[str, ...]]:
    """Find a report that is still to come; one told before the open is over on its day.

    A report that may be told before its day's close is left the session before at the latest.
    """
    if exits.earnings_days is None:
        return None, ()
    ahead, reports = timedelta(days=exits.earnings_days), calendar.earnings if calendar else ()
    early = max(ahead, _ONE_DAY)
    lasts = (
        one.day - (ahead if one.timing is Timing.AFTER_CLOSE else early)
        for one in reports
        if one.day > session.day or (one.day == session.day and one.timing is not _OVER)
    )
    if any(_is_last_chance(last, session) for last in lasts):
        return session.closes_at - BY_DAYS, ()
    last = next_session(session.day).day + early
    is_known = calendar is not None and calendar.covers(session.day, last)
    return None, () if is_known else (f"earnings of {symbol}",)


def _events(
    exits: Exits, session: Session, calendar: EventCalendar | None
) -> tuple[datetime | None, tuple[str, ...]]:
    """Find an event after this session's day and not after that of the next session."""
    first, last = session.day + timedelta(days=1), next_session(session.day).day
    found = {name: _occasion(name, first, calendar) for name in exits.avoid}
    if any(day is not None and day <= last for day in found.values()):
        return session.closes_at - timedelta(minutes=exits.avoid_min), ()
    is_known = calendar is not None and calendar.covers(first, last)
    missing = () if is_known else tuple(name for name in found if name not in NEXT)
    return None, tuple(name.replace("_", " ") for name in missing)


def _occasion(name: str, first: date, calendar: EventCalendar | None) -> date | None:
    if name in NEXT:
        return NEXT[name](first)
    return calendar.next_economic(name.replace("_", " "), first) if calendar else None


def minutes_into(session: Session, instants: Iterable[datetime | None]) -> tuple[int | None, ...]:
    """Give instants as whole minutes after the session's open, never below 0."""
    return tuple(
        None if at is None else max(0, int((at - session.opens_at).total_seconds()) // 60)
        for at in instants
    )
