"""The wall clock: the only module that looks at it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from botfleet.application.ports.clock import Clock
from botfleet.errors import BadInput, Transient

#: Further off its stores' clocks a machine believes in leases that have ended, and in old quotes.
SKEW_S_MAX = 2.0
BY_NTP = "let NTP keep both (chrony, systemd-timesyncd)"


class RealClock:
    """Keeps `botfleet.application.ports.clock.Clock` by the machine's clock."""

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC)


def wall_s() -> float:
    """Give the wall clock in seconds since 1970, for a replayed clock to advance by."""
    return time.time()


def ahead_s(asked: Callable[[], float]) -> float:
    """Give how far another clock is ahead of this machine's, allowing for the time of asking it."""
    before_s, theirs_s, after_s = wall_s(), asked(), wall_s()
    return theirs_s - min(max(theirs_s, before_s), after_s)


def keep_step(name: str, asked: Callable[[], float]) -> None:
    """See that another clock is this machine's.

    Raises:
        BadInput: it is more than `SKEW_S_MAX` off.
    """
    off_s = ahead_s(asked)
    if abs(off_s) > SKEW_S_MAX:
        raise BadInput(f"{name}'s clock is {off_s:+.1f} s off this machine's: {BY_NTP}.")


class GlancedClock:
    """Keeps `Clock` by looking at another one, at most once every `life_s` real seconds.

    For a process that asks many times while it answers one request. Of many threads one looks, the
    others wait for what it sees. While the other cannot tell, time stands still at what was last
    seen.
    """

    def __init__(self, clock: Clock, *, life_s: float = 0.002) -> None:
        self._clock, self._life_s = clock, life_s
        self._seen: tuple[float, datetime] | None = None
        self._looking = Lock()

    def now(self) -> datetime:
        """See the port."""
        asked_s = time.monotonic()
        seen = self._seen
        if seen is None or asked_s - seen[0] > self._life_s:
            with self._looking:
                seen = self._looked(asked_s)
        return seen[1]

    def _looked(self, asked_s: float) -> tuple[float, datetime]:
        """Look, unless somebody did since this was asked for."""
        seen, now_s = self._seen, time.monotonic()
        if seen is not None and seen[0] >= asked_s - self._life_s:
            return seen
        try:
            seen = self._seen = (now_s, self._clock.now())
        except Transient:
            if seen is None:
                raise
        return seen
