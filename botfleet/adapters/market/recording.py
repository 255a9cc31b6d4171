"""A recorded day, replayed minute by minute from files in Lean's layout (see `lean`).

At an instant the market shows the last minute that has ended: never the running one, for its row
holds what had not happened yet. Before the first minute of the session has ended there is no quote
and the last price is the previous close; after the close everything stands still, so the last
price is the official close. On dates that were not recorded nothing is known but daily bars.

Greeks and implied volatility are our own, from the mid price; an option whose own mid price lies
outside the bounds (deep in the money, mostly) takes the volatility of the other right.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market import lean
from botfleet.adapters.market.columns import Columns, chain_of, from_ten_thousandths
from botfleet.application.ports.clock import Clock
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import Session, session_on
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote
from botfleet.domain.trades.models import CLOSED_FORM, Model, Models
from botfleet.domain.trades.pricing import Terms, years_to_expiration
from botfleet.errors import BadInput

Floats = NDArray[np.float64]

RATE = 0.005
_MINUTE = timedelta(minutes=1)
_UNIT = 10_000


class RecordingMarket:
    """A Market over the directory `root`; reads a file when it is first asked about."""

    def __init__(self, root: Path, clock: Clock, models: Models = CLOSED_FORM) -> None:
        self._root, self._clock, self._models = root, clock, models
        self._recorded = _recorded_days(root)
        if not self._recorded:
            raise BadInput(f"{root} holds no recorded market data: no equity/usa/minute/*/*.zip.")
        self._days: dict[tuple[str, date], _Day] = {}
        self._bars: dict[str, tuple[Bar, ...]] = {}
        self._chains: dict[tuple[str, date], Chain] = {}

    def symbols(self) -> frozenset[str]:
        """Name the underlyings with minute data."""
        return frozenset(self._recorded)

    def days(self) -> tuple[date, ...]:
        """Give the recorded days, rising."""
        return tuple(sorted({day for days in self._recorded.values() for day in days}))

    def check(self, day: date) -> None:
        """Refuse a day that was not recorded.

        Raises:
            BadInput: naming the days that were.
        """
        if day not in self.days():
            known = ", ".join(str(day) for day in self.days())
            raise BadInput(f"No market data was recorded on {day}; recorded days: {known}.")

    def quotes(self, symbols: Collection[str]) -> dict[str, Quote]:
        """Quote underlyings."""
        now = self._clock.now()
        days = {symbol: day for symbol in symbols if (day := self._day(symbol, now))}
        return {symbol: day.quote(day.column(now), now) for symbol, day in days.items()}

    def expirations(self, symbols: Collection[str]) -> dict[str, tuple[date, ...]]:
        """List the expirations not yet past, rising."""
        now = self._clock.now()
        days = {symbol: day for symbol in symbols if (day := self._day(symbol, now))}
        return {symbol: day.expirations for symbol, day in days.items() if day.expirations}

    def chains(self, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], Chain]:
        """Fetch whole expirations, with greeks."""
        now = self._clock.now()
        answers = {key: self._chain(*key, now) for key in wanted}
        return {key: chain for key, chain in answers.items() if chain}

    def option_quotes(self, options: Collection[Option]) -> dict[Option, OptionQuote]:
        """Quote single contracts, of any underlyings and expirations."""
        asked = frozenset(options)
        chains = self.chains({(option.root, option.expires_on) for option in asked})
        return {
            quote.option: quote
            for chain in chains.values()
            for quote in chain.calls + chain.puts
            if quote.option in asked
        }

    def bars(self, symbols: Collection[str], count: int) -> dict[str, tuple[Bar, ...]]:
        """Fetch the last `count` whole sessions before today, oldest first."""
        today = day_of(self._clock.now())
        found = {s: lean.bars_before(self._daily(s), today, count) for s in symbols}
        return {symbol: bars for symbol, bars in found.items() if bars}

    def minutes(self, symbols: Collection[str]) -> dict[str, tuple[MinuteBar, ...]]:
        """Fetch the session's minutes that have ended; one without trades is absent."""
        now = self._clock.now()
        days = {symbol: day for symbol in symbols if (day := self._day(symbol, now))}
        ended = {symbol: day.minutes(now) for symbol, day in days.items()}
        return {symbol: bars for symbol, bars in ended.items() if bars}

    def _day(self, symbol: str, now: datetime) -> "_Day | None":
        day = day_of(now)
        session = session_on(day) if day in self._recorded.get(symbol, ()) else None
        if session is None:
            return None
        if (symbol, day) not in self._days:
            before = lean.bars_before(self._daily(symbol), day, 1)
            model = self._models.of(symbol)
            self._days[symbol, day] = _Day(self._root, symbol, session, before, model)
        return self._days[symbol, day]

    def _chain(self, symbol: str, expires_on: date, now: datetime) -> Chain | None:
        day = self._day(symbol, now)
        if day is None or expires_on not in day.expirations:
            return None
        underlying = day.quote(day.column(now), now)
        known = self._chains.get((symbol, expires_on))
        if known is None or known.underlying != underlying:
            known = day.tape(expires_on).chain(day.column(now), underlying)
            self._chains[symbol, expires_on] = known
        return known

    def _daily(self, symbol: str) -> tuple[Bar, ...]:
        if symbol not in self._bars:
            name = symbol.lower()
            archive = self._root / "equity/usa/daily" / f"{name}.zip"
            self._bars[symbol] = lean.read_daily(archive, f"{name}.csv")
        return self._bars[symbol]


class _Day:
    """One symbol on one recorded day."""

    def __init__(
        self, root: Path, symbol: str, session: Session, before: tuple[Bar, ...], model: Model
    ) -> None:
        self._symbol, self._session, self._model = symbol, session, model
        self._previous_close = before[-1].close if before else None
        self._grid = lean.grid_of(session)
        name, day = symbol.lower(), f"{session.day:%Y%m%d}"
        self._equity = root / "equity/usa/minute" / name
        self._options = root / "option/usa/minute" / name
        self._tapes: dict[date, _Tape] = {}
        quotes, trades = (
            lean.read_members(
                self._equity / f"{day}_{kind}.zip", [f"{day}_{name}_minute_{kind}.csv"]
            )
            for kind in ("quote", "trade")
        )
        self._quotes = lean.read_quotes(quotes, self._grid)
        self._trades = lean.read_trades(trades, self._grid)
        self._minutes = lean.read_minutes(trades[0], session)

    def column(self, now: datetime) -> int:
        """Give the column of the last minute that has ended; -1 before the first has."""
        ended = (now - self._session.opens_at) // _MINUTE
        return max(min(ended, self._grid.count), 0) - 1

    def quote(self, column: int, now: datetime) -> Quote:
        """Show the underlying after that minute."""
        at = min(now.replace(microsecond=0), self._session.closes_at)
        if column < 0:
            close = self._previous_close
            return Quote(self._symbol, at, None, None, close, previous_close=close)
        bid, ask, opened, high, low, last = (
            from_ten_thousandths(int(table[0, column]))
            for table in (
                self._quotes.bids,
                self._quotes.asks,
                self._trades.opens,
                self._trades.highs,
                self._trades.lows,
                self._trades.lasts,
            )
        )
        volume = int(self._trades.volumes[0, column])
        close = self._previous_close
        return Quote(self._symbol, at, bid, ask, last or close, opened, high, low, close, volume)

    def minutes(self, now: datetime) -> tuple[MinuteBar, ...]:
        """Show the minutes that have ended."""
        return tuple(bar for bar in self._minutes if bar.starts_at + _MINUTE <= now)

    @cached_property
    def expirations(self) -> tuple[date, ...]:
        """List the expirations recorded and not past, rising."""
        return tuple(sorted(on for on in self._listed if on >= self._session.day))

    def tape(self, expires_on: date) -> "_Tape":
        """Read one expiration, once."""
        if expires_on not in self._tapes:
            self._tapes[expires_on] = self._read(expires_on)
        return self._tapes[expires_on]

    @cached_property
    def _listed(self) -> dict[date, list[Option]]:
        return lean.list_options(self._archive("quote"), self._symbol)

    def _archive(self, kind: str) -> Path:
        return self._options / f"{self._session.day:%Y%m%d}_{kind}_american.zip"

    def _read(self, expires_on: date) -> "_Tape":
        options, day = self._listed[expires_on], self._session.day
        quotes, trades, interest = (
            lean.read_members(self._archive(kind), [lean.member(day, kind, o) for o in options])
            for kind in ("quote", "trade", "openinterest")
        )
        return _Tape(
            tuple(options),
            self._session,
            lean.read_quotes(quotes, self._grid),
            lean.read_trades(trades, self._grid),
            [int(text.split(b",")[-1] or 0) for text in interest],
            self._model,
        )


@dataclass(slots=True)
class _Tape:
    """One expiration on one recorded day, a row a contract: calls, then puts."""

    options: tuple[Option, ...]
    session: Session
    quotes: lean.Quotes
    trades: lean.Trades
    open_interest: list[int]
    model: Model
    _minute: int = -2
    _columns: Columns | None = None

    def chain(self, column: int, underlying: Quote) -> Chain:
        """Show the chain after that minute; greeks are computed once a minute."""
        if self._columns is None or self._minute != column:
            self._columns, self._minute = self._show(column, underlying), column
        expires_on = self.options[0].expires_on
        call_count = sum(option.right is Right.CALL for option in self.options)
        return chain_of(self._columns, underlying, expires_on, call_count)

    def _show(self, column: int, underlying: Quote) -> Columns:
        if column < 0:
            return self._dark()
        bids, asks = self.quotes.bids[:, column], self.quotes.asks[:, column]
        terms = self._terms(column, underlying)
        sigma = self._volatilities(terms, bids, asks)
        risk = self.model.greeks(terms, sigma)
        return Columns(
            self.options,
            _prices(bids),
            _prices(asks),
            _prices(self.trades.lasts[:, column]),
            self.quotes.bid_sizes[:, column].tolist(),
            self.quotes.ask_sizes[:, column].tolist(),
            self.open_interest,
            self.trades.volumes[:, column].tolist(),
            _known(sigma),
            _known(risk.delta),
            _known(risk.gamma),
            _known(risk.theta),
            _known(risk.vega),
            _prices(self.trades.opens[:, column]),
            _prices(self.trades.highs[:, column]),
            _prices(self.trades.lows[:, column]),
            [None] * len(self.options),
        )

    def _dark(self) -> Columns:
        """Show what is known before the first minute has ended: the open interest."""
        none, zero = [None] * len(self.options), [0] * len(self.options)
        return Columns(
            self.options,
            *(none, none, none),
            *(zero, zero, self.open_interest, zero),
            *(none, none, none, none, none),
            *(none, none, none, none),
        )

    def _terms(self, column: int, underlying: Quote) -> Terms:
        at = self.session.opens_at + (column + 1) * _MINUTE
        years = years_to_expiration(at, self.options[0].expires_on)
        strikes = np.array([float(option.strike) for option in self.options])
        is_call = np.array([option.right is Right.CALL for option in self.options])
        return Terms(is_call, _spot(underlying), strikes, years, RATE)

    def _volatilities(self, terms: Terms, bids: lean.Ints, asks: lean.Ints) -> Floats:
        is_quoted = (bids > 0) & (bids <= asks)
        mids = np.where(is_quoted, (bids + asks) / (2 * _UNIT), np.nan)
        own = self.model.implied_volatility(terms, mids)
        other = dict(zip(self.options, own.tolist(), strict=True))
        opposite = [other.get(_opposite(option), np.nan) for option in self.options]
        return np.where(np.isnan(own) & is_quoted, opposite, own)


def _recorded_days(root: Path) -> dict[str, frozenset[date]]:
    found: dict[str, set[date]] = {}
    for path in root.glob("equity/usa/minute/*/????????_trade.zip"):
        found.setdefault(path.parent.name.upper(), set()).add(lean.parse_day(path.name[:8]))
    return {symbol: frozenset(days) for symbol, days in found.items()}


def _opposite(option: Option) -> Option:
    right = Right.PUT if option.right is Right.CALL else Right.CALL
    return option._replace(right=right)


def _spot(underlying: Quote) -> float:
    if underlying.bid and underlying.ask:
        return float(underlying.bid + underlying.ask) / 2
    return float(underlying.last) if underlying.last else float("nan")


def _prices(values: lean.Ints) -> list[Decimal | None]:
    return [from_ten_thousandths(price) for price in values.tolist()]


def _known(values: Floats) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124
