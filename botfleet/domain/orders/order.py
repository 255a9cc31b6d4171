"""An order, and what a broker may say of it.

    PENDING    written, provably not sent
    SENDING    may have left (committed before the wire)
    UNKNOWN    nobody knows whether the broker has it: only the broker can say
    WORKING    at the broker, nothing filled
    PARTIAL    at the broker, part filled
    FILLED · CANCELLED · REJECTED · EXPIRED     ended

How one state leads to another is the table in `life`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.market.instruments import Leg


class OrderState(StrEnum):
    """Where an order is in its life."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    WORKING = "working"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


ENDS = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.EXPIRED})


def is_ended(state: OrderState) -> bool:
    """Say whether nothing more is expected of an order in `state`."""
    return state in ENDS


class OrderClass(StrEnum):
    """What a broker makes of an order's own id (RELIABILITY 1).

    FENCED refuses a second order of the same id; FOUND shows the id again, and takes a second
    order; BLIND shows no id, and its orders are told apart by what they are.
    """

    FENCED = "A"
    FOUND = "B"
    BLIND = "C"


class Effect(StrEnum):
    """Whether an order makes a position or ends one."""

    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is sent to a broker.

    `legs` are those of one unit (ratio > 0 bought, < 0 sold), `quantity` the units. `limit` is the
    net price a share of one unit: > 0 is paid, < 0 is received. One leg alone is a limit order.
    """

    wire_id: str
    symbol: str
    effect: Effect
    legs: tuple[Leg, ...]
    quantity: int
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill, deduplicated by `execution_id` within the account; `price` as `Ticket.limit`."""

    execution_id: str
    quantity: int
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What the broker says of an order now: its state and every execution so far.

    `legs` are those of one unit, of `symbol`; `limit` as `Ticket.limit`. A broker that shows no
    own id (`OrderClass.BLIND`) leaves `wire_id` empty: such an order is known by the rest. An
    order that was replaced keeps the id of the first, and the executions of all.
    """

    broker_order_id: str
    wire_id: str
    state: OrderState
    quantity: int
    executions: tuple[Execution, ...]
    reason: str = ""
    legs: tuple[Leg, ...] = ()
    symbol: str = ""
    limit: Decimal | None = None
    entered_at: datetime | None = None

    @property
    def filled(self) -> int:
        """The units that filled."""
        return sum(execution.quantity for execution in self.executions)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker has the order."""

    broker_order_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The broker said no, in its own words."""

    reason: str


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The broker has no such order, provably: it may be sent after `wait_s` real seconds.

    Where the broker `is_down` only what closes is worth waiting.
    """

    reason: str
    wait_s: float
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class Unheard:
    """No definite answer came: the order may or may not be there."""

    reason: str
