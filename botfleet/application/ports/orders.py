"""What the fleet needs of its order book: an order is written before it is sent, and every word of
the broker is written before it is acted upon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import inf
from typing import Protocol

from botfleet.application.ports.pools import Settlement
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.ids import AccountId, OrderId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.ladder import Rung
from botfleet.domain.orders.life import Happening, heard
from botfleet.domain.orders.order import Effect, OrderState, Report, Ticket
from botfleet.domain.trades.structures import Structure

#: How long orders are whose who sends them or looks at them, real seconds: longer than a call to a
#: broker may take, its token's renewal before it. After it who had them counts as dead.
LEASE_S = 40
#: An order leaves this soon after its switches were looked at, or they are looked at again.
AT_ONCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands in the book; instants are market time.

    `filled_at` is when a fill was last booked, `looks` how many full listings did not show it;
    `broker` is whose account it is in. `lease_until`, real time, names whose turn it is.
    """

    order_id: OrderId
    account_id: AccountId
    wire_id: str
    effect: Effect
    state: OrderState
    symbol: str
    structure: Structure
    legs: tuple[Leg, ...]
    quantity: int
    rungs: tuple[Rung, ...]
    rung: int
    broker_order_id: str
    filled: int
    looks: int
    created_at: datetime
    sent_at: datetime | None
    filled_at: datetime | None
    mode: Mode = Mode.ACTIVE
    broker: str = ""
    lease_until: datetime | None = None

    @property
    def limit(self) -> Decimal:
        """The price of the rung it stands on."""
        return self.rungs[self.rung].limit

    @property
    def ticket(self) -> Ticket:
        """What goes to the broker."""
        return Ticket(self.wire_id, self.symbol, self.effect, self.legs, self.quantity, self.limit)


@dataclass(frozen=True, slots=True)
class Word:
    """What was learned of an order, and when to look at it again.

    Either something happened here, or the broker gave a `report`; neither: only the next look is
    another. `wait_s` is how long one that was held back waits, real time. Where it `is_cancelling`
    its cancel was asked for just now, for `reason`.
    """

    order: Order
    check_at: datetime
    happening: Happening | None = None
    report: Report | None = None
    broker_order_id: str = ""
    reason: str = ""
    rung: int | None = None
    looks: int | None = None
    wait_s: float = 0.0
    is_cancelling: bool = False

    def meaning(self, now: OrderState, booked: int) -> Happening | None:
        """Say what this tells of an order in `now` of which `booked` units have filled."""
        return self.happening if self.report is None else heard(now, booked, self.report)


@dataclass(frozen=True, slots=True)
class Begun:
    """Orders that are to be sent now; those withdrawn instead, and how to settle their pools.

    `looked_s` is from when on switches may have been thrown that were not seen; see `may_leave`.
    """

    orders: Sequence[Order]
    ends: Sequence[Settlement] = ()
    withdrawn: Sequence[Order] = ()
    looked_s: float = -inf


class OrderBook(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def begin_sending(self, orders: Sequence[OrderId], now: datetime) -> Begun:
        """Mark pending orders SENDING; give those this call marked: only they are sent.

        What a switch bars is withdrawn here instead, and so never sent (R38).
        An open on an account that is recovering stays pending until its pass has succeeded.
        """
        ...

    def look(self, order: Order) -> float | None:
        """Look at an order's switches as `begin_sending` does; None: one bars it.

        Else gives from when on switches may have been thrown that were not seen: this machine's
        real seconds.
        """
        ...

    def may_leave(self, order: Order, looked_s: float = -inf) -> bool:
        """Say whether an order, or a new price of it, may leave within this instant.

        It may where its switches were looked at `AT_ONCE_S` ago at most (`looked_s`); else they are
        looked at again. Where the store cannot be had, or this machine takes too long between
        looking and leaving, nothing leaves.
        """
        ...

    def take_due(self, now: datetime, most: int) -> Sequence[Order]:
        """Lease one account's orders: those whose look is due, or whose sender seems dead."""
        ...

    def record(self, words: Sequence[Word], now: datetime) -> Sequence[Settlement]:
        """Write what was learned, each as the table `life` has it for the state the order is in by
        now, and all that follows: fills, draws, positions, owners' notices, history.

        Executions are booked once by their id, however often they are reported. That nothing left
        is taken of who sends it only: where it is another's turn by now, it changes nothing. Gives
        how pools are to be settled.
        """
        ...

    def listed(self, account: AccountId, since: datetime) -> Sequence[Order]:
        """List an account's orders that were sent since, ended or not, and those not ended."""
        ...

    def known(self, wire_ids: Sequence[str]) -> frozenset[str]:
        """Give those of these own ids that are in the book, whenever they were sent."""
        ...

    def unsent(self, grace_s: float) -> Sequence[OrderId]:
        """List pending orders whose message seems lost (real time)."""
        ...
