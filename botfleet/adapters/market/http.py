"""A market over HTTP: Tradier's market-data API, or the sandbox that speaks like it.

Single contracts and underlyings are asked for in bulk; chains, expirations and history one request
each, several at a time. Bodies are read by pydantic's parser (floats; a price's shortest decimal
form is exact) and the names of contracts are remembered, for a chain is read every mark.
Source: documentation.tradier.com/brokerage-api/markets.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import requests
from pydantic_core import from_json
from requests.adapters import HTTPAdapter

from botfleet.application.ports.clock import Clock
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import session_at
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Kind, Option, Right, occ, parse_occ
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote
from botfleet.errors import MarketUnavailable

_CHUNK = 500
_BODY_MAX = 64 << 20
_OK = 200
_CONTRACTS_MAX = 262_144
_PRICES_MAX = 65_536
_HISTORIES_MAX = 4_096
_MINUTE = timedelta(minutes=1)
_KINDS: Mapping[object, Kind] = {kind.value: kind for kind in Kind}
Row = Mapping[str, Any]
T = TypeVar("T")
logging.getLogger("urllib3").setLevel(logging.WARNING)


class HttpMarket:
    """Keeps `Market`. `api` ends in `/v1`; `token` reads market data and nothing else.

    Calls wait at most `connect_s` and `read_s`; `threads` requests run at a time.
    """

    def __init__(
        self,
        api: str,
        token: str,
        clock: Clock,
        *,
        connect_s: float = 3.0,
        read_s: float = 10.0,
        threads: int = 4,
    ) -> None:
        self._api, self._clock = api.rstrip("/"), clock
        self._timeout = (connect_s, read_s)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="market")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(
            {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
        pool = HTTPAdapter(pool_connections=4, pool_maxsize=threads + 1, max_retries=0)
        self._session.mount("https://", pool)
        self._session.mount("http://", pool)
        self._histories: dict[tuple[str, date], tuple[int, tuple[Bar, ...]]] = {}

    def close(self) -> None:
        """Let threads and connections go."""
        self._threads.shutdown()
        self._session.close()

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """See the port."""
        rows = self._quoted(sorted(set(symbols)))
        found = (_quote(row) for row in rows if row.get("type") != "option")
        return {quote.symbol: quote for quote in found}

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        """See the port."""
        rows = self._quoted(sorted({occ(option) for option in options}))
        found = (_option_quote(row) for row in rows if row.get("type") == "option")
        return {quote.option: quote for quote in found}

    def _quoted(self, symbols: Sequence[str]) -> Iterator[Row]:
        chunks = [symbols[at : at + _CHUNK] for at in range(0, len(symbols), _CHUNK)]
        for body in self._each(self._quote_chunk, chunks):
            yield from _rows(body, "quotes", "quote")

    def _quote_chunk(self, symbols: Sequence[str]) -> Row:
        form = {"symbols": ",".join(symbols), "greeks": "true"}
        return self._ask("POST", "markets/quotes", form=form)

    def expirations(self, symbols: Collection[str]) -> Mapping[str, tuple[date, ...]]:
        """See the port."""
        wanted = sorted(set(symbols))

        def ask(symbol: str) -> tuple[date, ...]:
            body = self._ask("GET", "markets/options/expirations", {"symbol": symbol})
            days = _read(
                lambda: sorted(map(date.fromisoformat, _list(body, "expirations", "date")))
            )
            return tuple(days)

        found = zip(wanted, self._each(ask, wanted), strict=True)
        return {symbol: days for symbol, days in found if days}

    def chains(self, wanted: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], Chain]:
        """See the port."""
        if not wanted:
            return {}
        keys = sorted(set(wanted))
        underlyings = self.quotes({symbol for symbol, _ in keys})

        def ask(key: tuple[str, date]) -> Chain | None:
            symbol, day = key
            given = {"symbol": symbol, "expiration": day.isoformat(), "greeks": "true"}
            body = self._ask("GET", "markets/options/chains", given)
            quotes = [_option_quote(row) for row in _rows(body, "options", "option")]
            return _chain(symbol, day, underlyings[symbol], quotes) if quotes else None

        known = [key for key in keys if key[0] in underlyings]
        found = zip(known, self._each(ask, known), strict=True)
        return {key: chain for key, chain in found if chain is not None}

    def bars(self, symbols: Collection[str], count: int) -> Mapping[str, tuple[Bar, ...]]:
        """See the port. Past sessions do not change: they are asked for once a day."""
        today, wanted = day_of(self._clock.now()), sorted(set(symbols))
        short = [s for s in wanted if self._histories.get((s, today), (0, ()))[0] < count]

        def ask(symbol: str) -> tuple[Bar, ...]:
            start = today - timedelta(days=count * 3 // 2 + 14)
            given = {"symbol": symbol, "interval": "daily", "start": start.isoformat()}
            given["end"] = (today - timedelta(days=1)).isoformat()
            body = self._ask("GET", "markets/history", given)
            return tuple(map(_bar, _rows(body, "history", "day")))

        if len(self._histories) + len(short) > _HISTORIES_MAX:
            self._histories.clear()
            short = wanted
        for symbol, bars in zip(short, self._each(ask, short), strict=True):
            self._histories[symbol, today] = count, bars
        found = {symbol: self._histories[symbol, today][1] for symbol in wanted}
        return {symbol: bars[-count:] for symbol, bars in found.items() if bars and count > 0}

    def minutes(self, symbols: Collection[str]) -> Mapping[str, tuple[MinuteBar, ...]]:
        """See the port."""
        now, wanted = self._clock.now(), sorted(set(symbols))
        session = session_at(now)
        if session is None or now < session.opens_at + _MINUTE:
            return {}
        given = {"interval": "1min", "session_filter": "open"}
        given["start"] = f"{wall(session.opens_at):%Y-%m-%d %H:%M}"
        given["end"] = f"{wall(min(now, session.closes_at)):%Y-%m-%d %H:%M}"

        def ask(symbol: str) -> tuple[MinuteBar, ...]:
            body = self._ask("GET", "markets/timesales", {"symbol": symbol, **given})
            bars = map(_minute, _rows(body, "series", "data"))
            return tuple(bar for bar in bars if bar.starts_at + _MINUTE <= now)

        found = zip(wanted, self._each(ask, wanted), strict=True)
        return {symbol: bars for symbol, bars in found if bars}

    def _each(self, ask: Callable[[Any], T], things: Sequence[Any]) -> Iterable[T]:
        """Ask for each thing; more than one, several at a time."""
        return map(ask, things) if len(things) <= 1 else self._threads.map(ask, things)

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Row:
        try:
            answer = self._session.request(
                method,
                f"{self._api}/{path}",
                params=query,
                data=form,
                timeout=self._timeout,
                allow_redirects=False,
            )
            status, body = answer.status_code, answer.content
        except (requests.RequestException, OSError) as error:
            name = type(error).__name__
            raise MarketUnavailable(f"The market feed did not answer ({name}).") from None
        if status != _OK or len(body) > _BODY_MAX:
            raise MarketUnavailable(f"The market feed answered HTTP {status} to {path}.")
        found = _read(lambda: from_json(body, cache_strings="keys"))
        if not isinstance(found, dict):
            raise MarketUnavailable("The market feed answered something else than JSON.")
        return found


def _read(read: Callable[[], T]) -> T:
    """Read an answer, or call it no answer."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        name = type(error).__name__
        raise MarketUnavailable(f"The market feed answered oddly ({name}).") from None


def _list(body: Row, outer: str, inner: str) -> list[Any]:
    """Undo Tradier's singles: one comes bare, none as null or as the word."""
    held = body.get(outer)
    given = held.get(inner) if isinstance(held, dict) else None
    if given is None or given == "null":
        return []
    return given if isinstance(given, list) else [given]


def _rows(body: Row, outer: str, inner: str) -> list[Row]:
    rows = _list(body, outer, inner)
    if not all(isinstance(row, dict) for row in rows):
        raise MarketUnavailable("The market feed answered oddly.")
    return rows


@lru_cache(maxsize=_PRICES_MAX)
def _price(given: float) -> Decimal:
    return Decimal(repr(given))


@lru_cache(maxsize=_CONTRACTS_MAX)
def _contract(symbol: str) -> Option:
    return parse_occ(symbol)


def _at(row: Row) -> datetime:
    """Give the latest of a row's instants, in milliseconds on the wire."""
    stamps = (row.get(name) or 0 for name in ("bid_date", "ask_date", "trade_date"))
    return datetime.fromtimestamp(max(stamps) / 1000, UTC)


def _or_none(given: float | None) -> Decimal | None:
    return None if given is None else _price(given)


def _quote(row: Row) -> Quote:
    return _read(
        lambda: Quote(
            row["symbol"],
            _at(row),
            _or_none(row["bid"]),
            _or_none(row["ask"]),
            _or_none(row["last"]),
            _or_none(row.get("open")),
            _or_none(row.get("high")),
            _or_none(row.get("low")),
            _or_none(row.get("prevclose")),
            int(row.get("volume") or 0),
            _KINDS.get(row.get("type")),
        )
    )


def _option_quote(row: Row) -> OptionQuote:
    greeks = row.get("greeks") or {}
    return _read(
        lambda: OptionQuote(
            _contract(row["symbol"]),
            _at(row),
            _or_none(row["bid"]),
            _or_none(row["ask"]),
            _or_none(row.get("last")),
            row.get("bidsize") or 0,
            row.get("asksize") or 0,
            row.get("open_interest") or 0,
            row.get("volume") or 0,
            greeks.get("mid_iv") or greeks.get("smv_vol"),
            greeks.get("delta"),
            greeks.get("gamma"),
            greeks.get("theta"),
            greeks.get("vega"),
            _or_none(row.get("open")),
            _or_none(row.get("high")),
            _or_none(row.get("low")),
            _or_none(row.get("prevclose")),
        )
    )


def _chain(symbol: str, day: date, underlying: Quote, quotes: Sequence[OptionQuote]) -> Chain:
    rising = sorted(quotes, key=lambda quote: quote.option.strike)
    calls = tuple(quote for quote in rising if quote.option.right is Right.CALL)
    puts = tuple(quote for quote in rising if quote.option.right is Right.PUT)
    at = max(underlying.at, *(quote.at for quote in quotes))
    return Chain(symbol, day, at, underlying, calls, puts)


def _bar(row: Row) -> Bar:
    return _read(
        lambda: Bar(
            date.fromisoformat(row["date"]),
            _price(row["open"]),
            _price(row["high"]),
            _price(row["low"]),
            _price(row["close"]),
            int(row["volume"]),
        )
    )


def _minute(row: Row) -> MinuteBar:
    return _read(
        lambda: MinuteBar(
            datetime.fromtimestamp(row["timestamp"], UTC),
            _price(row["open"]),
            _price(row["high"]),
            _price(row["low"]),
            _price(row["close"]),
            int(row["volume"]),
        )
    )
