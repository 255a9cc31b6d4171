"""Advance: in lockstep, move the fleet's clock to the next due instant once the fleet is idle.

Computing time so never counts as market time. The clock only steps when everything due at its
instant is done; a step is written to Postgres before it is shown, so a fleet that is stopped in
between goes on from there.
"""

from datetime import datetime, timedelta

from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import next_session
from botfleet.domain.schedules.agenda import next_after


def next_step(
    now: datetime,
    *,
    is_holding: bool,
    next_check_at: datetime | None,
    next_event_at: datetime | None = None,
) -> datetime:
    """Give the instant to move to: the next due thing of today, else the next session's open.

    An order's look is rounded up to the whole second.
    """
    due = next_after(now, is_holding=is_holding)
    looks = [_whole(next_check_at)] if next_check_at is not None else []
    later = [at for at in (due, *looks, next_event_at) if at is not None and at > now]
    opens_at = next_session(day_of(now)).opens_at
    return min([*later, opens_at]) if due is None else min(later)


def _whole(at: datetime) -> datetime:
    floor = at.replace(microsecond=0)
    return floor if floor == at else floor + timedelta(seconds=1)
