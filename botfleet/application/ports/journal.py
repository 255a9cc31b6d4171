"""What doors read: how bots, runs, positions, orders and the fleet stand. Nothing here writes.

Tenancy: a user's door gives its user in every `Wanted` and every question; what is another user's
is then absent, exactly as what never was. None is the operator, who sees everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from botfleet.application.ports.broker_lines import BrokerLine, SentLine
from botfleet.domain.bots.bot import RunKind
from botfleet.domain.bots.description import Description
from botfleet.domain.bots.mishaps import Level, Trouble
from botfleet.domain.ids import AccountId, BotId, OrderId, PositionId, RunId, UserId, WorkId

Line = TypeVar("Line")

PAGE_MAX = 200  # lines


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the instant and the id of its last line."""

    at: datetime
    line_id: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of a listing, newest first, from `since` up to, not including, `before`.

    `state` is a run's outcome, a notice's level; of runs also their kind and how they went.
    """

    user: UserId | None
    bot: BotId | None = None
    state: str = ""
    run: RunId | None = None
    since: datetime | None = None
    before: datetime | None = None
    kind: RunKind | None = None
    trouble: Trouble | None = None
    after: Cursor | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """Some lines, and where the next page begins; None on the last."""

    lines: tuple[Line, ...]
    following: Cursor | None


@dataclass(frozen=True, slots=True)
class BotLine:
    """A bot under its limits; what is committed and pending are parts of the allocation.

    `alerts` are the flags of what its owner's channels are told of it.
    """

    bot_id: BotId
    user_id: UserId
    user: str
    name: str
    version: str
    is_on: bool
    interval_min: int
    allocation_cents: int
    committed_cents: int
    pending_cents: int
    gains_cents: int
    open_positions: int
    open_positions_max: int
    opened_on: date
    opened_count: int
    opened_max: int
    mode: str
    created_at: datetime
    account_id: AccountId
    icon: str
    group: str
    notes: str
    tags: tuple[str, ...]
    alerts: tuple[str, ...]

    @property
    def description(self) -> Description:
        """Give what stands beside its trees."""
        alerts = tuple(Level(one) for one in self.alerts)
        return Description(self.icon, self.group, self.notes, self.tags, alerts)

    def is_in(self, group: str | None, tag: str | None) -> bool:
        """Say whether it is of the group and has the tag; None is any, no group an empty one."""
        return group in {None, self.group} and (tag is None or tag in self.tags)


@dataclass(frozen=True, slots=True)
class RunLine:
    """One automation's run: what caused it, what came of it, and how that is to be taken."""

    run_id: RunId
    bot_id: BotId
    user: str
    bot: str
    automation: str
    lane: str
    cause: str
    at: datetime
    outcome: str
    kind: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All that is kept of a run: enough to decide again. `facts` are None once they are archived.

    `detail` is JSON: its ends, and the book it saw; empty where there is one end or none.
    """

    line: RunLine
    work_id: WorkId
    automation: int
    version: str
    path: str
    detail: str = field(repr=False)
    facts: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PositionLine:
    """A position. `legs` are OCC symbols with their ratios, an empty symbol the shares.

    `gain` is the return on the entry price at the last watch, `unrealised_cents` the same in cents:
    None of what is not held, and while there is no price of it.
    """

    position_id: PositionId
    bot_id: BotId
    user: str
    bot: str
    symbol: str
    structure: str
    legs: tuple[tuple[str, int], ...]
    quantity: int
    entry: Decimal
    state: str
    opened_at: datetime
    closed_at: datetime | None
    expires_on: date | None
    gain: float
    high_gain: float
    unrealised_cents: int | None
    realised_cents: int
    closed_by: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order; `limit` is the price of the rung it stands on, `paid` the average of its fills.

    `why` names what a close is for: an exit, or an automation. `looks` is how many whole lists of
    the broker did not show it.
    """

    order_id: OrderId
    bot_id: BotId
    position_id: PositionId
    run_id: RunId
    user: str
    bot: str
    effect: str
    state: str
    symbol: str
    legs: tuple[tuple[str, int], ...]
    quantity: int
    filled: int
    limit: Decimal
    rung: int
    rungs: int
    paid: Decimal | None
    wire_id: str
    broker_order_id: str
    reason: str
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    why: str = ""
    looks: int = 0


@dataclass(frozen=True, slots=True)
class OrderEventLine:
    """One thing that happened to an order, and how the order stood after it.

    `detail` is the broker's words, or why; `at` is market time, `at_real` the server's.
    """

    at: datetime
    at_real: datetime
    happening: str
    state: str
    price: Decimal | None
    filled: int
    detail: str


@dataclass(frozen=True, slots=True)
class FillLine:
    """One execution of an order, by the broker's name for it; `price` as `OrderLine.limit`."""

    execution_id: str
    quantity: int
    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order with its whole history, oldest first."""

    order: OrderLine
    history: tuple[OrderEventLine, ...]
    fills: tuple[FillLine, ...]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A word to an owner; `bot_id` is None and `bot` empty where it is of no bot in particular."""

    notice_id: UUID
    bot_id: BotId | None
    user: str
    bot: str
    at: datetime
    level: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    """A connected broker account, its number's end; logged in to `consented_s` real seconds ago."""

    account_id: AccountId
    broker: str
    number_end: str
    is_alive: bool
    consented_s: float


@dataclass(frozen=True, slots=True)
class InstanceLine:
    """One instance: who sits there, and what waits there.

    The age is the market's; `lag` is from a mark's row to its commit, in the last hour, real time.
    """

    pod: int
    instance: int
    users: int
    users_max: int
    is_drained: bool
    bots: int
    bots_on: int
    due: int
    oldest_due_s: float
    lag_p50_ms: float | None
    lag_p99_ms: float | None


@dataclass(frozen=True, slots=True)
class FleetNumbers:
    """The fleet at a glance; ages are the market's. `switches` counts by scope and mode.

    `capital` is what all pools have together, cents: `free`, `committed` and `pending`.
    `beat` is the process that rings, `host/pid`, a worker's after `stand-in `; None: nobody does.
    `beat_changes` counts how often it was another one. Accounts that recover only close; restored
    ones send nothing until they are compared, since the database was found restored at
    `restored_at` (market time).
    """

    users: int
    users_unseated: int
    seats: int
    bots: int
    bots_on: int
    positions_open: int
    orders_live: int
    orders_unknown: int
    oldest_unknown_s: float
    due: int
    oldest_due_s: float
    switches: Mapping[str, int] = field(default_factory=dict)
    beat: str | None = None
    beat_changes: int = 0
    capital: Mapping[str, int] = field(default_factory=dict)
    accounts_recovering: int = 0
    accounts_restored: int = 0
    restored_at: datetime | None = None
    brokers_down: tuple[str, ...] = ()

    @property
    def has_beat(self) -> bool:
        """Say whether a metronome leads; a worker that stands in is none."""
        return self.beat is not None and not self.beat.startswith("stand-in ")


class Journal(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def bots(self, user: UserId | None) -> Sequence[BotLine]:
        """List bots by owner and name."""
        ...

    def bot(self, user: UserId | None, name: str) -> BotLine:
        """Give one bot, by its id or its name.

        Raises:
            NotFound: there is none, or it is not this user's.
            BadInput: an operator's name is borne by bots of several users.
        """
        ...

    def runs(self, wanted: Wanted) -> Page[RunLine]:
        """List runs."""
        ...

    def run(self, user: UserId | None, run: RunId) -> RunRecord:
        """Give one run with all that is kept of it.

        Raises:
            NotFound: there is none, or it is not this user's.
        """
        ...

    def positions(self, wanted: Wanted) -> Page[PositionLine]:
        """List positions by when they were opened."""
        ...

    def orders(self, wanted: Wanted) -> Page[OrderLine]:
        """List orders by when they were written."""
        ...

    def order(self, user: UserId | None, order: OrderId) -> OrderLine:
        """Give one order.

        Raises:
            NotFound: there is none, or it is not this user's.
        """
        ...

    def order_record(self, user: UserId | None, order: OrderId) -> OrderRecord:
        """Give one order with all that happened to it; raises as `order`."""
        ...

    def notices(self, wanted: Wanted) -> Page[NoticeLine]:
        """List notices."""
        ...

    def accounts(self, user: UserId) -> Sequence[AccountLine]:
        """List a user's broker accounts."""
        ...

    def work_detail(self, work: WorkId) -> Mapping[str, Any] | None:
        """Give what a work row says of itself; None where there is no such row."""
        ...

    def instances(self, now: datetime) -> Sequence[InstanceLine]:
        """List every instance, as of market time `now`."""
        ...

    def numbers(self, now: datetime) -> FleetNumbers:
        """Count the fleet, as of market time `now`."""
        ...

    def brokers(self, now: datetime, lives: Mapping[str, timedelta]) -> Sequence[BrokerLine]:
        """Sum up every broker somebody has an account at; `lives`: how long its logins last."""
        ...

    def sent(self, since: datetime) -> Sequence[SentLine]:
        """Count the orders that were sent since an instant of market time, by broker."""
        ...

    def marks_a_minute(self, minutes: int) -> Sequence[int]:
        """Count the marks' rows that ended in each of the last real minutes, oldest first."""
        ...

    def lag_ms(self, within_s: float) -> float | None:
        """Give the p99 of the lag of marks that ended in the last so many real seconds."""
        ...
