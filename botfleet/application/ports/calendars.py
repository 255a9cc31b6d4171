"""What is known beforehand of symbols and the economy, as an operator loaded it (R6)."""

from collections.abc import Collection, Mapping
from typing import Protocol

from botfleet.domain.market.events import EventCalendar


class Calendars(Protocol):
    """The loaded calendar."""

    def events(self, symbols: Collection[str | None]) -> Mapping[str | None, EventCalendar]:
        """Give what is known of each symbol, of None the economy's events alone.

        A symbol the calendar does not name is absent: that none of its events is listed would
        say nothing.
        """
        ...
