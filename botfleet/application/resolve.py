"""Resolve: ask a broker about one account's due orders, climb their ladders, and book how they end.

One question an account, however many of its orders are due. A failed question is not evidence
(R31): the orders stay as they were. An order nobody knows the fate of is found by its wire id in
the full list; absent from several full lists after every bound has passed, it never arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from botfleet.application.ports.brokers import BrokerAccount, Brokers
from botfleet.application.ports.orders import Order, OrderBook, Step
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.domain.orders.order import Effect, OrderState, Report, is_ended
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import strikes_of
from botfleet.errors import BrokerUnavailable, NotFound

#: Orders taken by one call; a slow broker holds up no more than these.
TAKEN_MAX = 64
#: How long after a question without an answer the broker is asked again, market time.
AGAIN = timedelta(seconds=5)
#: Full lists without the order, and the time since it was sent, before it counts as never arrived.
LOOKS_MIN, QUIET = 3, timedelta(seconds=60)


def resolve(now: datetime, *, book: OrderBook, brokers: Brokers, pools: Pools) -> int:
    """Look at the due orders of one account; give how many were looked at.

    Raises:
        StoreUnavailable: leases end by themselves; the orders come due again.
    """
    taken = book.take_due(now, TAKEN_MAX)
    if not taken:
        return 0
    try:
        account = brokers.account(taken[0].account_id)
        reports = _ask(taken, account)
    except (BrokerUnavailable, NotFound) as reason:
        book.record([_later(order, now, str(reason)) for order in taken])
        return len(taken)
    looked = [_Look(order, report, account, now) for order, report in _pairs(taken, reports)]
    pools.settle([end for look in looked for end in look.booked(book)])
    book.record([step for look in looked if (step := look.step()) is not None])
    return len(taken)


def _ask(orders: Sequence[Order], account: BrokerAccount) -> Sequence[Report]:
    """Ask for the one order, or list them all: an order not known there is found only so."""
    if len(orders) == 1 and orders[0].broker_order_id:
        return [account.order(orders[0].broker_order_id)]
    return account.orders()


def _pairs(orders: Sequence[Order], reports: Sequence[Report]) -> list[tuple[Order, Report | None]]:
    by_id = {report.broker_order_id: report for report in reports}
    by_wire = {report.wire_id: report for report in reversed(reports)}
    return [
        (order, by_id.get(order.broker_order_id) or by_wire.get(order.wire_id)) for order in orders
    ]


def _later(order: Order, now: datetime, reason: str = "") -> Step:
    state = OrderState.UNKNOWN if order.state is OrderState.SENDING else order.state
    return Step(order, state, now + AGAIN, reason=reason)


@dataclass(frozen=True, slots=True)
class _Look:
    """One order, and what the broker says of it now; None: its list does not show it."""

    order: Order
    report: Report | None
    account: BrokerAccount
    now: datetime

    def booked(self, book: OrderBook) -> Sequence[Settlement]:
        """Book new fills and the end, where there are any."""
        report = self._final
        if report is None:
            return ()
        return book.end(self.order, report, self.now, cost=cost(self.order, report))

    @property
    def _final(self) -> Report | None:
        """Give the report if it changes the books: it ended, or filled further."""
        order, report = self.order, self.report
        if report is None:
            return self._never_arrived()
        return report if is_ended(report.state) or filled(report) > order.filled else None

    def _never_arrived(self) -> Report | None:
        order = self.order
        is_quiet = self.now >= (order.sent_at or self.now) + QUIET
        if order.broker_order_id or order.looks + 1 < LOOKS_MIN or not is_quiet:
            return None
        return Report(
            "", order.wire_id, OrderState.REJECTED, order.quantity, (), "It never arrived."
        )

    def step(self) -> Step | None:
        """Hold the rung, climb to the next, or, from the last, cancel; None for an ended order."""
        order, report = self.order, self.report
        if report is None:
            if self._never_arrived():
                return None
            step = _later(order, self.now)
            return Step(order, step.state, step.check_at, looks=order.looks + 1)
        if is_ended(report.state):
            return None
        if self.now < self._held_until(order.rung):
            return self._stay(self._held_until(order.rung))
        try:
            return self._climb_or_cancel(report)
        except BrokerUnavailable as reason:
            return self._stay(self.now + AGAIN, str(reason))

    def _climb_or_cancel(self, report: Report) -> Step:
        rung = self.order.rung + 1
        if rung >= len(self.order.rungs):
            self.account.cancel(report.broker_order_id)
            return self._stay(self.now)
        limit = self.order.rungs[rung].limit
        if limit != self.order.limit:
            self.account.replace(report.broker_order_id, limit=limit)
        return self._stay(self._held_until(rung), rung=rung)

    def _held_until(self, rung: int) -> datetime:
        placed = self.order.sent_at or self.now
        held_s = sum(one.hold_s for one in self.order.rungs[: rung + 1])
        return placed + timedelta(seconds=held_s)

    def _stay(self, until: datetime, reason: str = "", rung: int | None = None) -> Step:
        report = self.report
        state, known = (report.state, report.broker_order_id) if report else (self.order.state, "")
        return Step(self.order, state, until, known, reason, rung)


def filled(report: Report) -> int:
    """Count the units that filled."""
    return sum(execution.quantity for execution in report.executions)


def cost(order: Order, report: Report) -> int:
    """Give what the filled part of an open can lose, in cents: never more than was drawn for it."""
    units = filled(report)
    if order.effect is Effect.CLOSE or not units:
        return 0
    paid = sum((one.quantity * one.price for one in report.executions), Decimal(0))
    return worst_case(order.structure, strikes_of(order.legs), paid / units).cents * units
