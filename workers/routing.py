"""The router's tasks: turn rings into rows, and find what fell between rows and messages."""

from datetime import date, datetime
from functools import lru_cache

import structlog

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.application.consult import consult
from botfleet.application.remind import remind
from botfleet.application.route import route
from botfleet.application.sweep import sweep
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import horizon_warning
from workers.app import app, meters, wiring
from workers.task import FleetTask

log = structlog.get_logger()


@app.task(name="botfleet.ring", base=FleetTask)
def ring() -> None:
    """Route everything due up to the fleet clock's now."""
    consult(wiring.changes)
    now = wiring.clock.now()
    _warn(day_of(now))
    route(now, work=wiring.work, messages=wiring.messages)


@app.task(name="botfleet.sweep", base=FleetTask)
def sweep_up() -> None:
    """Point again at what seems forgotten, mend some pools, take some of what is too old away.

    First see whether the database is still the one it was.
    """
    if wiring.recovery.look(wiring.clock.now()):
        log.error("the database was restored", then="nothing is sent before accounts are compared")
        wiring.messages.reconcile()
    swept = sweep(work=wiring.work, orders=wiring.orders, messages=wiring.messages)
    meters.recovered("work", swept.work)
    meters.recovered("orders", swept.orders)
    _mend(day_of(wiring.clock.now()))
    wiring.nightly.step(wiring.clock.now())
    _remind(wiring.clock.now().replace(minute=0, second=0, microsecond=0))


def _mend(today: date) -> None:
    """Mend some pools, and say what of them was wrong."""
    drift = wiring.mender.mend_some(today)
    meters.mended(drift)
    if drift.pools:
        wrong = {"generous_cents": drift.generous_cents, "strict_cents": drift.strict_cents}
        log.warning("pools differed", pools=drift.pools, what=sorted(drift.what), **wrong)


@lru_cache(maxsize=1)
def _remind(hour: datetime) -> None:
    """Look once an hour whose login at a broker ends soon."""
    remind(LOGIN_LIVES, hour, logins=wiring.logins)


@lru_cache(maxsize=1)
def _warn(today: date) -> None:
    """Say once a day that the calendar is about to end."""
    if words := horizon_warning(today):
        log.warning("calendar ends", why=words)
