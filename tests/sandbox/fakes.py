"""A market of two dozen contracts whose quotes a test sets, and a clock it moves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from botfleet.domain.ids import AccountId
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Kind, Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote

#: A Wednesday, an hour after the open.
NOON = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
EXPIRES = date(2026, 3, 20)
TODAY = date(2026, 3, 4)
D = Decimal


class Unrestrained:
    """Keeps whom somebody wanted to be left only."""

    def __init__(self) -> None:
        self.reduced: dict[AccountId, str] = {}

    def reduce(self, account: AccountId, reason: str, *, by: str) -> None:
        self.reduced[account] = f"{by}: {reason}"

    def release(self, account: AccountId, *, by: str) -> None:  # noqa: ARG002
        self.reduced.pop(account, None)


@dataclass
class MovingClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


def option(strike: int, right: Right = Right.PUT, expires_on: date = EXPIRES) -> Option:
    return Option("SPY", expires_on, right, D(strike))


def _listed() -> dict[Option, tuple[Decimal | None, Decimal | None]]:
    """Puts and calls 90 to 110, each 10 cents wide, worth 5.00 at 100 and 0.20 less a step."""
    sides: dict[Option, tuple[Decimal | None, Decimal | None]] = {}
    for expires_on in (TODAY, EXPIRES):
        for strike in range(90, 111, 5):
            for right in Right:
                beyond = strike - 100 if right is Right.PUT else 100 - strike
                mid = D(5) + D(beyond) / 5
                sides[option(strike, right, expires_on)] = mid - D("0.05"), mid + D("0.05")
    return sides


@dataclass
class PaperMarket:
    """Keeps `Market`."""

    clock: MovingClock
    spot: Decimal = D("100.00")
    sides: dict[Option, tuple[Decimal | None, Decimal | None]] = field(default_factory=_listed)

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        cent = D("0.01")
        quote = Quote(
            "SPY",
            self.clock.now(),
            self.spot - cent,
            self.spot + cent,
            self.spot,
            D("99.5"),
            D("101"),
            D("99"),
            D("99.9"),
            1_000,
            Kind.ETF,
        )
        return {symbol: quote for symbol in symbols if symbol == "SPY"}

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        return {one: self._quote(one) for one in options if one in self.sides}

    def _quote(self, one: Option) -> OptionQuote:
        bid, ask = self.sides[one]
        sizes, greeks = (10, 12, 345, 67), (0.2, -0.31, 0.015, -0.021, 0.11)
        return OptionQuote(one, self.clock.now(), bid, ask, D("4.9"), *sizes, *greeks)

    def expirations(self, symbols: Collection[str]) -> Mapping[str, tuple[date, ...]]:
        return {symbol: (TODAY, EXPIRES) for symbol in symbols if symbol == "SPY"}

    def chains(self, wanted: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], Chain]:
        return {
            key: self._chain(key[1]) for key in wanted if key in {("SPY", EXPIRES), ("SPY", TODAY)}
        }

    def _chain(self, day: date) -> Chain:
        quotes = [self._quote(one) for one in sorted(self.sides, key=lambda o: o.strike)]
        quotes = [quote for quote in quotes if quote.option.expires_on == day]
        calls = tuple(quote for quote in quotes if quote.option.right is Right.CALL)
        puts = tuple(quote for quote in quotes if quote.option.right is Right.PUT)
        return Chain("SPY", day, self.clock.now(), self.quotes(["SPY"])["SPY"], calls, puts)

    def minutes(self, symbols: Collection[str]) -> Mapping[str, tuple[MinuteBar, ...]]:
        opens_at = self.clock.now().replace(hour=14, minute=30, second=0, microsecond=0)
        prices = (D("100"), D("100.5"), D("99.75"), D("100.25"))
        bars = tuple(MinuteBar(opens_at + timedelta(minutes=n), *prices, 7) for n in range(3))
        return {symbol: bars for symbol in symbols if symbol == "SPY"}

    def bars(self, symbols: Collection[str], count: int) -> Mapping[str, tuple[Bar, ...]]:
        bars = tuple(
            Bar(date(2026, 3, day), D("99"), D("101.25"), D("98"), D("100.5"), 10) for day in (2, 3)
        )
        return {symbol: bars[-count:] for symbol in symbols if symbol == "SPY"}
