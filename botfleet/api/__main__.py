"""Run the API as a process of the fleet: `python -m botfleet.api`.

Requests are served in the role of a door. With a login of its own (BOTFLEET_DOOR_URL) this process
never goes by the fleet's; without one the courier, who does, is beside it.
"""

import sys

import structlog
import uvicorn

from botfleet.adapters.postgres.database import DOOR
from botfleet.adapters.postgres.schema import wait_until_served
from botfleet.adapters.telemetry import door, scrape
from botfleet.adapters.telemetry.logs import configure
from botfleet.api.app import create
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.courier import standing
from botfleet.errors import BadInput

log = structlog.get_logger()

#: As many as requests may be at work at once wait for no connection long.
_CONNECTIONS = 8
_KEEP_ALIVE_S, _GRACE_S = 75, 5


def main() -> None:
    """Serve until told to stop; what is being answered then is answered first."""
    settings = Settings.read()
    configure(settings)
    meters = door.measure(settings.home)
    if settings.door_url is not None:
        settings = settings.model_copy(update={"database_url": None})
    wiring = Wiring(settings, connections=_CONNECTIONS, role=DOOR)
    try:
        wait_until_served(wiring.database, lambda why: log.warning("api waits", why=why))
        wiring.keep_step()
    except BadInput as reason:
        sys.exit(str(reason))
    if settings.door_url is None:
        standing.begin(settings)
    else:
        _count(settings)
    uvicorn.run(
        create(wiring, meters),
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _count(settings: Settings) -> None:
    """Serve what this process itself counts; how the fleet stands is the courier's to tell.

    In one home both are asked at the courier's port.
    """
    if settings.metrics_port:
        everything = scrape.registry(settings.home)
        scrape.serve(everything, settings.metrics_port, settings.metrics_host)


if __name__ == "__main__":
    main()
