"""Trim: take away the days that nobody needs any more, a little at a time.

By command at once, or by the sweep, a step whenever it comes by and the market is closed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from botfleet.application.ports.past import Gone, Past
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import is_open
from botfleet.errors import BadInput, Transient


def trim(before: date, now: datetime, *, past: Past) -> Iterator[Gone]:
    """Take away what is older than the day `before` (Eastern), step by step as it is asked for.

    Raises:
        BadInput: that day has not begun.
        StoreUnavailable: the steps so far hold; begin again.
    """
    if before > day_of(now):
        raise BadInput(f"{before} has not begun; days that are over can be taken away.")
    return past.trim(instant(before, time()))


@dataclass(slots=True)
class Nightly:
    """Keeps `keep_days` days: takes one step at a time, and is through with a day once."""

    past: Past
    keep_days: int
    done: date | None = None
    _steps: Iterator[Gone] = field(default_factory=lambda: iter(()))
    _begun: date | None = None

    def step(self, now: datetime) -> int:
        """Take a step; give how many rows it took away.

        Raises:
            StoreUnavailable: it begins again at the next.
        """
        today = day_of(now)
        if is_open(now) or self.done == today:
            return 0
        if self._begun != today:
            before = today - timedelta(days=self.keep_days)
            self._begun, self._steps = today, trim(before, now, past=self.past)
        try:
            gone = next(self._steps, None)
        except Transient:
            self._begun = None
            raise
        if gone is None:
            self.done = today
        return gone.count if gone else 0
