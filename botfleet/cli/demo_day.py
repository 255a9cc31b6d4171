"""The demo's day, as it stands and as it was: from the stores and the broker's book alone."""

from dataclasses import replace
from datetime import datetime

from botfleet.adapters.postgres.days import PostgresDays
from botfleet.adapters.postgres.ledgers import PostgresLedgers
from botfleet.application.account import account
from botfleet.application.audit import audit, slots_accounted
from botfleet.application.explain import Explanation, explain_run
from botfleet.application.ports.days import Standing
from botfleet.application.ports.ledgers import BrokerBook
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_people import FOUNDING, desk
from botfleet.cli.screen import DayProgress
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import RunId
from botfleet.domain.market.calendar import session_at, session_on
from botfleet.domain.orders.order import OrderState, is_ended
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import NotFound
from botfleet.web import day
from botfleet.web.summary import Change, DaySummary, Finding, Incident, SeatsPoint, Session


def progress(wiring: Wiring, phase: str = "trading") -> DayProgress:
    """Show where the day stands; the processes are for the caller to fill in.

    Raises:
        StoreUnavailable: Postgres does not answer.
    """
    return _shown(PostgresDays(wiring.database).standing(), phase)


def summarize(
    wiring: Wiring,
    settings: Settings,
    *,
    wall_seconds: float,
    played_at: datetime,
    incidents: tuple[Incident, ...] = (),
    changes: tuple[Change, ...] = (),
    seats: tuple[SeatsPoint, ...] = (),
) -> DaySummary:
    """Sum up the day that was played, and audit it, while its servers still run.

    Raises:
        Transient: a store or the sandbox does not answer.
        NotFound: there was no session.
    """
    book = desk(settings).book()
    told = day.Told(
        session=_session(wiring, settings),
        market=_market(settings),
        played_at=played_at,
        wall_seconds=wall_seconds,
        fills=len(book.executions),
        findings=findings(wiring, book),
        incidents=incidents,
        changes=changes,
        seats=seats,
        founding_bot=FOUNDING,
    )

    def explain(run: RunId) -> Explanation:
        return explain_run(None, run, journal=wiring.journal, batches=wiring.batches)

    days = PostgresDays(wiring.database)
    return day.summarize(told, days, wiring.batches.definition, explain)


def findings(wiring: Wiring, book: BrokerBook) -> tuple[Finding, ...]:
    """Hold the broker's book against the ledger and the arbiter's pools.

    Raises:
        StoreUnavailable: a store does not answer.
    """
    ledger = PostgresLedgers(wiring.database).ledger()
    whole = replace(ledger, pools=wiring.pools.kept(list(ledger.bots)))
    slots = account(day_of(wiring.clock.now()), wiring.slots)
    found = (*audit(book, whole), slots_accounted(slots))
    return tuple(Finding(one.code, one.sentence, one.ok, one.detail) for one in found)


def _session(wiring: Wiring, settings: Settings) -> Session:
    at = wiring.clock.now()
    found = session_at(at) if settings.date is None else session_on(settings.date)
    if found is None:
        raise NotFound(f"There was no session on {settings.date or at.date()}.")
    return Session(found.day, found.opens_at, found.closes_at, found.is_early_close)


def _market(settings: Settings) -> str:
    if settings.market == "recording":
        return f"recorded, and simulated with seed {settings.seed} where nothing was"
    return f"simulated, seed {settings.seed}" if settings.market == "simulated" else "live feed"


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
