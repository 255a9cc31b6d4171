"""What the courier does in a process: serve the fleet's metrics, carry notices outside."""

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.adapters.celery.app import ORDERS, ROUTER, queue_of
from botfleet.adapters.celery.queues import depths
from botfleet.adapters.notify.apprise import is_installed
from botfleet.adapters.postgres import promises
from botfleet.adapters.redis import pools
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.loads import loads
from botfleet.adapters.telemetry import scrape
from botfleet.application.account import lateness_today
from botfleet.application.consult import consult
from botfleet.application.deliver import deliver
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.courier.rounds import carry
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import is_open
from botfleet.domain.market.closures import HORIZON


def begin(settings: Settings) -> None:
    """Serve and carry from now on, in threads, until the process ends."""
    wiring = Wiring(settings)
    if settings.metrics_port:
        everything = scrape.registry(settings.home, _fleet(settings, wiring))
        scrape.serve(everything, settings.metrics_port, settings.metrics_host)
    if is_installed():
        carry(lambda: deliver(channels=wiring.channels, notifier=wiring.notifier))


def _fleet(settings: Settings, wiring: Wiring) -> scrape.FleetCollector:
    return scrape.FleetCollector(
        lambda: wiring.journal.numbers(wiring.clock.now()),
        lambda: _depths(wiring),
        lambda: lateness_today(wiring.clock.now(), wiring.slots),
        lambda: wiring.journal.instances(wiring.clock.now()),
        lambda: loads(settings.home).values(),
        wiring.passes.counts,
        lambda: wiring.journal.brokers(wiring.clock.now(), LOGIN_LIVES),
        lambda: (HORIZON - day_of(RealClock().now())).days,
        lambda: _is_session(wiring),
        {
            "postgres": lambda: promises.unsafe(wiring.database),
            "pool": lambda: pools.unsafe(wiring.redis),
        },
    )


def _is_session(wiring: Wiring) -> bool:
    consult(wiring.changes)
    return is_open(wiring.clock.now())


def _depths(wiring: Wiring) -> dict[str, int]:
    instances = wiring.journal.instances(wiring.clock.now())
    seats = (queue_of(one.pod, one.instance) for one in instances)
    return depths(wiring.app, (ROUTER, ORDERS, *seats))
