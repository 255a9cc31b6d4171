"""Stints: while an event was in force, and which occurrences that made due, come what may.

What should have happened is computed from these alone, never from what was rung: an instant that
nobody looked at is among them like any other. The calendar may have changed meanwhile; each stretch
of time goes by the one of then, and an occurrence that came by an older one does not come again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise, takewhile

from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId
from botfleet.domain.market.calendar import Calendar, in_force, under
from botfleet.domain.schedules.agenda import TriggerKind
from botfleet.domain.schedules.events import Moment, Occurrence, Rule, occurrences

#: How far back to begin, so that what ran early is known where its own day is asked for.
_BEFORE = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Stint:
    """An automation's event, in force after `begun_at` up to and including `ended_at`.

    None: it still is. Its bot was on all the while, and defined as it is here. Its days up to
    `done_on` had been as it began.
    """

    bot: BotId
    automation: int
    trigger: TriggerKind
    event: Rule
    begun_at: datetime
    ended_at: datetime | None
    done_on: date | None = None


def came_due(stint: Stint, first: datetime, last: datetime) -> tuple[datetime, ...]:
    """List the instants from `first` up to and including `last` at which a stint's event was due.

    What happens when a bot is turned on is due as the stint begins.
    """
    until = min(last, stint.ended_at or last)
    if stint.event is Moment.NOW:
        return (stint.begun_at,) if first <= stint.begun_at <= last else ()
    after = max(stint.begun_at, first - _BEFORE)
    came = _between(in_force(), stint.event, after, until, stint.done_on)
    return tuple(at for at in came if at >= first)


@lru_cache(maxsize=4096)
def _between(
    calendar: Calendar, event: Rule, after: datetime, until: datetime, done: date | None
) -> tuple[datetime, ...]:
    """Go through a stretch by the calendars of then; many stints share rule and stretch."""
    found: list[datetime] = []
    for reign, begins, ends in _reigns(calendar, after, until):
        with under(reign):
            some = occurrences(event, begins, done=done)
            for one in takewhile(partial(_is_before, ends), some):
                if one.at is not None:
                    found.append(one.at)
                    done = one.day
    return tuple(found)


def _is_before(ends: datetime, one: Occurrence) -> bool:
    return one.at <= ends if one.at else one.day <= day_of(ends)


def _reigns(
    calendar: Calendar, after: datetime, until: datetime
) -> Iterator[tuple[Calendar, datetime, datetime]]:
    """Part a stretch where the calendar changed: each with its part's bounds."""
    changed = sorted({one.at for one in calendar.changes if after < one.at < until})
    bounds = [after, *changed, until]
    for begins, ends in pairwise(bounds):
        yield calendar.as_of(begins), begins, ends
