"""A market made of arithmetic: the same seed shows every process the same prices for ever.

Quotes are as of the clock's last whole second. Outside the hours of a session they stand still at
the last session's close. Options are European, priced on a surface that moves with each symbol's
mood, with a spread around it; indices of volatility tell SPY's.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from botfleet.adapters.market.columns import Columns, chain_of, from_cents, quotes_of
from botfleet.adapters.market.moods import INDEX, INDEXED, INDICES, walk_index, walk_mood
from botfleet.adapters.market.option_days import OptionDay, day_so_far, trades_until
from botfleet.adapters.market.paths import Path, walk_session
from botfleet.adapters.market.sketches import SKETCHES, SymbolSketch
from botfleet.adapters.market.sums import MINUTE, bar_of, minute_of
from botfleet.adapters.market.surface import (
    RATE,
    Listing,
    expirations_from,
    list_strikes,
    log_moneyness,
    volatilities,
)
from botfleet.application.ports.clock import Clock
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import Session, previous_session, session_at
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Kind, Option, Right
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote
from botfleet.domain.trades.pricing import Greeks, Terms, greeks, years_to_expiration

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Bounds of the caches; a full one is emptied.
_PATHS_MAX, _LISTINGS_MAX, _CHAINS_MAX, _BARS_MAX, _QUOTED_MAX = 128, 512, 512, 20_000, 20_000
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
        self._indices = dict.fromkeys(INDICES if INDEXED in symbols else (), INDEX)
        self._paths: dict[tuple[str, date], Path] = {}
        self._moods: dict[tuple[str, date], Path] = {}
        self._option_days: dict[tuple[object, ...], OptionDay] = {}
        self._bars: dict[tuple[str, date], Bar] = {}
        self._listings: dict[tuple[str, date, date], Listing] = {}
        self._chains: dict[tuple[str, date], Chain] = {}
        self._quoted: dict[Option, OptionQuote] = {}

    def symbols(self) -> frozenset[str]:
        """Name the underlyings this market knows."""
        return frozenset(self._sketches | self._indices)

    def quotes(self, symbols: Collection[str]) -> dict[str, Quote]:
        """Quote underlyings; an index has no sides."""
        known = self._known(symbols)
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
            answers |= self._singles(symbol, expires_on, group, self._moment(symbol, now))
        return answers

    def _singles(
        self, symbol: str, expires_on: date, group: Collection[Option], moment: _Moment
    ) -> Mapping[Option, OptionQuote]:
        """Quote contracts of one expiration; one that was quoted this second is not again."""
        known = {o: q for o in group if (q := self._quoted.get(o)) and q.at == moment.at}
        if left := [option for option in group if option not in known]:
            listing = _listing_of(left, moment.path.previous_close)
            columns = self._columns(symbol, expires_on, listing, moment)
            known |= zip(listing.options, quotes_of(columns, moment.at), strict=True)
            _make_room(self._quoted, _QUOTED_MAX)
            self._quoted |= known
        return known

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
            for symbol in self._known(symbols)
        }

    def minutes(self, symbols: Collection[str]) -> dict[str, tuple[MinuteBar, ...]]:
        """Fetch the session's minutes that have ended, oldest first."""
        now = self._clock.now()
        session = session_at(now)
        if session is None or now < session.opens_at + MINUTE:
            return {}
        count = (min(now, session.closes_at) - session.opens_at) // MINUTE
        return {
            symbol: tuple(minute_of(self._path(symbol, session), at) for at in range(count))
            for symbol in self._known(symbols)
        }

    def _known(self, symbols: Collection[str]) -> list[str]:
        return [one for one in symbols if one in self._sketches or one in self._indices]

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
            self._paths[key] = self._walk(symbol, session)
        return self._paths[key]

    def _walk(self, symbol: str, session: Session) -> Path:
        if symbol in self._indices:
            return walk_index(self._seed, symbol, session)
        return walk_session(self._seed, symbol, self._sketches[symbol], session)

    def _mood(self, symbol: str, session: Session) -> Path:
        key = symbol, session.day
        if key not in self._moods:
            _make_room(self._moods, _PATHS_MAX)
            self._moods[key] = walk_mood(self._seed, symbol, session)
        return self._moods[key]

    def _quote(self, symbol: str, moment: _Moment) -> Quote:
        path, row, spot = moment.path, moment.row, moment.spot
        sketch = self._indices.get(symbol) or self._sketches[symbol]
        is_traded = sketch.kind is not Kind.INDEX
        bid = int(spot * 100 - (sketch.spread_cents - 1) / 2)
        return Quote(
            symbol,
            moment.at,
            bid=from_cents(bid) if is_traded else None,
            ask=from_cents(bid + sketch.spread_cents) if is_traded else None,
            last=_price(spot),
            open=_price(float(path.prices[0])),
            high=_price(max(float(path.highs[row]), spot)),
            low=_price(min(float(path.lows[row]), spot)),
            previous_close=_price(path.previous_close),
            volume=int(path.volumes[row]),
            kind=sketch.kind,
        )

    def _bar(self, symbol: str, session: Session) -> Bar:
        key = symbol, session.day
        if key not in self._bars:
            _make_room(self._bars, _BARS_MAX)
            self._bars[key] = bar_of(self._walk(symbol, session))
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
        sketch, path = self._sketches[symbol], moment.path
        mood = self._mood(symbol, path.session)
        years = years_to_expiration(moment.at, expires_on)
        moneyness = log_moneyness(sketch, listing.strikes, moment.spot, years)
        sigma = volatilities(sketch, moneyness, years, mood.row(moment.at)[1])
        terms = Terms(
            listing.is_call, moment.spot, listing.strikes, years, RATE, sketch.dividend_yield
        )
        worth = greeks(terms, sigma)
        day = self._option_day(symbol, expires_on, listing, moment)
        wider = 1 + _SPREAD_SLOPE * np.abs(moneyness)
        half = _HALF_SPREAD_MIN + sketch.option_spread * worth.price * wider
        return _quoted(listing, moment, worth, sigma, half, day)

    def _option_day(
        self, symbol: str, expires_on: date, listing: Listing, moment: _Moment
    ) -> OptionDay:
        """Tell the day of a listing so far; it changes with every trade only."""
        key = symbol, expires_on, listing, moment.path.session.day, trades_until(moment.row)
        if key not in self._option_days:
            _make_room(self._option_days, _CHAINS_MAX)
            sketch, mood = self._sketches[symbol], self._mood(symbol, moment.path.session)
            day = day_so_far(sketch, listing, moment.path, mood, expires_on, moment.row)
            self._option_days[key] = day
        return self._option_days[key]


def _quoted(
    listing: Listing, moment: _Moment, worth: Greeks, sigma: Floats, half: Floats, day: OptionDay
) -> Columns:
    """Put a spread around the worth, and sizes behind it."""
    bids = np.floor((worth.price - half) * 100 + 1e-6).astype(np.int64)
    asks = np.maximum(np.ceil((worth.price + half) * 100 - 1e-6).astype(np.int64), bids + 1)
    interest = _open_interest(listing.strikes / moment.path.previous_close)
    sizes = 1 + (interest // 40 + asks * 7) % 97
    part = moment.row / (len(moment.path.prices) - 1)
    return Columns(
        listing.options,
        map(from_cents, bids.tolist()),
        map(from_cents, np.maximum(asks, 1).tolist()),
        _prices(day.lasts),
        np.where(bids > 0, sizes, 0).tolist(),
        sizes.tolist(),
        interest.tolist(),
        (interest * part * 0.3).astype(np.int64).tolist(),
        sigma.tolist(),
        worth.delta.tolist(),
        worth.gamma.tolist(),
        worth.theta.tolist(),
        worth.vega.tolist(),
        _prices(day.opens),
        _prices(day.highs),
        _prices(day.lows),
        _prices(day.previous),
    )


def _prices(worth: Floats) -> Iterable[Decimal | None]:
    """Give the cents at which something of this worth trades: one at least."""
    return map(from_cents, np.maximum(np.round(worth * 100), 1).astype(np.int64).tolist())


def _open_interest(ratios: Floats) -> Ints:
    near = np.exp(-np.square(np.log(ratios) / _OPEN_INTEREST_WIDTH))
    return (10 + _OPEN_INTEREST_MAX * near).astype(np.int64)


def _listing_of(options: Iterable[Option], around: float) -> Listing:
    low, high = (around * reach for reach in _STRIKE_REACH)
    kept = tuple(o for o in options if o.strike % Decimal("0.5") == 0 and low < o.strike < high)
    strikes = np.array([float(option.strike) for option in kept])
    return Listing(kept, np.array([option.right is Right.CALL for option in kept]), strikes)


def _price(price: float) -> Decimal | None:
    return from_cents(round(price * 100))


def _make_room(cache: dict[Any, Any], bound: int) -> None:
    if len(cache) >= bound:
        cache.clear()
