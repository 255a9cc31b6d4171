"""What a day's account needs of the store: what was written while it was played, never a counter.

Instants are UTC, amounts whole cents. Lag is real time from the moment a piece of work first rang
until its results were committed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from botfleet.domain.fleet.seating import Seat
from botfleet.domain.ids import RunId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.order import Effect, OrderState
from botfleet.domain.trades.structures import Structure


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the day stands: its counts so far. Every mark before `settled_before` is done."""

    market_at: datetime
    settled_before: datetime
    runs: int
    runs_idle: int
    draws_granted: int
    draws_refused: int
    orders: Mapping[OrderState, int]
    positions_open: int
    in_use_cents: int
    allocation_cents: int
    lag_p50_ms: float
    lag_p99_ms: float


@dataclass(frozen=True, slots=True)
class MarkWork:
    """One batch of one mark that was done: its runs, and when it really rang and was committed."""

    due_at: datetime
    runs: int
    rung_real: datetime
    ended_real: datetime

    @property
    def lag_ms(self) -> float:
        """How late it was committed."""
        return max(0.0, (self.ended_real - self.rung_real).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class HourWork:
    """The work of one kind that came due within an hour: how many rows, how late, real ms."""

    hour: datetime
    kind: str
    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class CapitalChange:
    """What all pools together gained or gave at one instant."""

    at: datetime
    committed_cents: int
    pending_cents: int


@dataclass(frozen=True, slots=True)
class PositionLife:
    """One position that was opened; `end` is `closed`, `expired` or empty while it is held."""

    opened_at: datetime
    closed_at: datetime | None
    end: str
    realised_cents: int


@dataclass(frozen=True, slots=True)
class DayOrder:
    """One order as it ended: `limit` of the rung it reached, `fill_price` where it filled."""

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
    fill_price: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class DayBot:
    """One bot's day; `version` names its definition."""

    user: str
    bot: str
    version: str
    runs: int
    opened: int
    closed: int
    open_count: int
    in_use_cents: int
    allocation_cents: int
    realised_cents: int


@dataclass(frozen=True, slots=True)
class DayRun:
    """One run that opened something; `automation` is its place in the bot."""

    run_id: RunId
    user: str
    bot: str
    version: str
    automation: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DayDraw:
    """One draw of one run, and the symbol it was for."""

    symbol: str
    units: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class DayFleet:
    """What was running: pods, all their instances together, and users."""

    pods: int
    instances: int
    users: int


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many draws were not granted: by the pool or a limit for a reason, or at the commit."""

    by_reason: Mapping[str, int] = field(default_factory=dict)
    vetoed: int = 0


class Days(Protocol):
    """Every method is one transaction and raises `StoreUnavailable` when it cannot be had."""

    def standing(self) -> Standing:
        """Give the counts so far, cheaply enough to be asked twice a second."""
        ...

    def fleet(self) -> DayFleet:
        """Count what was running."""
        ...

    def mark_work(self) -> Sequence[MarkWork]:
        """List the marks' batches that were done, by due instant."""
        ...

    def hours(self) -> Sequence[HourWork]:
        """Tell how late work was, hour by hour and kind by kind."""
        ...

    def first_work(self, since: datetime, seats: Collection[Seat]) -> datetime | None:
        """Say when the first row begun at one of `seats` after `since` was committed; real time."""
        ...

    def outcomes(self) -> Mapping[str, int]:
        """Count runs by their outcome's first word."""
        ...

    def draws_granted(self) -> int:
        """Count the draws that were granted and committed."""
        ...

    def refusals(self) -> Refusals:
        """Count the draws that were not."""
        ...

    def capital_changes(self) -> Sequence[CapitalChange]:
        """List what the ledger's entries changed, by instant."""
        ...

    def lives(self) -> Sequence[PositionLife]:
        """List positions that were opened."""
        ...

    def orders(self) -> Sequence[DayOrder]:
        """List every order, by the instant it was written."""
        ...

    def bots(self) -> Sequence[DayBot]:
        """List every bot that is on, the most active first."""
        ...

    def opening_runs(self) -> Sequence[DayRun]:
        """List the first run of each automation that opened anything."""
        ...

    def draws(self, run: RunId) -> Sequence[DayDraw]:
        """List a run's draws in the order they were granted."""
        ...
