"""Submit: mark orders SENDING, commit, and only then send each once; write down what came back.

Whoever marks an order is the only one to send it. What no definite answer came for is UNKNOWN and
keeps its capital: `resolve` asks the broker, nobody sends again (R30). Those marked together are
sent side by side, so that none waits behind a slow one until others think its sender dead. An order
that cannot leave at once (a login, a slow connection, a process that was stopped) leaves only if
its switches, looked at again, still let it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from botfleet.application.note import Noter
from botfleet.application.ports.brokers import Brokers, MayLeave
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.lanes import Lanes
from botfleet.application.ports.orders import Begun, Order, OrderBook, Word
from botfleet.domain.ids import OrderId
from botfleet.domain.orders.life import NOT_IN_TIME, Happening, is_stale
from botfleet.domain.orders.order import Accepted, Declined, Effect, HeldBack, Unheard
from botfleet.errors import NotFound, StoreUnavailable

#: How long after a submit without an answer the broker is asked.
FIRST_LOOK = timedelta(seconds=1)

#: Why an order does not leave, or nobody knows whether it did: its account or login was away.
AWAY = "The fleet's own store did not answer."

Answer = Accepted | Declined | HeldBack | Unheard


def submit(
    orders: Sequence[OrderId],
    *,
    book: OrderBook,
    brokers: Brokers,
    noter: Noter,
    clock: Clock,
    lanes: Lanes,
) -> int:
    """Send those of `orders` that are still pending; give how many were marked to be sent.

    Raises:
        StoreUnavailable: what came back is owed. What nobody lives to write stays SENDING and is
            resolved by asking the broker.
    """
    now = clock.now()
    begun = book.begin_sending(orders, now)
    sending = partial(_word, begun=begun, book=book, brokers=brokers, now=now)
    words = lanes.each(sending, begun.orders)
    noter.note(words, clock.now(), begun.ends)
    return len(begun.orders)


def _word(order: Order, begun: Begun, book: OrderBook, brokers: Brokers, now: datetime) -> Word:
    if is_stale(order.effect, order.created_at, now):
        return Word(order, now, Happening.WITHDRAWN, reason=NOT_IN_TIME)
    match _send(order, brokers, partial(book.may_leave, order, begun.looked_s)):
        case Accepted(number):
            return Word(order, now, Happening.ACCEPTED, broker_order_id=number)
        case Declined(reason):
            return Word(order, now, Happening.REFUSED, reason=reason)
        case HeldBack(reason, _, is_down=True) if order.effect is Effect.OPEN:
            return Word(order, now, Happening.WITHDRAWN, reason=reason)
        case HeldBack(reason, wait_s):
            return Word(order, now, Happening.HELD_BACK, reason=reason, wait_s=wait_s)
        case Unheard(reason):
            return Word(order, now + FIRST_LOOK, Happening.UNHEARD, reason=reason)


def _send(order: Order, brokers: Brokers, may_leave: MayLeave) -> Answer:
    try:
        account = brokers.account(order.account_id)
    except NotFound as reason:
        return Declined(str(reason))
    except StoreUnavailable:
        return HeldBack(AWAY, 0.0)
    try:
        return account.submit(order.ticket, may_leave)
    except StoreUnavailable:
        return Unheard(AWAY)
