"""What an auditor needs: the broker's own book, and what the fleet wrote about the same day.

Two witnesses that share nothing but the orders' tags. Prices are net US dollars a share of one
unit: > 0 paid, < 0 received; amounts of the fleet's ledger whole cents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from botfleet.domain.capital.drift import Kept
from botfleet.domain.ids import BotId, DrawId, OrderId, PositionId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.positions.position import PositionState
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.trades.structures import Structure


@dataclass(frozen=True, slots=True)
class BrokerExecution:
    """A fill of an order's units, as the broker booked it."""

    order: int
    units: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class BrokerEvent:
    """One change of an order's state, in the order the broker made them; `executed` of `units`.

    `number` is the order's on the broker's wire, where it carries no tag to be known by.
    `what` is accepted, repriced, filled, rejected, canceled or expired; or settled, where the
    account's holding of `symbol` was booked away: then there is no order.
    """

    at: datetime
    account: str
    order: int | None
    tag: str
    what: str
    limit: Decimal | None = None
    units: int = 0
    executed: int = 0
    symbol: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class BrokerHolding:
    """What an account holds: an OCC symbol or a ticker; a short quantity is below zero."""

    account: str
    symbol: str
    quantity: int


@dataclass(frozen=True, slots=True)
class BrokerBook:
    """The broker's book, events and executions in the order they happened."""

    events: tuple[BrokerEvent, ...]
    executions: tuple[BrokerExecution, ...]
    holdings: tuple[BrokerHolding, ...]


@dataclass(frozen=True, slots=True)
class LedgerBot:
    """A bot's limits, and what its pool's row says of it."""

    bot_id: BotId
    name: str
    allocation: int
    committed: int
    pending: int
    gains: int
    open_n: int
    pending_n: int
    open_max: int
    day_max: int


@dataclass(frozen=True, slots=True)
class LedgerOrder:
    """An order as the fleet wrote it. `was_sent`: it is past the point where it may have left."""

    order_id: OrderId
    wire_id: str
    bot_id: BotId
    position_id: PositionId
    effect: Effect
    state: OrderState
    was_sent: bool
    quantity: int
    filled: int
    broker_order_id: str = ""


@dataclass(frozen=True, slots=True)
class LedgerPosition:
    """A position as the fleet wrote it; `account` by the broker's number.

    `opened_legs` are those of the order that opened it: a covered call may have become shares.
    """

    position_id: PositionId
    bot_id: BotId
    account: str
    symbol: str
    structure: Structure
    legs: tuple[Leg, ...]
    quantity: int
    state: PositionState
    opened_legs: tuple[Leg, ...] = ()

    @property
    def as_opened(self) -> "LedgerPosition":
        """The position before its call expired and left shares."""
        has_left_shares = self.opened_legs not in {(), self.legs}
        if not has_left_shares:
            return self
        return replace(self, structure=Structure.COVERED_CALL, legs=self.opened_legs)


@dataclass(frozen=True, slots=True)
class LedgerDraw:
    """A draw that was granted and committed."""

    draw_id: DrawId
    bot_id: BotId
    state: str
    amount: int
    posted: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the append-only ledger."""

    draw_id: DrawId
    bot_id: BotId
    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class LedgerFill:
    """One booked execution, or a part of one."""

    order_id: OrderId
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class LedgerWork:
    """So many rows of work of one kind, due at one instant, in one state."""

    kind: Kind
    due_at: datetime
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class LedgerRuns:
    """So many runs at one instant."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything the fleet wrote, at one moment.

    `repeated` names automations that judged one mark twice. `pools` are the arbiter's; a bot that
    is absent there is cold.
    """

    bots: Mapping[BotId, LedgerBot]
    orders: tuple[LedgerOrder, ...]
    positions: Mapping[PositionId, LedgerPosition]
    draws: tuple[LedgerDraw, ...]
    entries: tuple[LedgerEntry, ...]
    fills: tuple[LedgerFill, ...]
    work: tuple[LedgerWork, ...]
    runs: tuple[LedgerRuns, ...]
    repeated: tuple[str, ...] = ()
    pools: Mapping[BotId, Kept] = field(default_factory=dict)


class Ledgers(Protocol):
    """Gives the fleet's side."""

    def ledger(self) -> Ledger:
        """Read everything in one transaction; pools are the arbiter's to give.

        Raises:
            StoreUnavailable: it cannot be had.
        """
        ...
