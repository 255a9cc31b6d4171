"""The Celery app of every worker, and the adapters of this process."""

from typing import Any

from celery.signals import worker_ready

from botfleet.bootstrap import Wiring, announce_ready
from botfleet.config import Settings

settings = Settings.read()
wiring = Wiring(settings, connections=max(2, settings.orders_threads // 4))
app = wiring.app

app.conf.include = [
    "workers.routing",
    "workers.instances",
    "workers.orders",
    "workers.nothing",
]


@worker_ready.connect
def say_ready(**_: Any) -> None:
    """Tell the supervisor that this worker takes messages now."""
    announce_ready()
