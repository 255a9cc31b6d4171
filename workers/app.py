"""The Celery app of every worker, the adapters of this process and its meters."""

from typing import Any

from celery.signals import setup_logging, worker_ready

from botfleet.adapters.telemetry.logs import configure
from botfleet.adapters.telemetry.meters import measure
from botfleet.bootstrap import Wiring, announce_ready
from botfleet.config import Settings

settings = Settings.read()
configure(settings)
meters = measure(settings.home)
wiring = Wiring(settings, connections=max(2, settings.orders_threads // 4))
app = wiring.app

app.conf.include = [
    "workers.routing",
    "workers.instances",
    "workers.orders",
    "workers.nothing",
    "workers.standing_in",
    "workers.weighing",
]


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Keep Celery from setting up logging of its own: whoever listens here has done it."""
    configure(settings)


@worker_ready.connect
def say_ready(**_: Any) -> None:
    """Tell the supervisor that this worker takes messages now."""
    announce_ready()
