"""A clock that stands where it is put, and a market that answers as a test tells it."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from botfleet.domain.eastern import day_of
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote

D = Decimal
DAY = date(2026, 3, 10)
OPEN = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
EXPIRY = date(2026, 3, 13)


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.at = OPEN

    def now(self) -> datetime:
        return self.at


class Market:
    """SPY, QQQ, TLT and SPX at `last`; puts a dollar apart, 2 cents wide, worth a tenth of their
    distance above 480.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock, self.last, self.asked = clock, D(500), 0
        self.closes: dict[date, Decimal] = {}
        self.silent: set[str] = set()
        self.is_blind = False
        self.spread_is: tuple[Decimal, Decimal] | None = None  # middles of the 490 and other puts

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        self.asked += 1
        known = {"SPY", "QQQ", "TLT", "SPX"} - self.silent
        return {
            one: Quote(one, self.clock.at, self.last - D("0.01"), self.last + D("0.01"), self.last)
            for one in symbols
            if one in known
        }

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        return {} if self.is_blind else {option: self._option(option) for option in options}

    def _option(self, option: Option) -> OptionQuote:
        middle = max(D("0.02"), (option.strike - 480) / 10)
        if self.spread_is is not None:
            middle = self.spread_is[option.strike != 490]
        sides = (middle - D("0.01"), middle + D("0.01"))
        return OptionQuote(option, self.clock.at, *sides, delta=-0.3)

    def expirations(self, symbols: Collection[str]) -> Mapping[str, tuple[date, ...]]:
        return dict.fromkeys(symbols, (DAY, EXPIRY))

    def chains(self, wanted: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], Chain]:
        return {one: self._chain(*one) for one in wanted}

    def _chain(self, symbol: str, day: date) -> Chain:
        strikes = [D(strike) for strike in range(480, 500)]
        puts = tuple(self._option(Option(symbol, day, Right.PUT, strike)) for strike in strikes)
        return Chain(symbol, day, self.clock.at, self.quotes([symbol])[symbol], (), puts)

    def minutes(self, symbols: Collection[str]) -> Mapping[str, tuple[MinuteBar, ...]]:
        return dict.fromkeys(symbols, ())

    def bars(self, symbols: Collection[str], count: int) -> Mapping[str, tuple[Bar, ...]]:
        days = [DAY - timedelta(days=n) for n in range(count, 0, -1)]
        days += [day for day in sorted(self.closes) if DAY <= day < day_of(self.clock.at)]
        sides = (D(500), D(501), D(499))
        bars = tuple(Bar(day, *sides, self.closes.get(day, D(500)), 1000) for day in days)
        return dict.fromkeys(symbols, bars)
