"""An instance's tasks: one message, one row of work."""

import time
from functools import cache
from typing import Any
from uuid import UUID

from celery.signals import worker_ready

from botfleet.adapters.telemetry.counted import counted
from botfleet.application.consult import consult
from botfleet.application.work import Instance
from botfleet.domain.ids import WorkId
from botfleet.domain.schedules.agenda import triggers_of
from workers.app import app, meters, settings, wiring
from workers.task import FleetTask


@app.task(name="botfleet.work", base=FleetTask)
def work(work_id: str) -> None:
    """Do one row of work."""
    began_s = time.monotonic()
    consult(wiring.changes)
    done = _instance().do(WorkId(UUID(work_id)))
    if done is not None:
        took_s = time.monotonic() - began_s
        late = wiring.clock.now() - done.due_at
        triggers = triggers_of(done.kind, done.detail)
        meters.worked(done.kind, triggers, took_s=took_s, lag_s=late.total_seconds())


@cache
def _instance() -> Instance:
    return counted(wiring.instance, meters)


@worker_ready.connect
def take_up(**_: Any) -> None:
    """Give up the claims of this instance's predecessor, and point at all it left."""
    if settings.instance is None:
        return
    pod, instance = map(int, settings.instance.split("."))
    wiring.messages.work(wiring.work.reclaim(pod, instance))
