"""What is due in a stretch of market time, and when the next thing is.

The rings of the metronome carry no data: whatever they missed, the stretch since the last routing
says what is due, and R15 says what is done late. Interval marks and watches coalesce to the newest;
the newest expiration check runs late too, while the session lasts; the settlement always does, and
what is measured at the close is, on the same day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import Session, is_open, session_on
from botfleet.domain.schedules.events import is_kept
from botfleet.domain.schedules.intervals import expiration_checks, marks, minutes

#: The offered scan intervals, in minutes (R14).
INTERVALS_MIN = (15, 5, 1)
#: How long after the close expired positions are booked.
SETTLE_AFTER = timedelta(minutes=15)
#: Why what was due is not done.
SUPERSEDED = "a newer one came due"
TOO_LATE = "the session was over"
OVERDUE = "it was more than a quarter of an hour late"
OFF = "its bot was turned off just then"


class Kind(StrEnum):
    """What a piece of work is, in the order of R16 when several are due at once."""

    EXPIRE = "expire"
    WATCH = "watch"
    LEAVE = "leave"
    EVENT = "event"
    RESULTANT = "resultant"
    HOOK = "hook"
    BUTTON = "button"
    MARK = "mark"
    SETTLE = "settle"
    MEASURE = "measure"


#: What is done after the close.
EVENING = frozenset({Kind.SETTLE, Kind.MEASURE})


#: What starts single automations. None of it is done long after its cause (R15).
STARTS = frozenset({Kind.EVENT, Kind.RESULTANT, Kind.HOOK, Kind.BUTTON})


class TriggerKind(StrEnum):
    """What brings work about, as its lateness is told."""

    INTERVAL = "interval"
    DATE = "date"
    NOW = "now"
    REPEATING = "repeating"
    MARKET_OPEN = "market_open"
    MARKET_CLOSE = "market_close"
    POSITION_OPENED = "position_opened"
    POSITION_CLOSED = "position_closed"
    WEBHOOK = "webhook"
    BUTTON = "button"
    EXITS = "exits"
    EXPIRATION = "expiration"
    BY_HAND = "by_hand"
    SETTLEMENT = "settlement"
    MEASUREMENT = "measurement"


#: Of kinds of work that one thing only brings about. Events and what follows from positions say
#: with each row what it was.
TRIGGER_OF: Mapping[Kind, TriggerKind] = MappingProxyType(
    {
        Kind.EXPIRE: TriggerKind.EXPIRATION,
        Kind.WATCH: TriggerKind.EXITS,
        Kind.LEAVE: TriggerKind.BY_HAND,
        Kind.HOOK: TriggerKind.WEBHOOK,
        Kind.BUTTON: TriggerKind.BUTTON,
        Kind.MARK: TriggerKind.INTERVAL,
        Kind.SETTLE: TriggerKind.SETTLEMENT,
        Kind.MEASURE: TriggerKind.MEASUREMENT,
    }
)


def triggers_of(kind: Kind, detail: Mapping[str, Any]) -> tuple[TriggerKind, ...]:
    """Name what brought a row of work about, by what it says of itself; a row may join some."""
    if kind is Kind.EVENT:
        return tuple(TriggerKind(one) for one in detail.get("triggers", ()))
    if kind is Kind.RESULTANT:
        opened = "opened" in detail
        return (TriggerKind.POSITION_OPENED if opened else TriggerKind.POSITION_CLOSED,)
    return (TRIGGER_OF[kind],)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing due at `at`; marks say for which interval.

    With a reason `why` it is not done but recorded as missed.
    """

    kind: Kind
    at: datetime
    interval_min: int = 0
    why: str = ""

    @property
    def is_kept(self) -> bool:
        """Say whether it is to be done."""
        return not self.why


class Moved(NamedTuple):
    """What a session's change does: `undone` is gone, or past before it came; `coming` is new."""

    undone: tuple[Due, ...] = ()
    coming: tuple[Due, ...] = ()


def due_between(after: datetime, until: datetime) -> tuple[Due, ...]:
    """List what came due after `after`, up to and including `until`, in the order it should run."""
    dues = [
        due
        for day in _days(day_of(after), day_of(until))
        if (session := session_on(day)) is not None
        for due in _dues_of(session)
        if after < due.at <= until
    ]
    newest = {(due.kind, due.interval_min): due.at for due in sorted(dues, key=lambda d: d.at)}
    order = list(Kind)
    ranked = sorted(dues, key=lambda d: (order.index(d.kind), -d.interval_min, d.at))
    return tuple(_coalesced(due, newest[due.kind, due.interval_min], until) for due in ranked)


def too_late(kind: Kind, due_at: datetime, now: datetime) -> str:
    """Say why work may not be done any more, empty while it may.

    It is for the session; what books goes on after it, what measures on the same day. What starts
    an automation is not done past its grace either.
    """
    if kind is Kind.MEASURE:
        return "" if day_of(now) == day_of(due_at) else TOO_LATE
    if kind in EVENING:
        return ""
    if not is_open(now):
        return TOO_LATE
    return OVERDUE if kind in STARTS and not is_kept(due_at, now) else ""


def slots(session: Session) -> tuple[Due, ...]:
    """List everything the calendar makes due in a session, by time."""
    return tuple(sorted(_dues_of(session), key=lambda due: due.at))


def moved(old: Session | None, new: Session | None, routed_at: datetime) -> Moved:
    """List what a session's change leaves undone, and what it brings to be done."""
    before, after = set(slots(old) if old else ()), set(slots(new) if new else ())
    gone = {due for due in before - after if due.at > routed_at}
    added = after - before
    past = {due for due in added if due.at <= routed_at}
    return Moved(_in_order(gone | past), _in_order(added - past))


def _in_order(dues: Iterable[Due]) -> tuple[Due, ...]:
    return tuple(sorted(dues, key=lambda due: (due.at, due.kind, due.interval_min)))


def next_after(at: datetime, *, is_holding: bool) -> datetime | None:
    """Give the next instant of today's session at which anything is due; None when it is over.

    Watches count only while positions are held.
    """
    session = session_on(day_of(at))
    if session is None:
        return None
    later = [
        due.at
        for due in _dues_of(session)
        if due.at > at and (is_holding or due.kind is not Kind.WATCH)
    ]
    return min(later, default=None)


def _dues_of(session: Session) -> Iterator[Due]:
    for interval in INTERVALS_MIN:
        yield from (Due(Kind.MARK, at, interval) for at in marks(session, interval))
    yield from (Due(Kind.WATCH, at) for at in minutes(session))
    yield from (Due(Kind.EXPIRE, at) for at in expiration_checks(session))
    yield Due(Kind.SETTLE, session.closes_at + SETTLE_AFTER)
    yield Due(Kind.MEASURE, session.closes_at)


def _coalesced(due: Due, newest: datetime, until: datetime) -> Due:
    if due.kind is Kind.SETTLE:
        return due
    if due.kind is Kind.MEASURE:
        return replace(due, why=too_late(due.kind, due.at, until))
    session = session_on(day_of(due.at))
    if session is not None and until >= session.closes_at:
        return replace(due, why=TOO_LATE)
    return replace(due, why=SUPERSEDED) if due.at < newest else due


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
