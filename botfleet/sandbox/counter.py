"""The trading counter: what happens at every broker's doors, whatever its wire looks like.

Each answer follows the book's commit. A question sees the book as of the market's clock.
"""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from botfleet.errors import MarketUnavailable
from botfleet.sandbox.doors import Desks, body_of
from botfleet.sandbox.exchange import Objected, There
from botfleet.sandbox.mischief import AFTER, BEFORE, LISTS, SPOILT, TRICKS, VIEWS
from botfleet.sandbox.orders import BadOrderError
from botfleet.sandbox.shape import Fencing, Finding, Sent, Shape, View
from botfleet.sandbox.spoiling import Cut, seen_wrongly, spoiled

Verb = Callable[[str, Sent], Awaitable[Response]]
_LATE = 504


class Counter:
    """The doors of one shape."""

    def __init__(self, desks: Desks, shape: Shape) -> None:
        self._desks, self._shape = desks, shape
        self._exchange, self._mischief = desks.exchange, desks.mischief

    def open(self, app: FastAPI) -> None:
        """Open the doors of trading."""
        verbs: dict[str, Verb] = {
            "place": self._place,
            "list": self._list,
            "show": self._show,
            "find": self._find,
            "change": self._change,
            "cancel": self._cancel,
            "hold": self._hold,
            "accounts": self._accounts,
        }
        for door in self._shape.doors:
            opened = self._guarded(verbs[door.verb], is_order=door.verb == "place")
            app.add_route(self._shape.root + door.path, opened, methods=[door.method])

    def _guarded(self, verb: Verb, *, is_order: bool) -> Callable[[Request], Awaitable[Response]]:
        async def open_door(request: Request) -> Response:
            try:
                account = await self._desks.account(request, self._shape.name)
                sent = Sent(await body_of(request), request.query_params, request.path_params)
                given = await self._served(verb, account, sent)
            except HTTPException as no:
                return self._shape.trouble(no.status_code, str(no.detail))
            return await spoiled(given, self._mischief.take(AFTER if is_order else SPOILT, account))

        return open_door

    async def _served(self, verb: Verb, account: str, sent: Sent) -> Response:
        if self._mischief.does("rate_limit", account):
            raise HTTPException(429, "Quota Violation")
        if self._desks.house.latency_s:
            await asyncio.sleep(self._desks.house.latency_s)
        await self._desks.sweep()
        try:
            return await verb(account, sent)
        except BadOrderError as error:
            raise HTTPException(400, str(error)) from error
        except MarketUnavailable as error:
            raise HTTPException(503, str(error)) from error

    async def _place(self, account: str, sent: Sent) -> Response:
        wanted = self._shape.read(sent)
        misdeed = self._mischief.take(BEFORE, account)
        if misdeed is not None:
            await asyncio.sleep(misdeed.delay_s)
        if misdeed is not None and misdeed.scenario != "late":
            if misdeed.scenario == "cut_before":
                return Cut()
            late = misdeed.scenario == "timeout_before"
            return self._shape.trouble(_LATE if late else 500, "Sorry")
        trick = self._mischief.take(TRICKS, account)
        placed = await run_in_threadpool(
            self._exchange.place,
            account,
            wanted,
            trick.scenario if trick else "",
            fences=isinstance(self._shape, Fencing),
        )
        if isinstance(placed, Objected):
            return self._shape.refused(placed.reason, placed.id)
        if isinstance(placed, There) and isinstance(self._shape, Fencing):
            return self._shape.duplicate(placed.id)
        view = await self._view(account, placed.id)
        if self._mischief.does("wrong_order", account):
            view = (await run_in_threadpool(self._exchange.views, account))[0]
        return self._shape.placed(view)

    async def _list(self, account: str, sent: Sent) -> Response:
        views = await run_in_threadpool(self._exchange.views, account)
        missing = self._mischief.take(LISTS, account)
        if missing is not None:
            views = views[:-1]
        wrong = self._mischief.take(VIEWS, account) if views else None
        if wrong is not None:
            views = [*views[:-1], seen_wrongly(views[-1], wrong.scenario)]
        uncounted = 1 if missing and missing.scenario == "short_page" else 0
        return self._shape.listed(views, sent, uncounted)

    async def _show(self, account: str, sent: Sent) -> Response:
        number, revision = self._number(sent)
        view = await self._view(account, number)
        if revision > view.revisions:
            raise HTTPException(404, "Order not found")
        wrong = self._mischief.take(VIEWS, account)
        shown = seen_wrongly(view, wrong.scenario) if wrong else view
        return self._shape.shown(shown, revision, sent)

    async def _find(self, account: str, sent: Sent) -> Response:
        if not isinstance(self._shape, Finding):
            raise HTTPException(404, "No order is found by its own id here.")
        tag = self._shape.own_id(sent)
        number = await run_in_threadpool(self._exchange.tagged, account, tag)
        if number is None:
            raise HTTPException(404, "Order not found")
        return self._shape.shown(await self._view(account, number), 0, sent)

    async def _change(self, account: str, sent: Sent) -> Response:
        number, revision = self._number(sent)
        view = await self._view(account, number)
        limit = self._shape.limit(sent, view.order)
        anew = self._shape.replaces_anew
        if anew and (revision < view.revisions or view.order.executed):
            return self._shape.ended(number)
        done = await run_in_threadpool(self._exchange.reprice, account, number, limit)
        return await self._done(account, number, "change", done=done)

    async def _cancel(self, account: str, sent: Sent) -> Response:
        number, revision = self._number(sent)
        view = await self._view(account, number)
        if self._shape.replaces_anew and revision < view.revisions:
            return self._shape.ended(number)
        done = await run_in_threadpool(self._exchange.cancel, account, number)
        return await self._done(account, number, "cancel", done=done)

    async def _done(self, account: str, number: int, verb: str, *, done: bool | None) -> Response:
        if not done:
            return self._shape.ended(number)
        return self._shape.changed(await self._view(account, number), verb)

    async def _hold(self, account: str, sent: Sent) -> Response:
        held = await run_in_threadpool(self._exchange.positions, account)
        return self._shape.held(account, held)

    async def _accounts(self, account: str, sent: Sent) -> Response:
        return self._shape.accounts(account)

    def _number(self, sent: Sent) -> tuple[int, int]:
        number = self._shape.number(sent.path["order"])
        if number is None:
            raise HTTPException(404, "Order not found")
        return number

    async def _view(self, account: str, number: int) -> View:
        view = await run_in_threadpool(self._exchange.view, account, number)
        if view is None:
            raise HTTPException(404, "Order not found")
        return view
