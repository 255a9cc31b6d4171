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
from botfleet.application.resolve import look
from botfleet.domain.ids import OrderId
from botfleet.domain.orders.order import Accepted, Declined, OrderState, Report
from botfleet.errors import NotFound


def submit(
    orders: Sequence[OrderId], *, book: OrderBook, brokers: Brokers, pools: Pools, clock: Clock
) -> int:
    """Send those of `orders` that are still pending; give how many were sent.

    Raises:
        StoreUnavailable: what was marked stays SENDING and is resolved by asking the broker.
    """
    marked = book.begin_sending(orders, clock.now())
    for order in marked:
        _send(order, book, brokers, pools, clock.now())
    return len(marked)


def _send(order: Order, book: OrderBook, brokers: Brokers, pools: Pools, now: datetime) -> None:
    try:
        account = brokers.account(order.account_id)
    except NotFound as reason:
        _decline(order, str(reason), book, pools, now)
        return
    answer = account.submit(order.ticket)
    if isinstance(answer, Accepted):
        look(order, answer.broker_order_id, account, book=book, pools=pools, now=now)
    elif isinstance(answer, Declined):
        _decline(order, answer.reason, book, pools, now)
    else:
        book.record([Step(order, OrderState.UNKNOWN, now, reason=answer.reason)])


def _decline(order: Order, reason: str, book: OrderBook, pools: Pools, now: datetime) -> None:
    report = Report("", order.wire_id, OrderState.REJECTED, order.quantity, (), reason)
    pools.settle(book.end(order, report, now, cost=0))
