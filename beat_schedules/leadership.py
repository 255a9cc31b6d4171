"""Leadership: of several metronomes one rings, and another does when it falls silent.

The lease is renewed well before it ends, by the database's clock. A leader that was paused finds
its fence overtaken where it counts: at the clock's row and at the clock (`fleet`, `redis.clock`).
Losing all this loses nothing: rings may come twice, and a stretch that nobody rang for is routed
with the next ring.
"""

import time
from collections.abc import Callable
from typing import Protocol

#: Real seconds between renewals, and between the questions of those who wait.
RENEW_S = 0.5


class Lease(Protocol):
    """A claim to lead."""

    def take(self) -> int | None:
        """Take or renew it; give its fence, None while it is another's."""
        ...

    def leave(self) -> None:
        """Give it up."""
        ...


class Leadership:
    """Knows whether this process leads, asking no more often than it must."""

    def __init__(self, lease: Lease, now_s: Callable[[], float] = time.monotonic) -> None:
        self._lease, self._now_s = lease, now_s
        self._fence: int | None = None
        self._asked_s = float("-inf")

    def fence(self) -> int | None:
        """Give the fence to act under; None while another leads.

        Raises:
            Transient: nobody knows, so this process does not lead.
        """
        now_s = self._now_s()
        if now_s - self._asked_s >= RENEW_S:
            self._asked_s, self._fence = now_s, None
            self._fence = self._lease.take()
        return self._fence

    @property
    def held(self) -> int | None:
        """The fence as it was last heard; None while another leads, or nobody knows."""
        return self._fence

    def lost(self) -> None:
        """Hear that a later leader has acted: ask again before doing anything."""
        self._fence, self._asked_s = None, float("-inf")

    def leave(self) -> None:
        """Give it up, for the next to begin at once.

        Raises:
            Transient: it ends by itself.
        """
        if self._fence is not None:
            self.lost()
            self._lease.leave()
