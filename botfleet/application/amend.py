"""Amend: change what the calendar says of one day, from now on; what already ran stays as it ran.

The change is written with what it leaves undone, in one transaction that nobody routes beside: a
slot that is gone, or was over before it came to be, is recorded as missed with the cause. One that
comes back in time is no longer recorded so.
"""

from dataclasses import replace
from datetime import datetime

from botfleet.application.consult import consult
from botfleet.application.ports.changes import Changes
from botfleet.domain.eastern import day_of, instant, wall
from botfleet.domain.market.calendar import (
    OPENS,
    SHIPPED,
    Act,
    Calendar,
    Change,
    Session,
    adopt,
    check_covered,
    in_force,
)
from botfleet.domain.schedules.agenda import Moved, moved
from botfleet.errors import BadInput

CAUSE_MAX = 200


def amend(change: Change, who: str, changes: Changes) -> Session | None:
    """Make a change at its instant, market time; give the day's session from now on.

    Raises:
        BadInput: the day is over or outside the table, closed already, or cannot close then.
        StoreUnavailable: nothing was changed.
    """
    consult(changes)
    check(change, in_force())
    now = in_force()
    after = Calendar(now.version + 1, (*now.changes, change))
    old, new = now.session_on(change.day), after.session_on(change.day)

    def moves(routed_at: datetime) -> Moved:
        if change.day != day_of(change.at):
            return Moved()
        undone, coming = moved(old, new, routed_at)
        return Moved(tuple(replace(due, why=_why(change)) for due in undone), coming)

    changes.record(change, who, moves)
    adopt(changes.calendar())
    return new


def check(change: Change, calendar: Calendar) -> None:
    """See that a change makes sense under a calendar.

    Raises:
        BadInput: it does not.
    """
    check_covered(change.day)
    if not 1 <= len(change.cause.strip()) <= CAUSE_MAX or not change.cause.isprintable():
        raise BadInput(f"The cause is one line of 1 to {CAUSE_MAX} characters.")
    shipped, now = SHIPPED.session_on(change.day), calendar.session_on(change.day)
    if change.day < day_of(change.at) or (shipped and change.at >= shipped.closes_at):
        raise BadInput(f"{change.day} is over: what ran then stays as it ran.")
    if change.act is Act.CLOSE:
        _check_close(change, now, calendar)
    elif change.act is Act.EARLY:
        _check_early(change, shipped)
    elif change.day not in calendar.exceptions:
        raise BadInput(f"{change.day} is as the exchange announced it already.")


def _check_close(change: Change, now: Session | None, calendar: Calendar) -> None:
    if now is None:
        cause = calendar.why_closed(change.day)
        raise BadInput(f"The market is closed on {change.day} already: {cause}.")
    if change.at >= now.opens_at:
        raise BadInput(
            f"The session of {change.day} has begun; end it with "
            f"`botfleet calendar early {change.day} HH:MM --cause …`."
        )


def _check_early(change: Change, shipped: Session | None) -> None:
    if shipped is None or change.closes is None:
        raise BadInput(f"There is no session on {change.day} to be closed early.")
    closes_at = instant(change.day, change.closes)
    if not shipped.opens_at < closes_at < shipped.closes_at:
        closes = f"{wall(shipped.closes_at):%H:%M}"
        raise BadInput(f"An early close lies between {OPENS:%H:%M} and {closes} Eastern.")
    if closes_at <= change.at:
        now = f"{wall(change.at):%H:%M:%S}"
        raise BadInput(f"It is {now} already; what ran until now stays as it ran.")


def _why(change: Change) -> str:
    ends = f"closes at {change.closes:%H:%M}" if change.closes else "is closed"
    return f"the session {'is as announced' if change.act is Act.UNDO else ends}: {change.cause}"
