"""The market-data doors: `/v1/markets`.

Source: documentation.tradier.com/brokerage-api/markets.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from botfleet.domain.eastern import instant
from botfleet.errors import MarketUnavailable
from botfleet.sandbox.doors import Desks, answer, form_of

_SYMBOLS_MAX = 5_000


def add_market(app: Starlette, desks: Desks) -> None:
    """Open the doors of market data."""
    _Doors(desks).open(app)


class _Doors:
    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    def open(self, app: Starlette) -> None:
        doors: dict[str, Callable[[Request], Awaitable[bytes]]] = {
            "quotes": self._quotes,
            "options/expirations": self._expirations,
            "options/chains": self._chains,
            "history": self._history,
            "timesales": self._timesales,
            "clock": self._clock,
        }
        for path, door in doors.items():
            methods = ["GET", "POST"] if path == "quotes" else ["GET"]
            app.add_route(f"/v1/markets/{path}", self._guarded(door), methods=methods)

    def _guarded(
        self, door: Callable[[Request], Awaitable[bytes]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def open_door(request: Request) -> Response:
            await self._desks.reader(request)
            await self._desks.sweep()
            try:
                return answer(await door(request))
            except MarketUnavailable as error:
                raise HTTPException(503, str(error)) from error

        return open_door

    async def _quotes(self, request: Request) -> bytes:
        asked = dict(request.query_params)
        if request.method == "POST":
            asked |= await form_of(request)
        symbols = [s.strip().upper() for s in asked.get("symbols", "").split(",") if s.strip()]
        if not symbols or len(symbols) > _SYMBOLS_MAX:
            raise HTTPException(400, "Invalid parameter, symbols: missing or too many.")
        wanted, greeks = list(dict.fromkeys(symbols)), asked.get("greeks") == "true"
        return await run_in_threadpool(self._desks.market.quotes, wanted, greeks=greeks)

    async def _expirations(self, request: Request) -> bytes:
        return await run_in_threadpool(self._desks.market.expirations, _symbol(request))

    async def _chains(self, request: Request) -> bytes:
        symbol, expires_on = _symbol(request), _day(request, "expiration")
        if expires_on is None:
            raise HTTPException(400, "Invalid parameter, expiration: is required.")
        greeks = request.query_params.get("greeks") == "true"
        kept = self._desks.market.kept(("chain", symbol, expires_on, greeks))
        if kept is not None:
            return kept
        desk = self._desks.market
        return await run_in_threadpool(desk.chain, symbol, expires_on, greeks=greeks)

    async def _history(self, request: Request) -> bytes:
        if request.query_params.get("interval", "daily") != "daily":
            raise HTTPException(400, "Invalid parameter, interval: only daily is kept.")
        start, end = _day(request, "start"), _day(request, "end")
        return await run_in_threadpool(self._desks.market.history, _symbol(request), start, end)

    async def _timesales(self, request: Request) -> bytes:
        if request.query_params.get("interval", "tick") != "1min":
            raise HTTPException(400, "Invalid parameter, interval: only 1min is kept.")
        start, end = _moment(request, "start"), _moment(request, "end")
        return await run_in_threadpool(self._desks.market.timesales, _symbol(request), start, end)

    async def _clock(self, request: Request) -> bytes:
        return self._desks.market.clock()


def _symbol(request: Request) -> str:
    symbol = request.query_params.get("symbol", "").strip().upper()
    if not symbol:
        raise HTTPException(400, "Invalid parameter, symbol: is required.")
    return symbol


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(400, f"Invalid parameter, {name}: must be YYYY-MM-DD.") from None


def _moment(request: Request, name: str) -> datetime | None:
    """Read an Eastern wall time."""
    text = request.query_params.get(name, "")
    try:
        given = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(400, f"Invalid parameter, {name}: must be YYYY-MM-DD HH:MM.") from None
    return instant(given.date(), given.time()) if given else None
