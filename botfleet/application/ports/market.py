"""What the fleet needs of a market-data feed: few, large questions.

Every method answers for many at once. What the feed does not know is absent from the answer:
that is `no_data` for whoever asked (R2), never an error.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote


class Market(Protocol):
    """A feed, as of the fleet clock's now.

    Every method raises `MarketUnavailable` when the feed does not answer; nothing was learned then.
    """

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """Quote underlyings."""
        ...

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        """Quote single contracts, of any underlyings and expirations."""
        ...

    def expirations(self, symbols: Collection[str]) -> Mapping[str, tuple[date, ...]]:
        """List the expirations not yet past, rising."""
        ...

    def chains(self, wanted: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], Chain]:
        """Fetch whole expirations, with greeks."""
        ...

    def bars(self, symbols: Collection[str], count: int) -> Mapping[str, tuple[Bar, ...]]:
        """Fetch the last `count` whole sessions before today, oldest first."""
        ...

    def minutes(self, symbols: Collection[str]) -> Mapping[str, tuple[MinuteBar, ...]]:
        """Fetch the session's minutes that have ended, oldest first; a minute may be missing."""
        ...
