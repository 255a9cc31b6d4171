"""Resolve: ask the broker about orders whose look is due, climb the ladder, and book how they end.

A failed question is not evidence (R31): the order stays as it was. An order nobody knows the fate of
is found by its wire id in the full list; absent from several full lists after every bound has
passed, it is void (paper) or kept until the session's end (live).
"""

from datetime import datetime, timedelta
from decimal import Decimal

from botfleet.application.ports.brokers import BrokerAccount, Brokers
from botfleet.application.ports.orders import Order, OrderBook, Step
from botfleet.application.ports.pools import Pools
from botfleet.domain.orders.order import Effect, OrderState, Report, is_ended
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import strikes_of
from botfleet.errors import BrokerUnavailable, NotFound

#: Orders taken by one call; a slow broker holds up no more than these.
TAKEN_MAX = 8
#: How long after a question without an answer the broker is asked again, market time.
AGAIN = timedelta(seconds=5)
#: Full lists without the order, and the time since it was sent, before it is held never to have come.
LOOKS_MIN, QUIET = 3, timedelta(seconds=60)


def resolve(now: datetime, *, book: OrderBook, brokers: Brokers, pools: Pools) -> int:
    """Look at up to `TAKEN_MAX` due orders; give how many were taken.

    Raises:
        StoreUnavailable: leases end by themselves; the orders come due again.
    """
    taken = book.take_due(now, TAKEN_MAX)
    for order in taken:
        try:
            account = brokers.account(order.account_id)
        except NotFound as reason:
            book.record([Step(order, order.state, now + AGAIN, reason=str(reason))])
            continue
        if order.broker_order_id:
            look(order, order.broker_order_id, account, book=book, pools=pools, now=now)
        else:
            _search(order, account, book, pools, now)
    return len(taken)


def look(  # noqa: PLR0913  an order, where it is, and the two books it is written into
    order: Order,
    broker_order_id: str,
    account: BrokerAccount,
    *,
    book: OrderBook,
    pools: Pools,
    now: datetime,
) -> None:
    """Ask for one order at the broker, and write down or act on the answer."""
    try:
        report = account.order(broker_order_id)
        if is_ended(report.state) or _filled(report) > order.filled:
            pools.settle(book.end(order, report, now, cost=_cost(order, report)))
        if not is_ended(report.state):
            _step(order, report, account, book, now)
    except BrokerUnavailable as reason:
        book.record([Step(order, OrderState.WORKING, now + AGAIN, broker_order_id, str(reason))])


def _filled(report: Report) -> int:
    return sum(execution.quantity for execution in report.executions)


def _cost(order: Order, report: Report) -> int:
    """Give what the filled part of an open can lose, in cents: never more than was drawn for it."""
    filled = _filled(report)
    if order.effect is Effect.CLOSE or not filled:
        return 0
    paid = sum((one.quantity * one.price for one in report.executions), Decimal(0))
    unit = worst_case(order.structure, strikes_of(order.legs), paid / filled)
    return unit.cents * filled


def _step(
    order: Order, report: Report, account: BrokerAccount, book: OrderBook, now: datetime
) -> None:
    """Hold the rung, climb to the next, or, from the last, cancel."""
    placed = order.sent_at or now
    held_until = placed + timedelta(
        seconds=sum(rung.hold_s for rung in order.rungs[: order.rung + 1])
    )
    if now < held_until:
        step = Step(order, report.state, held_until, report.broker_order_id)
    elif order.rung + 1 < len(order.rungs):
        step = _climb(order, report, account, now)
    else:
        account.cancel(report.broker_order_id)
        step = Step(order, report.state, now, report.broker_order_id)
    book.record([step])


def _climb(order: Order, report: Report, account: BrokerAccount, now: datetime) -> Step:
    rung = order.rungs[order.rung + 1]
    account.replace(report.broker_order_id, limit=rung.limit)
    return Step(order, report.state, now, report.broker_order_id, rung=order.rung + 1)


def _search(
    order: Order, account: BrokerAccount, book: OrderBook, pools: Pools, now: datetime
) -> None:
    """Find an order of unknown fate in the broker's full list."""
    try:
        found = [report for report in account.orders() if report.wire_id == order.wire_id]
    except BrokerUnavailable as reason:
        book.record([Step(order, OrderState.UNKNOWN, now + AGAIN, reason=str(reason))])
        return
    if found:
        adopted = found[0].broker_order_id
        book.record([Step(order, OrderState.WORKING, now, adopted)])
        look(order, adopted, account, book=book, pools=pools, now=now)
    elif order.looks + 1 >= LOOKS_MIN and now >= (order.sent_at or now) + QUIET:
        never = Report("", order.wire_id, OrderState.REJECTED, order.quantity, (), "never arrived")
        pools.settle(book.end(order, never, now, cost=0))
    else:
        book.record([Step(order, OrderState.UNKNOWN, now + AGAIN, looks=order.looks + 1)])
