"""What the fleet needs of its order book: an order is written before it is sent, and every word of
the broker is written before it is acted upon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from botfleet.application.ports.pools import Settlement
from botfleet.domain.ids import AccountId, OrderId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.ladder import Rung
from botfleet.domain.orders.order import Effect, OrderState, Report, Ticket
from botfleet.domain.trades.structures import Structure


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands in the book. `check_at` is when to look at it next, market time."""

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
    sent_at: datetime | None

    @property
    def limit(self) -> Decimal:
        """The price of the rung it stands on."""
        return self.rungs[self.rung].limit

    @property
    def ticket(self) -> Ticket:
        """What goes to the broker."""
        return Ticket(self.wire_id, self.symbol, self.effect, self.legs, self.quantity, self.limit)


@dataclass(frozen=True, slots=True)
class Step:
    """What was learned of an order, and when to look again."""

    order: Order
    state: OrderState
    check_at: datetime
    broker_order_id: str = ""
    reason: str = ""
    rung: int | None = None
    looks: int | None = None


class OrderBook(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def begin_sending(self, orders: Sequence[OrderId], now: datetime) -> Sequence[Order]:
        """Mark pending orders SENDING; give those this call marked: only they are sent."""
        ...

    def take_due(self, now: datetime, most: int) -> Sequence[Order]:
        """Lease one account's orders: those whose look is due, or whose sender seems dead."""
        ...

    def record(self, steps: Sequence[Step]) -> None:
        """Write what was learned of orders that have not ended."""
        ...

    def end(
        self, order: Order, report: Report, now: datetime, *, cost: int
    ) -> Sequence[Settlement]:
        """Book new fills, and where the order ended its draw, position and owner's notice too.

        `cost` is what the filled part of an open commits, in cents.

        Executions are booked once by their id, however often they are reported. Gives how the pool
        is to be settled.
        """
        ...

    def unsent(self, grace_s: float) -> Sequence[OrderId]:
        """List pending orders whose message seems lost (real time)."""
        ...
