"""The trading doors: `/v1/accounts/{account}`.

A refusal by the book is HTTP 200 with an `errors` body, as Tradier answers for its downstream
systems; only a malformed request is HTTP 400.
Source: documentation.tradier.com/brokerage-api/{trading,accounts,overview/errors}.
"""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from botfleet.errors import MarketUnavailable
from botfleet.sandbox.doors import Desks, answer, form_of
from botfleet.sandbox.exchange import Objected, only
from botfleet.sandbox.mischief import AFTER, BEFORE, TRICKS, Misdeed
from botfleet.sandbox.orders import BadOrderError, read_order, read_price
from botfleet.sandbox.wire import bare, order_row, position_row

_PAGE, _PAGE_MAX = 25, 1_000
_DIGITS_MAX = 15
_FINAL = {"errors": {"error": "Order is already in finalized state."}}
Door = Callable[[Request, str], Awaitable[Response]]


def add_trading(app: FastAPI, desks: Desks) -> None:
    """Open the doors of trading."""
    _Doors(desks).open(app)


class _Doors:
    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    def open(self, app: FastAPI) -> None:
        doors: list[tuple[str, str, Door]] = [
            ("POST", "orders", self._place),
            ("GET", "orders", self._orders),
            ("GET", "orders/{order}", self._order),
            ("PUT", "orders/{order}", self._change),
            ("DELETE", "orders/{order}", self._cancel),
            ("GET", "positions", self._positions),
        ]
        for method, path, door in doors:
            app.add_route(f"/v1/accounts/{{account}}/{path}", self._guarded(door), methods=[method])
        app.add_route("/v1/user/profile", self._guarded(self._profile), methods=["GET"])

    def _guarded(self, door: Door) -> Callable[[Request], Awaitable[Response]]:
        async def open_door(request: Request) -> Response:
            account = await self._desks.account(request)
            mischief = self._desks.mischief
            if mischief.take(frozenset({"rate_limit"}), account):
                raise HTTPException(429, "Quota Violation")
            await self._desks.sweep()
            try:
                given = await door(request, account)
            except BadOrderError as error:
                raise HTTPException(400, str(error)) from error
            except MarketUnavailable as error:
                raise HTTPException(503, str(error)) from error
            if request.method == "POST":
                return await _spoiled(given, mischief.take(AFTER, account))
            return await _spoiled(given, mischief.take(frozenset({"html", "truncated"}), account))

        return open_door

    async def _place(self, request: Request, account: str) -> Response:
        wanted = read_order(await form_of(request))
        misdeed = self._desks.mischief.take(BEFORE, account)
        if misdeed is not None:
            await asyncio.sleep(misdeed.delay_s)
            raise HTTPException(504 if misdeed.scenario == "timeout_before" else 500, "Sorry")
        trick = self._desks.mischief.take(TRICKS, account)
        name = trick.scenario if trick else ""
        placed = await run_in_threadpool(self._desks.exchange.place, account, wanted, name)
        if isinstance(placed, Objected):
            return answer({"errors": {"error": placed.reason}})
        return answer({"order": {"id": placed.id, "status": "ok", "partner_id": "sandbox"}})

    async def _orders(self, request: Request, account: str) -> Response:
        page, limit = _number(request, "page", 1), _number(request, "limit", _PAGE)
        limit = min(limit, _PAGE_MAX)
        orders = await run_in_threadpool(self._desks.exchange.orders, account)
        if self._desks.mischief.take(frozenset({"stale_listing"}), account):
            orders = orders[:-1]
        tags = request.query_params.get("includeTags") == "true"
        rows = [order_row(order, tags=tags) for order in only(orders, page, limit)]
        if not rows and page == 1:
            return answer({"orders": "null"})
        pages = -(-len(orders) // limit)
        body = {"order": bare(rows), "page": page, "total_pages": pages}
        return answer({"orders": {**body, "total_orders": len(orders)}})

    async def _order(self, request: Request, account: str) -> Response:
        number = _order_number(request)
        order = await run_in_threadpool(self._desks.exchange.order, account, number)
        if order is None:
            raise HTTPException(404, "Order not found")
        tags = request.query_params.get("includeTags") == "true"
        return answer({"order": order_row(order, tags=tags)})

    async def _change(self, request: Request, account: str) -> Response:
        number, price = _order_number(request), read_price(await form_of(request))
        done = await run_in_threadpool(self._desks.exchange.reprice, account, number, price)
        return _changed(number, done=done)

    async def _cancel(self, request: Request, account: str) -> Response:
        number = _order_number(request)
        done = await run_in_threadpool(self._desks.exchange.cancel, account, number)
        return _changed(number, done=done)

    async def _positions(self, request: Request, account: str) -> Response:  # noqa: ARG002
        held = await run_in_threadpool(self._desks.exchange.positions, account)
        rows = [position_row(number, position) for number, position in enumerate(held, 1)]
        return answer({"positions": {"position": bare(rows)} if rows else "null"})

    async def _profile(self, request: Request, account: str) -> Response:  # noqa: ARG002
        row = {"account_number": account, "classification": "individual", "status": "active"}
        return answer({"profile": {"account": row, "id": f"id-{account}", "name": "Sandbox"}})


async def _spoiled(given: Response, misdeed: Misdeed | None) -> Response:
    if misdeed is None:
        return given
    await asyncio.sleep(misdeed.delay_s)
    if misdeed.scenario == "error_after":
        return Response("Internal Server Error", 500)
    if misdeed.scenario == "html":
        return Response("<html><body>We will be back soon</body></html>", media_type="text/html")
    if misdeed.scenario == "truncated":
        return answer(bytes(given.body)[: len(given.body) // 2])
    return given


def _changed(number: int, *, done: bool | None) -> Response:
    if done is None:
        raise HTTPException(404, "Order not found")
    return answer({"order": {"id": number, "status": "ok"}} if done else _FINAL)


def _order_number(request: Request) -> int:
    text = request.path_params["order"]
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise HTTPException(404, "Order not found")
    return int(text)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() else default
