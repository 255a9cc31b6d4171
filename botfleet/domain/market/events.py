"""What is known beforehand: earnings, ex-dividend days and economic events (R6).

An operator loads them; nothing here comes from a feed. Days are Eastern calendar days.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from botfleet.domain.market.calendar import (
    is_monthly_expiration,
    next_session,
    session_on,
)

_QUARTER = 3


class Timing(StrEnum):
    """When on their day earnings are told."""

    BEFORE_OPEN = "before_open"
    AFTER_CLOSE = "after_close"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Earnings:
    """One report of a company."""

    day: date
    timing: Timing = Timing.UNKNOWN


@dataclass(frozen=True, slots=True)
class EconomicEvent:
    """One occurrence of an event of the whole economy: `FOMC Meeting`, `CPI`."""

    name: str
    day: date


@dataclass(frozen=True, slots=True)
class EventCalendar:
    """What is known of a symbol (or of the economy alone) from `since` to `until`, both included.

    Every tuple rises by day. Beyond `until` nothing is known: that no event is listed there means
    nothing, so whoever asks further gets no data.
    """

    symbol: str | None
    since: date
    until: date
    earnings: tuple[Earnings, ...] = ()
    ex_dividends: tuple[date, ...] = ()
    economic: tuple[EconomicEvent, ...] = ()

    def covers(self, first: date, last: date) -> bool:
        """Say whether everything from `first` to `last` is known."""
        return self.since <= first and last <= self.until

    def next_earnings(self, day: date) -> Earnings | None:
        """Give the first report on or after `day`."""
        return next((one for one in self.earnings if one.day >= day), None)

    def next_ex_dividend(self, day: date) -> date | None:
        """Give the first ex-dividend day on or after `day`."""
        return _first(self.ex_dividends, day)

    def next_economic(self, name: str, day: date) -> date | None:
        """Give the first day of the event `name` (any case) on or after `day`."""
        wanted = name.casefold()
        return _first((e.day for e in self.economic if e.name.casefold() == wanted), day)


def _first(days: Iterable[date], day: date) -> date | None:
    return next((one for one in days if one >= day), None)


def regular_events(since: date, until: date) -> Iterator[EconomicEvent]:
    """Give what follows from the exchange calendar alone, from `since` to `until`, by day.

    Monthly expirations, of them each quarter's triple witching, and the last sessions of months
    and quarters.
    """
    for n in range((until - since).days + 1):
        day = since + timedelta(n)
        if session_on(day) is None:
            continue
        is_quarter = day.month % _QUARTER == 0
        if is_monthly_expiration(day):
            yield EconomicEvent("Monthly Expiration", day)
            if is_quarter:
                yield EconomicEvent("Triple Witching", day)
        if next_session(day).day.month != day.month:
            yield EconomicEvent("End of Month", day)
            if is_quarter:
                yield EconomicEvent("End of Quarter", day)
