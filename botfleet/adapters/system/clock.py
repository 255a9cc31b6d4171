"""The wall clock: the only module that looks at it."""

import time
from datetime import UTC, datetime


class RealClock:
    """Keeps `botfleet.application.ports.clock.Clock` by the machine's clock."""

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC)


def wall_s() -> float:
    """Give the wall clock in seconds since 1970, for a replayed clock to advance by."""
    return time.time()
