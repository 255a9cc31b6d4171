"""Run the API as a process of the fleet: `python -m botfleet.api`.

Requests are served in the role of a door; what is counted or carried for all is so in the fleet's.
"""

import sys

import structlog
import uvicorn

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.adapters.celery.app import ORDERS, ROUTER, queue_of
from botfleet.adapters.celery.queues import depths
from botfleet.adapters.notify.apprise import is_installed
from botfleet.adapters.postgres.database import DOOR
from botfleet.adapters.postgres.schema import wait_until_served
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.loads import loads
from botfleet.adapters.telemetry import scrape
from botfleet.adapters.telemetry.logs import configure
from botfleet.api.app import create
from botfleet.api.courier import carry
from botfleet.application.account import lateness_today
from botfleet.application.deliver import deliver
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.market.closures import HORIZON
from botfleet.errors import BadInput

log = structlog.get_logger()

#: As many as requests may be at work at once wait for no connection long.
_CONNECTIONS = 8
_KEEP_ALIVE_S, _GRACE_S = 75, 5


def main() -> None:
    """Serve until told to stop; what is being answered then is answered first."""
    settings = Settings.read()
    configure(settings)
    wiring = Wiring(settings)
    try:
        wait_until_served(wiring.database, lambda why: log.warning("api waits", why=why))
    except BadInput as reason:
        sys.exit(str(reason))
    if settings.metrics_port:
        fleet = scrape.FleetCollector(
            lambda: wiring.journal.numbers(wiring.clock.now()),
            lambda: _depths(wiring),
            lambda: lateness_today(wiring.clock.now(), wiring.slots),
            lambda: wiring.journal.instances(wiring.clock.now()),
            lambda: loads(settings.home).values(),
            wiring.passes.counts,
            lambda: wiring.journal.brokers(wiring.clock.now(), LOGIN_LIVES),
            lambda: (HORIZON - day_of(RealClock().now())).days,
        )
        everything = scrape.registry(settings.home, fleet)
        scrape.serve(everything, settings.metrics_port, settings.metrics_host)
    if is_installed():
        carry(lambda: deliver(channels=wiring.channels, notifier=wiring.notifier))
    uvicorn.run(
        create(Wiring(settings, connections=_CONNECTIONS, role=DOOR)),
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _depths(wiring: Wiring) -> dict[str, int]:
    instances = wiring.journal.instances(wiring.clock.now())
    seats = (queue_of(one.pod, one.instance) for one in instances)
    return depths(wiring.app, (ROUTER, ORDERS, *seats))


if __name__ == "__main__":
    main()
