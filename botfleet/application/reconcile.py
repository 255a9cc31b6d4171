"""Reconcile: hold one account's book beside the broker's, and write down in what they differ.

Orders, then positions, then orders again; a list that fails or falls short changes nothing (R31).
Orders are bound to ours and what the broker knows better is booked; what cannot be bound, and what
should be held and is not, is a break for people to see. Nothing is traded to mend one, and what is
the user's own is never touched (RELIABILITY 4). What is there of ours and in no book here is
written again where its id proves its cause. One account's pass is nobody else's: each is leased
by itself, and an account without live orders or open positions is not asked about at all, but for
the day after one of its orders was given up because no list showed it, and once a minute after one
was cancelled: a fill may have won that was told of later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from botfleet.application.ports.brokers import BrokerAccount, Brokers
from botfleet.application.ports.debts import Debts
from botfleet.application.ports.orders import Order, OrderBook, Word
from botfleet.application.ports.passes import FREEZING, Break, BreakKind, Passed, Passes
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.restraint import Restraint
from botfleet.application.rebuild import Rebuilder
from botfleet.domain.ids import AccountId
from botfleet.domain.market.calendar import is_open
from botfleet.domain.orders.life import heard
from botfleet.domain.orders.matching import Bound, bind, has_own_shape, is_same_trade
from botfleet.domain.orders.order import OrderState, Report, is_ended
from botfleet.domain.positions.shortfalls import Shortfall, shortfalls
from botfleet.errors import BrokerUnavailable, NotFound, StoreUnavailable

#: Real seconds between the passes of an account.
EVERY_S = 15.0
#: How far back orders that ended are still looked at: a broker lists its session.
SINCE = timedelta(hours=24)
#: How long it is tried to give an account back that a store kept from being passed, real seconds.
_OWED_S = 60.0
HOLDER = "reconcile"
AFTER_ITS_END = "It works at the broker after its end here."


@dataclass(frozen=True, slots=True)
class Reconciler:
    """What a pass takes."""

    passes: Passes
    book: OrderBook
    brokers: Brokers
    pools: Pools
    restraint: Restraint
    rebuilder: Rebuilder
    debts: Debts

    def next(self, now: datetime) -> bool:
        """Make the pass of one account that is due; say whether there was one.

        Raises:
            StoreUnavailable: the account is given back as soon as the store answers, and comes due
                again; at the latest its lease ends.
        """
        taken = self.passes.take(EVERY_S)
        if taken is None:
            return False
        account, suspects = taken
        try:
            self._compare(account, suspects, now)
        except StoreUnavailable as why:
            self.debts.owe(partial(self.passes.failed, account, str(why)), _OWED_S)
            raise
        return True

    def _compare(self, account: AccountId, suspects: frozenset[str], now: datetime) -> None:
        try:
            there = _There.asked(self.brokers.account(account))
        except (BrokerUnavailable, NotFound) as why:
            self.passes.failed(account, str(why))
            return
        self._pass(_Pass(self, account, there, now), suspects)

    def _pass(self, one: "_Pass", suspects: frozenset[str]) -> None:
        breaks = list(one.orders())
        short = one.shortfalls()
        seen = frozenset(f"{each.instrument}:{each.expected}:{each.there}" for each in short)
        if seen & suspects:
            again = [s for s in short if f"{s.instrument}:{s.expected}:{s.there}" in suspects]
            breaks += one.missing(again)
        new = self.passes.passed(one.account, one.now, Passed(breaks, seen))
        self._restrain(one.account, breaks, new)

    def _restrain(self, account: AccountId, breaks: Sequence[Break], new: Sequence[Break]) -> None:
        grave = [one for one in breaks if one.kind in FREEZING]
        if not grave:
            self.restraint.release(account, by=HOLDER)
        elif any(one in grave for one in new):
            self.restraint.reduce(account, grave[0].detail[:200], by=HOLDER)


@dataclass(frozen=True, slots=True)
class _There:
    """What the broker says: orders before and after, and positions between."""

    account: BrokerAccount
    before: Sequence[Report]
    held: dict[str, int]
    after: Sequence[Report]

    @classmethod
    def asked(cls, account: BrokerAccount) -> "_There":
        before = account.orders()
        held: dict[str, int] = {}
        for one in account.positions():
            held[one.symbol] = held.get(one.symbol, 0) + one.quantity
        return cls(account, before, held, account.orders())

    @property
    def is_still(self) -> bool:
        """Whether nothing moved meanwhile: then orders and positions are of one moment."""
        return _stand(self.before) == _stand(self.after)


def _named(order: Order) -> str:
    """Name an order as people and the broker find it."""
    return f"order {order.order_id} (tag {order.wire_id})"


def _stand(reports: Sequence[Report]) -> dict[str, tuple[OrderState, int]]:
    return {one.broker_order_id: (one.state, one.filled) for one in reports}


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass of one account."""

    house: Reconciler
    account: AccountId
    there: _There
    now: datetime

    def orders(self) -> Iterator[Break]:
        """Bind orders, book what is new, and tell of what does not fit.

        Ours are read after the broker's: whatever it shows was written here before.
        """
        ours = self.house.book.listed(self.account, self.now - SINCE)
        bound = bind(ours, self.there.after)
        yield from self._told(ours, bound)
        strange = [one for one in bound.strangers if has_own_shape(one.wire_id)]
        known = self.house.book.known([one.wire_id for one in strange]) if strange else ()
        yield from self._orphans([one for one in strange if one.wire_id not in known])

    def _orphans(self, strange: Sequence[Report]) -> Iterator[Break]:
        """Rebuild what is provably ours; tell of all."""
        if not strange:
            return
        rebuilt = self.house.rebuilder.rebuild(self.account, strange, self.now)
        for report in strange:
            words = f"order {report.broker_order_id} ({report.wire_id}) is {report.state} at the"
            if report.wire_id in rebuilt:
                detail = (
                    f"{words} broker and was in no book here: rebuilt from what the broker says"
                )
                yield Break(BreakKind.REBUILT, report.wire_id, detail)
            else:
                detail = f"{words} broker, in no book here, and nothing proves whose it is"
                yield Break(BreakKind.ORPHAN, report.wire_id, detail)

    def _told(self, ours: Sequence[Order], bound: Bound) -> Iterator[Break]:
        words: list[Word] = []
        for order in ours:
            report = bound.pairs.get(order.wire_id)
            if order.wire_id in bound.unclear:
                detail = f"several orders at the broker could be {_named(order)}; none is taken"
                yield Break(BreakKind.UNCLEAR, order.wire_id, detail)
            elif report is None:
                yield from self._absent(order)
            elif order.state is OrderState.PENDING and not is_same_trade(order, report):
                detail = f"{_named(order)} was not sent, and is another trade at the broker"
                yield Break(BreakKind.UNCLEAR, order.wire_id, detail)
            else:
                report = self._again(report) if order.wire_id in bound.guessed else report
                yield from self._late(order, report)
                if self._is_revived(order, report):
                    detail = f"{_named(order)} works after its end; its cancel is asked for"
                    yield Break(BreakKind.REVIVED, order.wire_id, detail)
                    words.append(self._cancelled(order, report))
                else:
                    words += self._news(order, report)
        self.house.pools.settle(self.house.book.record(words, self.now))

    def _again(self, report: Report) -> Report:
        """Look at an order by its number before it is believed to be ours."""
        try:
            again = self.there.account.order(report.broker_order_id)
        except BrokerUnavailable:
            return report
        return again if sorted(again.legs, key=str) == sorted(report.legs, key=str) else report

    def _news(self, order: Order, report: Report) -> Iterator[Word]:
        happening = heard(order.state, order.filled, report)
        is_same = report.state is order.state and report.filled == order.filled
        if happening is not None and not is_same:
            yield Word(order, self.now, report=report)

    def _absent(self, order: Order) -> Iterator[Break]:
        is_old = order.sent_at is not None and self.now - order.sent_at > SINCE
        if order.state in (OrderState.UNKNOWN, OrderState.SENDING) and is_old:
            detail = f"nobody knows what became of {_named(order)}, sent at {order.sent_at}"
            yield Break(BreakKind.UNKNOWN, order.wire_id, detail)

    def _late(self, order: Order, report: Report) -> Iterator[Break]:
        """Tell of what filled of an order after its end."""
        if is_ended(order.state) and report.filled > order.filled:
            words = f"{report.filled - order.filled} of {_named(order)} filled after its end"
            yield Break(BreakKind.LATE, order.wire_id, words)

    def _is_revived(self, order: Order, report: Report) -> bool:
        """Whether it has ended here and not there."""
        has_ended = is_ended(order.state) and not is_ended(report.state)
        return has_ended and not is_ended(self._again(report).state)

    def _cancelled(self, order: Order, report: Report) -> Word:
        """Ask for the end of what should have ended; book what filled of it."""
        word = Word(order, self.now, report=report)
        try:
            self.there.account.cancel(report.broker_order_id)
        except BrokerUnavailable:  # the next pass finds it again
            return word
        return replace(word, reason=AFTER_ITS_END, is_cancelling=True)

    def shortfalls(self) -> list[Shortfall]:
        """Find what should be held and is not, while the market is open and nothing moves."""
        if not self.there.is_still or not is_open(self.now):
            return []
        return shortfalls(self.house.passes.held(self.account), self.there.held)

    def missing(self, short: Sequence[Shortfall]) -> Iterator[Break]:
        """Take what is missing for the second time away from its bots, and tell of it."""
        for one in short:
            words = f"{one.words} (E12)."
            self.house.passes.miss(one.positions, words, self.now)
            yield Break(BreakKind.MISSING, one.instrument, words)
