"""What one played trading day amounts to: all that the page, the terminal and `--json` show of it.

Values only: whoever played the day fills them in, and nothing here asks a store or a clock.
Instants are UTC, amounts whole cents, `lag_*_ms` real milliseconds from the moment a mark rang
until its work was committed.
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from botfleet.domain.bots.bot import Lane
from botfleet.domain.eastern import told
from botfleet.domain.market.instruments import Leg, occ
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.trades.structures import Structure
from botfleet.domain.trees.drawing import LABELS
from botfleet.domain.trees.nodes import Close, Decision, Loop, Node, Nothing, Notify, Open, children
from botfleet.domain.trees.wording import words


@dataclass(frozen=True, slots=True)
class Session:
    """The trading session that was played."""

    day: date
    opens_at: datetime
    closes_at: datetime
    is_early_close: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was running. `instances` counts all pods' instances together."""

    pods: int
    instances: int
    users: int
    bots: int
    automations: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: how many automations it judged, what came of it and how late the work was."""

    at: datetime
    automations: int
    opened: int
    closed: int
    lag_p50_ms: float
    lag_p99_ms: float


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many runs ended one way: `opened`, `closed`, `no action`, `no data` …"""

    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class DrawCount:
    """How many draws on the capital pools were granted, or refused for one `reason`."""

    is_granted: bool
    count: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderCount:
    """How many orders of one effect ended the day in one state."""

    effect: Effect
    state: OrderState
    count: int


@dataclass(frozen=True, slots=True)
class CapitalPoint:
    """All bots' pools together at an instant. `committed` is in positions, `pending` in orders."""

    at: datetime
    committed_cents: int
    pending_cents: int
    allocation_cents: int


@dataclass(frozen=True, slots=True)
class PositionsPoint:
    """How many positions all bots held at an instant."""

    at: datetime
    open_count: int


@dataclass(frozen=True, slots=True)
class Positions:
    """The day's positions. `realised_cents` is the profit (loss below zero) of the ended ones."""

    opened: int
    closed: int
    expired: int
    realised_cents: int
    series: tuple[PositionsPoint, ...]


@dataclass(frozen=True, slots=True)
class FoundingDraw:
    """One of the founding example's draws; `contracts` 0 where it was refused."""

    symbol: str
    contracts: int
    asked_cents: int
    granted_cents: int


@dataclass(frozen=True, slots=True)
class FoundingExample:
    """Three symbols that race for 45% each of one pool: two get it, the third what is left."""

    bot: str
    allocation_cents: int
    draws: tuple[FoundingDraw, ...]

    @property
    def granted_cents(self) -> int:
        """What the draws hold together."""
        return sum(draw.granted_cents for draw in self.draws)


@dataclass(frozen=True, slots=True)
class End:
    """Where a run ended for one loop item (empty outside loops): `path` as in `walk.Outcome`."""

    path: str
    result: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Featured:
    """One run of one automation to look at closely; `explanation` a sentence a line, in order."""

    bot: str
    user: str
    automation: str
    lane: Lane
    at: datetime
    tree: Node
    ends: tuple[End, ...]
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order. `limit` and `fill_price` net a share of one unit: > 0 paid, < 0 received."""

    at: datetime
    user: str
    bot: str
    effect: Effect
    structure: Structure
    symbol: str
    legs: tuple[Leg, ...]
    quantity: int
    limit: Decimal
    state: OrderState
    fill_price: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant (RELIABILITY 6.1) put to the proof on the brokers' own books.

    `detail` says what was looked at (`1,204 acceptances in 300 accounts`), or what broke.
    """

    code: str
    sentence: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that broke and how it mended: a process killed and started again."""

    at: datetime
    process: str
    what: str
    recovered_s: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the fleet while the day went on, and how many users it moved.

    `first_work_s`: until work was committed where they came to, or at the instance `killed`.
    """

    at: datetime
    what: str
    users_moved: int
    first_work_s: float | None = None
    killed: str = ""


@dataclass(frozen=True, slots=True)
class SeatCount:
    """How many users an instance serves."""

    instance: str
    users: int


@dataclass(frozen=True, slots=True)
class SeatsPoint:
    """Who sat where from an instant on: every instance there was, in order."""

    at: datetime
    seats: tuple[SeatCount, ...]


@dataclass(frozen=True, slots=True)
class HourLag:
    """How late the work of one kind was that came due within an hour."""

    hour: datetime
    kind: str
    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class BotRow:
    """One bot's day."""

    user: str
    bot: str
    runs: int
    opened: int
    closed: int
    open_count: int
    in_use_cents: int
    allocation_cents: int
    realised_cents: int


@dataclass(frozen=True, slots=True)
class LagBucket:
    """How many pieces of work were done later than the bucket before and by `up_to_ms`."""

    up_to_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How late work was committed after its mark rang; buckets by rising bound."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    buckets: tuple[LagBucket, ...]


@dataclass(frozen=True, slots=True)
class DaySummary:
    """A played day. Series and marks by rising instant, a series of at most about 400 points (one a
    minute is plenty); `bots` most active first, at most twenty.

    `market` words where prices came from: `simulated, seed 7`. `played_at` is when it was played,
    `peak_runs_per_s` the busiest mark's speed.
    """

    session: Session
    market: str
    played_at: datetime
    wall_seconds: float
    fleet: Fleet
    marks: tuple[Mark, ...]
    runs: tuple[RunCount, ...]
    draws: tuple[DrawCount, ...]
    order_counts: tuple[OrderCount, ...]
    fills: int
    capital: tuple[CapitalPoint, ...]
    positions: Positions
    lag: Lag
    peak_runs_per_s: float
    orders: tuple[OrderRow, ...]
    invariants: tuple[Finding, ...]
    bots: tuple[BotRow, ...] = ()
    incidents: tuple[Incident, ...] = ()
    changes: tuple[Change, ...] = ()
    seats: tuple[SeatsPoint, ...] = ()
    lateness: tuple[HourLag, ...] = ()
    founding: FoundingExample | None = None
    featured: Featured | None = None

    @property
    def is_sound(self) -> bool:
        """Whether every invariant was checked and held."""
        return bool(self.invariants) and all(finding.ok for finding in self.invariants)

    @property
    def runs_total(self) -> int:
        """All runs, however they ended."""
        return sum(count.count for count in self.runs)

    @property
    def orders_total(self) -> int:
        """All orders, whatever became of them."""
        return sum(count.count for count in self.order_counts)

    @property
    def capital_peak(self) -> CapitalPoint | None:
        """The instant at which most capital was in use."""
        return max(self.capital, key=lambda p: p.committed_cents + p.pending_cents, default=None)

    def draws_of(self, *, is_granted: bool) -> int:
        """Count the draws granted, or refused."""
        return sum(draw.count for draw in self.draws if draw.is_granted is is_granted)


def to_json(summary: DaySummary) -> dict[str, Any]:
    """Write a summary as plain JSON values, keyed as its fields, with the totals beside them.

    Instants are ISO 8601 with Eastern offsets, prices strings, legs OCC symbols, the tree nested
    sentences.
    """
    totals = {
        "is_sound": summary.is_sound,
        "runs_total": summary.runs_total,
        "orders_total": summary.orders_total,
    }
    return {**totals, **_record(summary)}


def _record(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Decimal():
            return str(value)
        case date():
            return told(value).isoformat()
        case Leg(option, ratio):
            return {"option": occ(option) if option else None, "ratio": ratio}
        case tuple():
            return [_plain(one) for one in value]
        case Decision() | Loop() | Open() | Close() | Notify() | Nothing():
            return _tree(value, "")
        case _:
            return _record(value) if is_dataclass(value) else value


def _tree(node: Node, place: str) -> dict[str, Any]:
    kind = type(node).__name__.lower()
    branches = {LABELS[x].lower(): _tree(child, place + x) for x, child in children(node)}
    return {"place": place, "kind": kind, "says": words(node), **branches}
