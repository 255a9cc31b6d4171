"""From columns of numbers to quotes: where a feed's arithmetic meets the domain's values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import repeat

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option
from botfleet.domain.market.quotes import OptionQuote, Quote


@dataclass(frozen=True, slots=True)
class Columns:
    """Options at one instant, one list a field of `OptionQuote`, one row an option."""

    options: Sequence[Option]
    bids: Iterable[Decimal | None]
    asks: Iterable[Decimal | None]
    lasts: Iterable[Decimal | None]
    bid_sizes: Sequence[int]
    ask_sizes: Sequence[int]
    open_interest: Sequence[int]
    volumes: Sequence[int]
    volatilities: Sequence[float | None]
    deltas: Sequence[float | None]
    gammas: Sequence[float | None]
    thetas: Sequence[float | None]
    vegas: Sequence[float | None]
    opens: Iterable[Decimal | None]
    highs: Iterable[Decimal | None]
    lows: Iterable[Decimal | None]
    previous: Iterable[Decimal | None]


@lru_cache(maxsize=65_536)
def from_cents(cents: int) -> Decimal | None:
    """Read a price in whole cents; zero or less is no quote."""
    return Decimal(cents).scaleb(-2) if cents > 0 else None


@lru_cache(maxsize=65_536)
def from_ten_thousandths(price: int) -> Decimal | None:
    """Read a price in 1/10,000 of a dollar; zero or less is no quote."""
    if price % 100 == 0:
        return from_cents(price // 100)
    return Decimal(price).scaleb(-4) if price > 0 else None


def quotes_of(columns: Columns, at: datetime) -> tuple[OptionQuote, ...]:
    """Build one quote a row, in the order of the rows."""
    return tuple(
        map(
            OptionQuote,
            columns.options,
            repeat(at),
            columns.bids,
            columns.asks,
            columns.lasts,
            columns.bid_sizes,
            columns.ask_sizes,
            columns.open_interest,
            columns.volumes,
            columns.volatilities,
            columns.deltas,
            columns.gammas,
            columns.thetas,
            columns.vegas,
            columns.opens,
            columns.highs,
            columns.lows,
            columns.previous,
        )
    )


def chain_of(columns: Columns, underlying: Quote, expires_on: date, call_count: int) -> Chain:
    """Build a chain of rows that hold `call_count` calls, then the puts, each by rising strike."""
    quotes = quotes_of(columns, underlying.at)
    calls, puts = quotes[:call_count], quotes[call_count:]
    return Chain(underlying.symbol, expires_on, underlying.at, underlying, calls, puts)
