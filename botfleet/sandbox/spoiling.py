"""Answers that go wrong on the way: late, broken off, byte by byte, or not what they should be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from botfleet.sandbox.mischief import Misdeed
from botfleet.sandbox.shape import View

_ELSEWHERE = "http://elsewhere.invalid/orders"
_BEYOND, _NOTHING = 7_777, Decimal(0)


class Cut(Response):
    """Breaks the connection off in the middle of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a part of what is promised, and no more: the server then closes."""
        promised = [(b"content-length", b"4096"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": promised})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


async def waited(receive: Receive, delay_s: float) -> None:
    """Wait so long, or until the caller has hung up."""
    with suppress(TimeoutError):
        await asyncio.wait_for(hung_up(receive), delay_s)


async def hung_up(receive: Receive) -> None:
    """Wait until the caller of a request that was read has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def spoiled(given: Response, misdeed: Misdeed | None, receive: Receive) -> Response:
    """Do to an answer what was asked for."""
    if misdeed is None:
        return given
    body = bytes(given.body)
    if misdeed.scenario == "drip":
        return StreamingResponse(_drops(body, misdeed.delay_s), given.status_code)
    await waited(receive, misdeed.delay_s)
    match misdeed.scenario:
        case "error_after":
            return Response("Internal Server Error", 500)
        case "html":
            page = "<html><body>We will be back soon</body></html>"
            return Response(page, media_type="text/html")
        case "truncated":
            return Response(body[: len(body) // 2], 200, media_type="application/json")
        case "cut":
            return Cut()
        case "redirect":
            return Response("", 307, headers={"Location": _ELSEWHERE})
        case _:
            return given


async def _drops(body: bytes, delay_s: float) -> AsyncIterator[bytes]:
    for place in range(max(1, len(body))):
        await asyncio.sleep(delay_s)
        yield body[place : place + 1]


def seen_wrongly(view: View, scenario: str) -> View:
    """Show an order as it is not."""
    order = view.order
    match scenario:
        case "overfill":
            units = order.units + 1
            wrong = replace(order, executed=units, status="filled", average=order.limit or _NOTHING)
            return replace(view, order=wrong)
        case "duplicate_execution":
            return replace(view, fills=view.fills + view.fills[-1:])
        case "unknown_status":
            return replace(view, order=replace(order, status="levitating"))
        case "foreign_order":
            other = replace(order, id=order.id + _BEYOND, account="SB00000000")
            return replace(view, order=other)
        case _:
            return view
