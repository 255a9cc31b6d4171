"""Hours: from when until when an account lets its bots run, or its exits act, each session (5.1).

From a time of the day, Eastern, until so many minutes before the session's own close. They narrow
what a bot's own windows let through, and never widen it; dates, recurrences, calls and clicks do
not ask them. The market's open and close events come where they begin and end.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from botfleet.domain.eastern import instant
from botfleet.domain.market.calendar import Session, session_at
from botfleet.errors import BadInput, Fault

#: When hours may begin; how many minutes before the close those of automations may end.
BEGINS, BEGINS_LAST = time(9, 31), time(15, 30)
ENDS_MIN = (5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 45, 60)
_FULL_CLOSE_MIN = 16 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins`, Eastern, until `ends_min` minutes before the close, both included."""

    begins: time = time(9, 40)
    ends_min: int = 10

    def span(self, session: Session) -> tuple[datetime, datetime] | None:
        """Give both ends in a session; None where it closes too early for any of it."""
        begins_at = max(instant(session.day, self.begins), session.opens_at + timedelta(minutes=1))
        ends_at = session.closes_at - timedelta(minutes=self.ends_min)
        return (begins_at, ends_at) if begins_at <= ends_at else None

    def covers(self, at: datetime) -> bool:
        """Say whether an instant lies in them."""
        session = session_at(at)
        span = self.span(session) if session else None
        return span is not None and span[0] <= at <= span[1]


def checked(hours: Hours) -> Hours:
    """Give hours that can be kept.

    Raises:
        BadInput: with every fault of them.
    """
    faults = faults_of(hours.begins, hours.ends_min, ENDS_MIN)
    if faults:
        raise BadInput(faults)
    return hours


def faults_of(begins: time, ends_min: int, ends: Collection[int]) -> list[Fault]:
    """Name what is wrong with hours of which `ends` are the ends that are offered."""
    faults = []
    minute = begins.replace(second=0, microsecond=0, tzinfo=None)
    if begins != minute or not BEGINS <= minute <= BEGINS_LAST:
        words = f"must be a minute from {BEGINS:%H:%M} to {BEGINS_LAST:%H:%M}, Eastern"
        faults.append(Fault("begins", words))
    if ends_min not in ends:
        words = f"must be one of {', '.join(map(str, ends))} minutes before the close"
        faults.append(Fault("ends_min", words))
    elif begins.hour * 60 + begins.minute > _FULL_CLOSE_MIN - ends_min:
        faults.append(Fault("begins", "must not be after the end"))
    return faults
