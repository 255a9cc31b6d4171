"""The demo's live display: a panel where someone watches, one line a mark where a log does."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DayProgress:
    """Where the day stands. Counts are of the day so far; all may be left out before the open.

    `phase` words what is happening now: `starting Postgres`, `trading`, `checking invariants`.
    """

    phase: str
    market_at: datetime | None = None
    marks_done: int = 0
    marks_total: int = 0
    runs: int = 0
    runs_no_action: int = 0
    draws_granted: int = 0
    draws_refused: int = 0
    orders_working: int = 0
    orders_filled: int = 0
    orders_cancelled: int = 0
    orders_rejected: int = 0
    positions_open: int = 0
    capital_in_use_cents: int = 0
    allocation_cents: int = 0
    lag_p50_ms: float = 0.0
    lag_p99_ms: float = 0.0
    processes_up: int = 0
    processes_total: int = 0
    restarts: int = 0
