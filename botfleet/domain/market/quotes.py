"""What the market shows at an instant. Prices are US dollars a share; a side not quoted is None."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from botfleet.domain.market.instruments import Kind, Option


@dataclass(frozen=True, slots=True)
class Quote:
    """An underlying at `at` (UTC): the two-sided market, the last trade and the day so far."""

    symbol: str
    at: datetime
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    previous_close: Decimal | None = None
    volume: int = 0
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class OptionQuote:
    """An option at `at` (UTC): its two-sided market, and the day so far of its trades.

    Greeks are per share and unit of the underlying, theta a day.
    """

    option: Option
    at: datetime
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None = None
    bid_size: int = 0
    ask_size: int = 0
    open_interest: int = 0
    volume: int = 0
    implied_volatility: float | None = None
    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    previous_close: Decimal | None = None

    @property
    def mid(self) -> Decimal | None:
        """Half way between the sides; None unless both are quoted and not crossed."""
        if self.bid is None or self.ask is None or self.bid > self.ask:
            return None
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One whole session of an underlying."""

    day: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


@dataclass(frozen=True, slots=True)
class MinuteBar:
    """One whole minute of a session, from `starts_at` (UTC)."""

    starts_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


@dataclass(frozen=True, slots=True)
class OpeningRange:
    """The highest and lowest price of a session's first `minutes`, once they have passed."""

    symbol: str
    minutes: int
    high: Decimal
    low: Decimal

    @property
    def size(self) -> Decimal:
        """How far apart they are, in dollars."""
        return self.high - self.low
