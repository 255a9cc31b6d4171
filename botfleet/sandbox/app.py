"""The sandbox as one ASGI app: market, broker and OAuth server over one book."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from botfleet.application.ports.clock import Clock
from botfleet.application.ports.market import Market
from botfleet.sandbox.admin_api import add_admin
from botfleet.sandbox.calls import Calls, Listener
from botfleet.sandbox.counter import Counter
from botfleet.sandbox.doors import Desks, House, answer
from botfleet.sandbox.exchange import Exchange
from botfleet.sandbox.grants import Grants
from botfleet.sandbox.market_api import add_market
from botfleet.sandbox.market_desk import MarketDesk
from botfleet.sandbox.mischief import Mischief
from botfleet.sandbox.oauth_api import add_oauth
from botfleet.sandbox.shapes import SHAPES
from botfleet.sandbox.store import Store

_KEEP_ALIVE_S = 75


def create(market: Market, clock: Clock, book: Path, house: House) -> Starlette:
    """Build the app over `market` as of `clock`; the book's file is made if it is not there."""
    store = Store(book)
    desks = Desks(
        house,
        Exchange(market, clock, store, house.realism),
        Grants(store, clock),
        MarketDesk(market, clock, house.grain_s),
        Mischief(),
    )
    calls = Calls()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        desks.clerks.shutdown()
        store.keep_calls(calls.rows())
        store.close()

    app = Starlette(lifespan=lifespan)
    app.add_middleware(Listener, calls=calls)
    app.add_exception_handler(HTTPException, _refused)
    for shape in SHAPES:
        Counter(desks, shape).open(app)
        add_oauth(app, desks, shape)
    add_market(app, desks)
    add_admin(app, desks, calls)
    app.add_route("/healthz", _healthy, methods=["GET"])
    return app


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Say no as Tradier's gateway does: plain words, the right status."""
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    return Response(str(error.detail), error.status_code, media_type="text/plain")


async def _healthy(request: Request) -> Response:  # noqa: ARG001
    return answer({"status": "ok"})


def serve(app: Starlette, host: str, port: int) -> None:
    """Run until told to stop. No access log: order forms and codes travel in requests."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
