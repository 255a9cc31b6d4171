"""The orders workers' tasks: all broker I/O runs here, so a slow broker holds no bot up."""

from uuid import UUID

from botfleet.application.resolve import TAKEN_MAX, resolve
from botfleet.application.submit import submit
from botfleet.domain.ids import OrderId
from workers.app import app, wiring
from workers.task import FleetTask


@app.task(name="botfleet.submit", base=FleetTask)
def submit_orders(order_ids: list[str]) -> None:
    """Send those of the orders that nobody has sent yet."""
    submit(
        [OrderId(UUID(order_id)) for order_id in order_ids],
        book=wiring.orders,
        brokers=wiring.brokers,
        pools=wiring.pools,
        clock=wiring.clock,
    )
    wiring.messages.done()


@app.task(name="botfleet.resolve", base=FleetTask)
def resolve_orders() -> None:
    """Look at orders that are due; a full handful means there are more, for another thread."""
    taken = resolve(
        wiring.clock.now(), book=wiring.orders, brokers=wiring.brokers, pools=wiring.pools
    )
    if taken == TAKEN_MAX:
        wiring.messages.resolve()
    wiring.messages.done()
