"""The trading counter: what happens at every broker's doors, whatever its wire looks like.

Each answer follows the book's commit. A question sees the book as of the market's clock. What a
request does with the book it does in one go, on a thread: the loop only reads, waits and writes.
"""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from botfleet.errors import MarketUnavailable
from botfleet.sandbox.doors import Desks, body_of
from botfleet.sandbox.exchange import Objected
from botfleet.sandbox.mischief import AFTER, BEFORE, LISTS, SPOILT, TRICKS, VIEWS, Misdeed
from botfleet.sandbox.orders import BadOrderError, Wanted
from botfleet.sandbox.shape import Fencing, Finding, Sent, Shape, View
from botfleet.sandbox.spoiling import Cut, hung_up, seen_wrongly, spoiled, waited

Verb = Callable[[str, Sent], Response]
Serve = Callable[[str, Sent, Receive], Awaitable[Response]]
_LATE = 504


class Counter:
    """The doors of one shape."""

    def __init__(self, desks: Desks, shape: Shape) -> None:
        self._desks, self._shape = desks, shape
        self._exchange, self._mischief = desks.exchange, desks.mischief

    def open(self, app: Starlette) -> None:
        """Open the doors of trading."""
        verbs: dict[str, Verb] = {
            "list": self._list,
            "show": self._show,
            "find": self._find,
            "change": self._change,
            "cancel": self._cancel,
            "hold": self._hold,
            "accounts": self._accounts,
        }
        for door in self._shape.doors:
            is_order = door.verb == "place"
            served = self._place if is_order else self._looked(verbs[door.verb])
            opened = self._guarded(served, AFTER if is_order else SPOILT)
            app.add_route(self._shape.root + door.path, opened, methods=[door.method])

    def _guarded(
        self, serve: Serve, spoilers: frozenset[str]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def open_door(request: Request) -> Response:
            try:
                account = await self._desks.account(request, self._shape.name)
                sent = Sent(await body_of(request), request.query_params, request.path_params)
                await self._let_in(account)
                given = await serve(account, sent, request.receive)
            except HTTPException as no:
                return self._shape.trouble(no.status_code, str(no.detail))
            except BadOrderError as error:
                return self._shape.trouble(400, str(error))
            except MarketUnavailable as error:
                return self._shape.trouble(503, str(error))
            misdeed = self._mischief.take(spoilers, account)
            return await spoiled(given, misdeed, request.receive)

        return open_door

    async def _let_in(self, account: str) -> None:
        if self._mischief.does("rate_limit", account):
            raise HTTPException(429, "Quota Violation")
        if self._desks.house.latency_s:
            await asyncio.sleep(self._desks.house.latency_s)

    def _looked(self, verb: Verb) -> Serve:
        def look(account: str, sent: Sent) -> Response:
            self._exchange.catch_up()
            return verb(account, sent)

        async def served(account: str, sent: Sent, _: Receive) -> Response:
            return await self._desks.have(look, account, sent)

        return served

    async def _place(self, account: str, sent: Sent, receive: Receive) -> Response:
        wanted = self._shape.read(sent)
        misdeed = self._mischief.take(BEFORE, account)
        if misdeed is not None and misdeed.scenario == "late":
            await hung_up(receive)
            await asyncio.sleep(misdeed.delay_s)
        elif misdeed is not None:
            await waited(receive, misdeed.delay_s)
            return self._not_taken(misdeed)
        return await self._desks.have(self._taken, account, wanted)

    def _not_taken(self, misdeed: Misdeed) -> Response:
        if misdeed.scenario == "cut_before":
            return Cut()
        late = misdeed.scenario == "timeout_before"
        return self._shape.trouble(_LATE if late else 500, "Sorry")

    def _taken(self, account: str, wanted: Wanted) -> Response:
        self._exchange.catch_up()
        trick, fences = self._mischief.take(TRICKS, account), isinstance(self._shape, Fencing)
        scenario = trick.scenario if trick else ""
        placed = self._exchange.place(account, wanted, scenario, fences=fences)
        if isinstance(placed, Objected):
            return self._shape.refused(placed.reason, placed.id)
        if isinstance(placed, View):
            is_wrong = self._mischief.does("wrong_order", account)
            return self._shape.placed(self._exchange.views(account)[0] if is_wrong else placed)
        assert isinstance(self._shape, Fencing)  # noqa: S101  only then are ids held to be unique
        return self._shape.duplicate(placed.id)

    def _list(self, account: str, sent: Sent) -> Response:
        views = self._exchange.views(account)
        missing = self._mischief.take(LISTS, account)
        if missing is not None:
            views = views[:-1]
        wrong = self._mischief.take(VIEWS, account) if views else None
        if wrong is not None:
            views = [*views[:-1], seen_wrongly(views[-1], wrong.scenario)]
        uncounted = 1 if missing and missing.scenario == "short_page" else 0
        return self._shape.listed(views, sent, uncounted)

    def _show(self, account: str, sent: Sent) -> Response:
        number, revision = self._number(sent)
        view = self._view(account, number)
        if revision > view.revisions:
            raise HTTPException(404, "Order not found")
        wrong = self._mischief.take(VIEWS, account)
        shown = seen_wrongly(view, wrong.scenario) if wrong else view
        return self._shape.shown(shown, revision, sent)

    def _find(self, account: str, sent: Sent) -> Response:
        if not isinstance(self._shape, Finding):
            raise HTTPException(404, "No order is found by its own id here.")
        tag = self._shape.own_id(sent)
        number = self._exchange.tagged(account, tag)
        if number is None:
            raise HTTPException(404, "Order not found")
        return self._shape.shown(self._view(account, number), 0, sent)

    def _change(self, account: str, sent: Sent) -> Response:
        number, revision = self._number(sent)
        view = self._view(account, number)
        limit = self._shape.limit(sent, view.order)
        anew = self._shape.replaces_anew
        if anew and (revision < view.revisions or view.order.executed):
            return self._shape.ended(number)
        done = self._exchange.reprice(account, number, limit)
        return self._done(account, number, "change", done=done)

    def _cancel(self, account: str, sent: Sent) -> Response:
        number, revision = self._number(sent)
        view = self._view(account, number)
        if self._shape.replaces_anew and revision < view.revisions:
            return self._shape.ended(number)
        done = self._exchange.cancel(account, number)
        return self._done(account, number, "cancel", done=done)

    def _done(self, account: str, number: int, verb: str, *, done: bool | None) -> Response:
        if not done:
            return self._shape.ended(number)
        return self._shape.changed(self._view(account, number), verb)

    def _hold(self, account: str, sent: Sent) -> Response:
        held = self._exchange.positions(account)
        return self._shape.held(account, held)

    def _accounts(self, account: str, sent: Sent) -> Response:
        return self._shape.accounts(account)

    def _number(self, sent: Sent) -> tuple[int, int]:
        number = self._shape.number(sent.path["order"])
        if number is None:
            raise HTTPException(404, "Order not found")
        return number

    def _view(self, account: str, number: int) -> View:
        view = self._exchange.view(account, number)
        if view is None:
            raise HTTPException(404, "Order not found")
        return view
