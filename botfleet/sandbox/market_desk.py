"""Answers market-data questions, each body written once an instant.

`Market` brands need not be thread-safe, so one lock stands before the feed; what was written is
kept until the market's clock shows another instant (`grain_s`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from threading import Lock

from botfleet.application.ports.clock import Clock
from botfleet.application.ports.market import Market
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import is_open, next_session, session_at
from botfleet.domain.market.instruments import Option, is_ticker, occ, parse_occ
from botfleet.sandbox.wire import (
    bar_row,
    bare,
    dump,
    joined,
    minute_row,
    option_json,
    quote_json,
)

_BARS_MAX = 2_000
_OCC_MIN = 10


class Shelf:
    """What was written at one instant; thrown away as a whole."""

    def __init__(self, instant: int) -> None:
        self.instant = instant
        self.quotes: dict[tuple[str, bool], bytes | None] = {}
        self.bodies: dict[tuple[object, ...], bytes] = {}


class MarketDesk:
    """Thread-safe. Every answer is a JSON body in Tradier's shape."""

    def __init__(self, market: Market, clock: Clock, grain_s: float) -> None:
        self._market, self._clock, self._grain_s = market, clock, grain_s
        self._lock = Lock()
        self._shelf = Shelf(-1)

    def shelf(self) -> Shelf:
        """Give this instant's shelf."""
        instant = int(self._clock.now().timestamp() / self._grain_s)
        shelf = self._shelf
        if shelf.instant != instant:
            shelf = self._shelf = Shelf(instant)
        return shelf

    def kept(self, key: tuple[object, ...]) -> bytes | None:
        """Give a body already written this instant."""
        return self.shelf().bodies.get(key)

    def quotes(self, symbols: Sequence[str], *, greeks: bool) -> bytes:
        """Quote tickers and contracts; what nobody knows is listed as unmatched."""
        shelf = self.shelf()
        missing = [symbol for symbol in symbols if (symbol, greeks) not in shelf.quotes]
        if missing:
            with self._lock:
                self._write_quotes(shelf, missing, greeks=greeks)
        found = [text for s in symbols if (text := shelf.quotes[s, greeks]) is not None]
        unknown = [symbol for symbol in symbols if shelf.quotes[symbol, greeks] is None]
        parts = [b'"quote":' + joined(found)] if found else []
        if unknown:
            parts.append(b'"unmatched_symbols":' + dump({"symbol": bare(unknown)}))
        return b'{"quotes":{' + b",".join(parts) + b"}}"

    def _write_quotes(self, shelf: Shelf, symbols: Sequence[str], *, greeks: bool) -> None:
        """Write them, then show them all at once: who looks meanwhile waits, not misses them."""
        written: dict[tuple[str, bool], bytes | None]
        written = dict.fromkeys(((symbol, greeks) for symbol in symbols), None)
        tickers = [symbol for symbol in symbols if is_ticker(symbol)]
        options = {s: o for s in symbols if len(s) > _OCC_MIN and (o := _option(s))}
        for symbol, quote in self._market.quotes(tickers).items() if tickers else ():
            written[symbol, greeks] = quote_json(quote)
        found = self._market.option_quotes(list(options.values())) if options else {}
        for symbol, option in options.items():
            if option in found:
                written[symbol, greeks] = option_json(found[option], option.root, greeks=greeks)
        shelf.quotes.update(written)

    def chain(self, symbol: str, expires_on: date, *, greeks: bool) -> bytes:
        """Show every contract of one expiration."""
        key = ("chain", symbol, expires_on, greeks)
        with self._lock:
            shelf = self.shelf()
            if key not in shelf.bodies:
                shelf.bodies[key] = self._chain(shelf, symbol, expires_on, greeks=greeks)
            return shelf.bodies[key]

    def _chain(self, shelf: Shelf, symbol: str, expires_on: date, *, greeks: bool) -> bytes:
        chain = self._market.chains([(symbol, expires_on)]).get((symbol, expires_on))
        if chain is None:
            return b'{"options":null}'
        fragments = []
        for quote in (*chain.calls, *chain.puts):
            text = option_json(quote, symbol, greeks=greeks)
            shelf.quotes[occ(quote.option), greeks] = text
            fragments.append(text)
        return b'{"options":{"option":' + joined(fragments) + b"}}"

    def expirations(self, symbol: str) -> bytes:
        """List expirations."""
        with self._lock:
            days = self._market.expirations([symbol]).get(symbol, ())
        if not days:
            return b'{"expirations":null}'
        return dump({"expirations": {"date": bare([day.isoformat() for day in days])}})

    def history(self, symbol: str, start: date | None, end: date | None) -> bytes:
        """Show daily bars from `start` to `end`, both included."""
        today = day_of(self._clock.now())
        first = start or today - timedelta(days=365)
        count = min(max((today - first).days + 1, 1), _BARS_MAX)
        with self._lock:
            bars = self._market.bars([symbol], count).get(symbol, ())
        rows = [bar_row(bar) for bar in bars if first <= bar.day <= (end or today)]
        return dump({"history": {"day": bare(rows)} if rows else None})

    def timesales(self, symbol: str, start: datetime | None, end: datetime | None) -> bytes:
        """Show today's minutes that begin from `start` to `end`, both included."""
        with self._lock:
            bars = self._market.minutes([symbol]).get(symbol, ())
        rows = [
            minute_row(bar)
            for bar in bars
            if (start is None or start <= bar.starts_at) and (end is None or bar.starts_at <= end)
        ]
        return dump({"series": {"data": bare(rows)} if rows else None})

    def clock(self) -> bytes:
        """Tell the market's time and state."""
        now = self._clock.now()
        state, changes_at, then = _phase(now)
        session = session_at(now)
        words = (
            f"Market is open from {wall(session.opens_at):%H:%M} to {wall(session.closes_at):%H:%M}"
            if session
            else "Market is closed"
        )
        body = {"date": day_of(now).isoformat(), "description": words, "state": state}
        body |= {"next_change": f"{wall(changes_at):%H:%M}", "next_state": then}
        return dump({"clock": {**body, "timestamp": int(now.timestamp())}})


def _phase(now: datetime) -> tuple[str, datetime, str]:
    session = session_at(now)
    if session and is_open(now):
        return "open", session.closes_at, "postmarket"
    if session and now < session.opens_at:
        return "premarket", session.opens_at, "open"
    return "closed", next_session(day_of(now)).opens_at, "open"


def _option(symbol: str) -> Option | None:
    try:
        return parse_occ(symbol)
    except ValueError:
        return None
