"""Submit: mark orders SENDING, commit, and only then send each once; write down what came back.

Whoever marks an order is the only one to send it. What no definite answer came for is UNKNOWN and
keeps its capital: `resolve` asks the broker, nobody sends again (R30).
"""

from collections.abc import Sequence
from datetime import datetime

from botfleet.application.ports.brokers import Brokers
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.orders import Order, OrderBook, Step
from botfleet.application.ports.pools import Pools
from botfleet.domain.ids import OrderId
from botfleet.domain.orders.order import Accepted, Declined, OrderState, Report, Unheard
from botfleet.errors import NotFound


def submit(
    orders: Sequence[OrderId], *, book: OrderBook, brokers: Brokers, pools: Pools, clock: Clock
) -> int:
    """Send those of `orders` that are still pending; give how many were sent.

    Raises:
        StoreUnavailable: what was marked stays SENDING and is resolved by asking the broker.
    """
    now = clock.now()
    marked = book.begin_sending(orders, now)
    steps: list[Step] = []
    for order in marked:
        answer = _send(order, brokers)
        if isinstance(answer, Declined):
            _decline(order, answer.reason, book, pools, now)
        elif isinstance(answer, Accepted):
            steps.append(Step(order, OrderState.WORKING, now, answer.broker_order_id))
        else:
            steps.append(Step(order, OrderState.UNKNOWN, now, reason=answer.reason))
    book.record(steps)
    return len(marked)


def _send(order: Order, brokers: Brokers) -> Accepted | Declined | Unheard:
    try:
        account = brokers.account(order.account_id)
    except NotFound as reason:
        return Declined(str(reason))
    return account.submit(order.ticket)


def _decline(order: Order, reason: str, book: OrderBook, pools: Pools, now: datetime) -> None:
    report = Report("", order.wire_id, OrderState.REJECTED, order.quantity, (), reason)
    pools.settle(book.end(order, report, now, cost=0))
