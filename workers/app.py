"""The Celery app of every worker, and the adapters of this process."""

from botfleet.bootstrap import Wiring
from botfleet.config import Settings

settings = Settings.read()
wiring = Wiring(settings, connections=max(2, settings.orders_threads // 4))
app = wiring.app

app.conf.include = ["workers.routing", "workers.instances", "workers.orders"]
