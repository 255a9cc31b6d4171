"""A market made of arithmetic: the same seed shows every process the same prices for ever.

Quotes are as of the clock's last whole second. Outside the hours of a session they stand still at
the last session's close. Options are European, priced on a fixed surface with a spread around it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market.columns import Columns, chain_of, from_cents, quotes_of
from botfleet.adapters.market.paths import STEP_S, Path, walk_session
from botfleet.adapters.market.sketches import SKETCHES, SymbolSketch
from botfleet.adapters.market.surface import (
    Listing,
    expirations_from,
    list_strikes,
    volatilities,
)
from botfleet.application.ports.clock import Clock
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import Session, previous_session, session_at
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote
from botfleet.domain.trades.pricing import Greeks, Terms, greeks, years_to_expiration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RATE = 0.04
_MINUTE = timedelta(minutes=1)
_MINUTE_ROWS = 60 // STEP_S
#: Bounds of the caches; a full one is emptied.
_PATHS_MAX, _LISTINGS_MAX, _CHAINS_MAX, _BARS_MAX = 64, 512, 512, 20_000
_HALF_SPREAD_MIN, _SPREAD_SLOPE = 0.004, 6.0
_OPEN_INTEREST_MAX, _OPEN_INTEREST_WIDTH, _STRIKE_REACH = 20_000, 0.08, (0.3, 3.0)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the feed shows: a session's path, as of `at`, never outside the session."""

    at: datetime
    path: Path
    row: int
    spot: float


class SimulatedMarket:
    """A Market that knows the symbols it was given sketches of."""

    def __init__(
        self, seed: int, clock: Clock, symbols: Mapping[str, SymbolSketch] = SKETCHES
    ) -> None:
        self._seed, self._clock, self._sketches = seed, clock, dict(symbols)
        self._paths: dict[tuple[str, date], Path] = {}
        self._bars: dict[tuple[str, date], Bar] = {}
        self._listings: dict[tuple[str, date, date], Listing] = {}
        self._chains: dict[tuple[str, date], Chain] = {}

    def symbols(self) -> frozenset[str]:
        """Name the underlyings this market knows."""
        return frozenset(self._sketches)

    def quotes(self, symbols: Collection[str]) -> dict[str, Quote]:
        """Quote underlyings."""
        known = [symbol for symbol in symbols if symbol in self._sketches]
        now = self._clock.now()
        return {symbol: self._quote(symbol, self._moment(symbol, now)) for symbol in known}

    def expirations(self, symbols: Collection[str]) -> dict[str, tuple[date, ...]]:
        """List the expirations not yet past, rising."""
        today = day_of(self._clock.now())
        return {
            symbol: expirations_from(today, has_dailies=self._sketches[symbol].has_dailies)
            for symbol in symbols
            if symbol in self._sketches
        }

    def chains(self, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], Chain]:
        """Fetch whole expirations, with greeks."""
        now = self._clock.now()
        listed = self._listed({symbol for symbol, _ in wanted})
        return {
            (symbol, expires_on): self._chain(symbol, expires_on, now)
            for symbol, expires_on in wanted
            if expires_on in listed.get(symbol, ())
        }

    def option_quotes(self, options: Collection[Option]) -> dict[Option, OptionQuote]:
        """Quote single contracts: any strike on the grid of half dollars, listed today or not."""
        now = self._clock.now()
        listed = self._listed({option.root for option in options})
        groups: dict[tuple[str, date], list[Option]] = {}
        for option in options:
            if option.expires_on in listed.get(option.root, ()):
                groups.setdefault((option.root, option.expires_on), []).append(option)
        answers: dict[Option, OptionQuote] = {}
        for (symbol, expires_on), group in groups.items():
            moment = self._moment(symbol, now)
            listing = _listing_of(group, moment.path.previous_close)
            columns = self._columns(symbol, expires_on, listing, moment)
            answers |= zip(listing.options, quotes_of(columns, moment.at), strict=True)
        return answers

    def bars(self, symbols: Collection[str], count: int) -> dict[str, tuple[Bar, ...]]:
        """Fetch the last `count` whole sessions before today, oldest first."""
        days: list[Session] = []
        day = day_of(self._clock.now())
        for _ in range(count):
            session = previous_session(day)
            day = session.day
            days.append(session)
        return {
            symbol: tuple(self._bar(symbol, session) for session in reversed(days))
            for symbol in symbols
            if symbol in self._sketches
        }

    def minutes(self, symbols: Collection[str]) -> dict[str, tuple[MinuteBar, ...]]:
        """Fetch the session's minutes that have ended, oldest first."""
        now = self._clock.now()
        session = session_at(now)
        if session is None or now < session.opens_at + _MINUTE:
            return {}
        count = (min(now, session.closes_at) - session.opens_at) // _MINUTE
        return {
            symbol: tuple(_minute(self._path(symbol, session), at) for at in range(count))
            for symbol in symbols
            if symbol in self._sketches
        }

    def _listed(self, symbols: Collection[str]) -> dict[str, frozenset[date]]:
        return {symbol: frozenset(on) for symbol, on in self.expirations(symbols).items()}

    def _moment(self, symbol: str, now: datetime) -> _Moment:
        session = session_at(now)
        if session is None or now < session.opens_at:
            session = previous_session(day_of(now))
        at = min(now.replace(microsecond=0), session.closes_at)
        path = self._path(symbol, session)
        return _Moment(at, path, *path.row(at))

    def _path(self, symbol: str, session: Session) -> Path:
        key = symbol, session.day
        if key not in self._paths:
            _make_room(self._paths, _PATHS_MAX)
            self._paths[key] = walk_session(self._seed, symbol, self._sketches[symbol], session)
        return self._paths[key]

    def _quote(self, symbol: str, moment: _Moment) -> Quote:
        path, row, spot = moment.path, moment.row, moment.spot
        spread = self._sketches[symbol].spread_cents
        bid = int(spot * 100 - (spread - 1) / 2)
        return Quote(
            symbol,
            moment.at,
            bid=from_cents(bid),
            ask=from_cents(bid + spread),
            last=_price(spot),
            open=_price(float(path.prices[0])),
            high=_price(max(float(path.highs[row]), spot)),
            low=_price(min(float(path.lows[row]), spot)),
            previous_close=_price(path.previous_close),
            volume=int(path.volumes[row]),
            kind=self._sketches[symbol].kind,
        )

    def _bar(self, symbol: str, session: Session) -> Bar:
        key = symbol, session.day
        if key not in self._bars:
            _make_room(self._bars, _BARS_MAX)
            path = walk_session(self._seed, symbol, self._sketches[symbol], session)
            self._bars[key] = _bar_of(path)
        return self._bars[key]

    def _chain(self, symbol: str, expires_on: date, now: datetime) -> Chain:
        moment = self._moment(symbol, now)
        known = self._chains.get((symbol, expires_on))
        if known is not None and known.at == moment.at:
            return known
        _make_room(self._chains, _CHAINS_MAX)
        listing = self._listing(symbol, expires_on, moment.path)
        columns = self._columns(symbol, expires_on, listing, moment)
        underlying = self._quote(symbol, moment)
        chain = chain_of(columns, underlying, expires_on, listing.call_count)
        self._chains[symbol, expires_on] = chain
        return chain

    def _listing(self, symbol: str, expires_on: date, path: Path) -> Listing:
        key = symbol, expires_on, path.session.day
        if key not in self._listings:
            _make_room(self._listings, _LISTINGS_MAX)
            self._listings[key] = list_strikes(symbol, expires_on, path.previous_close)
        return self._listings[key]

    def _columns(self, symbol: str, expires_on: date, listing: Listing, moment: _Moment) -> Columns:
        sketch = self._sketches[symbol]
        years = years_to_expiration(moment.at, expires_on)
        carry = (RATE - sketch.dividend_yield) * years
        moneyness = np.log(listing.strikes / moment.spot) - carry
        sigma = volatilities(sketch, moneyness, years)
        terms = Terms(
            listing.is_call, moment.spot, listing.strikes, years, RATE, sketch.dividend_yield
        )
        worth = greeks(terms, sigma)
        return _quoted(listing, moment, worth, sigma, np.abs(moneyness), sketch.option_spread)


def _quoted(
    listing: Listing,
    moment: _Moment,
    worth: Greeks,
    sigma: Floats,
    distance: Floats,
    option_spread: float,
) -> Columns:
    """Put a spread around the worth, wider away from the money, and sizes behind it."""
    half = _HALF_SPREAD_MIN + option_spread * worth.price * (1 + _SPREAD_SLOPE * distance)
    bids = np.floor((worth.price - half) * 100 + 1e-6).astype(np.int64)
    asks = np.maximum(np.ceil((worth.price + half) * 100 - 1e-6).astype(np.int64), bids + 1)
    interest = _open_interest(listing.strikes / moment.path.previous_close)
    sizes = 1 + (interest // 40 + asks * 7) % 97
    lasts = np.round(worth.price * 100).astype(np.int64)
    part = moment.row / (len(moment.path.prices) - 1)
    return Columns(
        listing.options,
        map(from_cents, bids.tolist()),
        map(from_cents, np.maximum(asks, 1).tolist()),
        map(from_cents, lasts.tolist()),
        np.where(bids > 0, sizes, 0).tolist(),
        sizes.tolist(),
        interest.tolist(),
        (interest * part * 0.3).astype(np.int64).tolist(),
        sigma.tolist(),
        worth.delta.tolist(),
        worth.gamma.tolist(),
        worth.theta.tolist(),
        worth.vega.tolist(),
    )


def _open_interest(ratios: Floats) -> Ints:
    near = np.exp(-np.square(np.log(ratios) / _OPEN_INTEREST_WIDTH))
    return (10 + _OPEN_INTEREST_MAX * near).astype(np.int64)


def _listing_of(options: Iterable[Option], around: float) -> Listing:
    low, high = (around * reach for reach in _STRIKE_REACH)
    kept = tuple(o for o in options if o.strike % Decimal("0.5") == 0 and low < o.strike < high)
    strikes = np.array([float(option.strike) for option in kept])
    return Listing(kept, np.array([option.right is Right.CALL for option in kept]), strikes)


def _bar_of(path: Path) -> Bar:
    opened, high, low, close = (
        Decimal(round(float(price) * 100)).scaleb(-2)
        for price in (path.prices[0], path.highs[-1], path.lows[-1], path.prices[-1])
    )
    return Bar(path.session.day, opened, high, low, close, int(path.volumes[-1]))


def _minute(path: Path, at: int) -> MinuteBar:
    """Sum one minute of a path up; each begins where the last ended."""
    first, last = at * _MINUTE_ROWS, (at + 1) * _MINUTE_ROWS
    prices = path.prices[first : last + 1]
    opened, high, low, close = (
        Decimal(round(float(price) * 100)).scaleb(-2)
        for price in (prices[0], prices.max(), prices.min(), prices[-1])
    )
    volume = int(path.volumes[last] - path.volumes[first])
    return MinuteBar(path.session.opens_at + at * _MINUTE, opened, high, low, close, volume)


def _price(price: float) -> Decimal | None:
    return from_cents(round(price * 100))


def _make_room(cache: dict[Any, Any], bound: int) -> None:
    if len(cache) >= bound:
        cache.clear()
