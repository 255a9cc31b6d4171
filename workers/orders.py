"""The orders workers' tasks: all broker I/O runs here, so a slow broker holds no bot up."""

from functools import cache
from uuid import UUID

from botfleet.adapters.telemetry.counted import counted_orders
from botfleet.application.consult import consult
from botfleet.application.note import Noter
from botfleet.application.ports.orders import OrderBook
from botfleet.application.react import react
from botfleet.application.resolve import resolve
from botfleet.application.submit import submit
from botfleet.domain.ids import OrderId
from workers.app import app, meters, wiring
from workers.task import FleetTask


@app.task(name="botfleet.submit", base=FleetTask)
def submit_orders(order_ids: list[str]) -> None:
    """Send those of the orders that nobody has sent yet."""
    sent = submit(
        [OrderId(UUID(order_id)) for order_id in order_ids],
        book=_book(),
        brokers=wiring.brokers,
        noter=_noter(),
        clock=wiring.clock,
        lanes=wiring.lanes,
    )
    if sent:
        wiring.messages.resolve()


@app.task(name="botfleet.resolve", base=FleetTask)
def resolve_orders() -> None:
    """Look at one account's due orders; there may be more accounts, for other threads."""
    consult(wiring.changes)
    if resolve(wiring.clock.now(), book=_book(), brokers=wiring.brokers, noter=_noter()):
        wiring.messages.resolve()
        react(wiring.work, wiring.messages)
    wiring.messages.done()


@app.task(name="botfleet.reconcile", base=FleetTask)
def reconcile_accounts() -> None:
    """Hold one account beside its broker; there may be more accounts, for other threads."""
    if wiring.reconciler.next(wiring.clock.now()):
        wiring.messages.reconcile()


@cache
def _noter() -> Noter:
    return Noter(_book(), wiring.pools, wiring.debts)


@cache
def _book() -> OrderBook:
    return counted_orders(wiring.orders, meters)
