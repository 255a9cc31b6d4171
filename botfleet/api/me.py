"""Who you are here, and what time it is on the market."""

from dataclasses import dataclass
from datetime import datetime

from botfleet.api.callers import Caller, Wired
from botfleet.api.doors import doors
from botfleet.domain.market import calendar

router = doors("/v1", "me")


@dataclass(frozen=True, slots=True)
class Me:
    """Your name, and the market's time; `closes_at` is given while it is open, else `opens_at`."""

    name: str
    now: datetime
    is_open: bool
    opens_at: datetime | None
    closes_at: datetime | None


@router.get("/me")
def show_me(caller: Caller, wiring: Wired) -> Me:
    """Say who you are, and whether the market is open."""
    now = wiring.clock.now()
    session = calendar.session_at(now)
    if session is not None and calendar.is_open(now):
        return Me(caller.name, now, is_open=True, opens_at=None, closes_at=session.closes_at)
    opens_at = calendar.next_opening(now)
    return Me(caller.name, now, is_open=False, opens_at=opens_at, closes_at=None)
