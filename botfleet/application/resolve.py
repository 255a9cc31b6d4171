"""Resolve: ask a broker about one account's due orders, climb their ladders, and book how they end.

One question an account, however many of its orders are due. A failed question is not evidence
(R31): the orders stay as they were. An order nobody knows the fate of is found by its wire id in
the full list; absent from several full lists after every bound has passed, it never arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from botfleet.application.note import Noter
from botfleet.application.ports.brokers import BrokerAccount, Brokers
from botfleet.application.ports.orders import Order, OrderBook, Word
from botfleet.domain.bots.safeguards import bars
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import session_on
from botfleet.domain.orders.ladder import held_until
from botfleet.domain.orders.life import Happening
from botfleet.domain.orders.order import OrderClass, OrderState, Report, is_ended
from botfleet.errors import BrokerUnavailable, NotFound, StoreUnavailable

#: Orders taken by one call; a slow broker holds up no more than these.
TAKEN_MAX = 64
#: How long after a question without an answer the broker is asked again, market time.
AGAIN = timedelta(seconds=2)
#: How often an order that rests is looked at all the same: it may fill.
RESTING = timedelta(seconds=30)
#: Full lists without the order, and the time since it was sent, before it counts as never arrived.
LOOKS_MIN, QUIET = 3, timedelta(seconds=60)

#: Why a cancel is asked for.
LAST_RUNG, BARRED = "Its last price has had its time.", "A switch lets it trade no longer."


def resolve(now: datetime, *, book: OrderBook, brokers: Brokers, noter: Noter) -> int:
    """Look at the due orders of one account; give how many were looked at.

    Raises:
        StoreUnavailable: what was learned is owed; or leases end, and the orders come due again.
    """
    taken = book.take_due(now, TAKEN_MAX)
    if not taken:
        return 0
    try:
        account = brokers.account(taken[0].account_id)
        reports = _ask(taken, account)
    except (BrokerUnavailable, NotFound) as reason:
        words = [_unheard(order, now, str(reason)) for order in taken]
    except StoreUnavailable:  # nobody was asked
        words = [Word(order, now + AGAIN) for order in taken]
    else:
        look = _Look(account, now, book)
        words = [look.word(order, report) for order, report in _pairs(taken, reports)]
    noter.note(words, now)
    return len(taken)


def _ask(orders: Sequence[Order], account: BrokerAccount) -> Sequence[Report]:
    """Ask for the one order, or list them all: an order not known there is found only so."""
    if len(orders) == 1 and orders[0].broker_order_id:
        report = account.order(orders[0].broker_order_id)
        if _is_of(report, orders[0]):
            return [report]
    return account.orders()


def _pairs(orders: Sequence[Order], reports: Sequence[Report]) -> list[tuple[Order, Report | None]]:
    by_id = {report.broker_order_id: report for report in reports}
    by_wire = {report.wire_id: report for report in reversed(reports)}
    named = [(order, by_id.get(order.broker_order_id)) for order in orders]
    return [
        (order, report if report and _is_of(report, order) else by_wire.get(order.wire_id))
        for order, report in named
    ]


def _is_of(report: Report, order: Order) -> bool:
    """Say whether a report is this order's: a broker may have named another's number."""
    return report.wire_id in ("", order.wire_id)


def _unheard(order: Order, now: datetime, reason: str) -> Word:
    happening = Happening.UNHEARD if order.state is OrderState.SENDING else None
    return Word(order, now + AGAIN, happening, reason=reason)


@dataclass(slots=True)
class _Look:
    """One account as it answers now; once it is silent its other orders wait for the next look."""

    account: BrokerAccount
    now: datetime
    book: OrderBook
    silence: str = field(default="")

    def word(self, order: Order, report: Report | None) -> Word:
        """Say what `report` tells of `order`, and do what its ladder, or a switch, asks for."""
        if report is None:
            return self._absent(order)
        if is_ended(report.state):
            return Word(order, self.now, report=report)
        held_until, is_barred = self._held_until(order, report), bars(order.mode, order.effect)
        if self.now < held_until and not is_barred:
            return Word(order, min(held_until, self.now + RESTING), report=report)
        if self.silence:
            return Word(order, self.now + AGAIN, report=report, reason=self.silence)
        try:
            return self._climb_or_cancel(order, report, is_barred=is_barred)
        except StoreUnavailable:  # its switches cannot be seen, so it keeps its price
            return Word(order, self.now + AGAIN, report=report)
        except BrokerUnavailable as reason:
            self.silence = str(reason)
            return Word(order, self.now + AGAIN, report=report, reason=self.silence)

    def _absent(self, order: Order) -> Word:
        """Wait, until every bound has passed: then it never arrived."""
        looks = order.looks + 1
        if looks >= LOOKS_MIN and self._is_quiet(order):
            happening, reason = Happening.MISSED, "It never arrived."
            return Word(order, self.now, happening, reason=reason, looks=looks)
        is_sending = order.state is OrderState.SENDING
        happening_now = Happening.UNHEARD if is_sending else None
        return Word(order, self.now + AGAIN, happening_now, looks=looks)

    def _is_quiet(self, order: Order) -> bool:
        """Say whether nothing sent then can still come up.

        A list is of its session: one of a later day says nothing of this order. At a broker that is
        `is_strict`, which cannot fence a late request off, only the session's end is quiet; so it
        is where orders have no id of ours, and only `reconcile`, who sees all, may bind them.
        """
        sent_at = order.sent_at or self.now
        if order.broker_order_id or day_of(sent_at) != day_of(self.now):
            return False
        session = session_on(day_of(sent_at))
        is_slow = self.account.is_strict or self.account.order_class is OrderClass.BLIND
        ends_at = session.closes_at if is_slow and session else sent_at
        return self.now >= max(ends_at, sent_at + QUIET)

    def _climb_or_cancel(self, order: Order, report: Report, *, is_barred: bool) -> Word:
        rung = order.rung + 1
        if is_barred or rung >= len(order.rungs):
            self.account.cancel(report.broker_order_id)
            why = BARRED if is_barred else LAST_RUNG
            return Word(order, self.now, report=report, reason=why, is_cancelling=True)
        limit = order.rungs[rung].limit
        if limit != order.limit:
            looked_s = self.book.look(order)
            if looked_s is None:  # a switch was thrown since it was taken
                return self._climb_or_cancel(order, report, is_barred=True)
            may_leave = partial(self.book.may_leave, order, looked_s)
            self.account.replace(report.broker_order_id, limit=limit, may_leave=may_leave)
        sent_at = order.sent_at or self.now
        until = held_until(order.rungs, rung, sent_at=sent_at, filled_at=order.filled_at)
        return Word(order, min(until, self.now + RESTING), report=report, rung=rung)

    def _held_until(self, order: Order, report: Report) -> datetime:
        filled_at = self.now if report.filled > order.filled else order.filled_at
        sent_at = order.sent_at or self.now
        return held_until(order.rungs, order.rung, sent_at=sent_at, filled_at=filled_at)
