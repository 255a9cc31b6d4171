"""The demo's day, as it stands and as it was: from the stores and the broker's book alone."""

from botfleet.adapters.postgres.days import PostgresDays
from botfleet.application.ports.days import Standing
from botfleet.bootstrap import Wiring
from botfleet.cli.screen import DayProgress
from botfleet.domain.market.calendar import session_at
from botfleet.domain.orders.order import OrderState, is_ended
from botfleet.domain.schedules.intervals import marks


def progress(wiring: Wiring, phase: str = "trading") -> DayProgress:
    """Show where the day stands; the processes are for the caller to fill in.

    Raises:
        StoreUnavailable: Postgres does not answer.
    """
    return _shown(PostgresDays(wiring.database).standing(), phase)


def _shown(now: Standing, phase: str) -> DayProgress:
    session = session_at(now.market_at)
    quarters = marks(session) if session else ()
    return DayProgress(
        phase,
        market_at=now.market_at,
        marks_done=sum(mark < now.settled_before for mark in quarters),
        marks_total=len(quarters),
        runs=now.runs,
        runs_no_action=now.runs_idle,
        draws_granted=now.draws_granted,
        draws_refused=now.draws_refused,
        orders_working=sum(n for state, n in now.orders.items() if not is_ended(state)),
        orders_filled=now.orders.get(OrderState.FILLED, 0),
        orders_cancelled=now.orders.get(OrderState.CANCELLED, 0)
        + now.orders.get(OrderState.EXPIRED, 0),
        orders_rejected=now.orders.get(OrderState.REJECTED, 0),
        positions_open=now.positions_open,
        capital_in_use_cents=now.in_use_cents,
        allocation_cents=now.allocation_cents,
        lag_p50_ms=now.lag_p50_ms,
        lag_p99_ms=now.lag_p99_ms,
    )
