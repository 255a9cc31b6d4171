"""An instance's tasks: one message, one row of work."""

from typing import Any
from uuid import UUID

from celery.signals import worker_ready

from botfleet.domain.ids import WorkId
from workers.app import app, settings, wiring
from workers.task import FleetTask


@app.task(name="botfleet.work", base=FleetTask)
def work(work_id: str) -> None:
    """Do one row of work."""
    wiring.instance.do(WorkId(UUID(work_id)))


@worker_ready.connect
def take_up(**_: Any) -> None:
    """Give up the claims of this instance's predecessor, and point at all it left."""
    if settings.instance is None:
        return
    pod, instance = map(int, settings.instance.split("."))
    wiring.messages.work(wiring.work.reclaim(pod, instance))
