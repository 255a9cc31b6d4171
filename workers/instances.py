"""An instance's tasks: one message, one row of work.

An instance is one process that does one thing at a time. So whatever of its rows is claimed while
it is at none was left: by its predecessor, or by itself, when the store went away under it.
"""

import time
from dataclasses import replace
from functools import cache, partial
from threading import Lock
from typing import Any
from uuid import UUID

from celery.signals import worker_ready

from botfleet.adapters.telemetry.counted import counted
from botfleet.application.consult import consult
from botfleet.application.work import Instance
from botfleet.domain.ids import WorkId
from botfleet.domain.schedules.agenda import triggers_of
from botfleet.errors import StoreUnavailable
from workers.app import app, meters, settings, wiring
from workers.task import FleetTask

#: How long it is tried to take up what was left, real seconds: by then every lease has ended.
PATIENCE_S = 30.0
_at_work = Lock()


@app.task(name="botfleet.work", base=FleetTask)
def work(work_id: str) -> None:
    """Do one row of work."""
    began_s = time.monotonic()
    consult(wiring.changes)
    with _at_work:
        done = _instance().do(WorkId(UUID(work_id)))
    if done is not None:
        took_s = time.monotonic() - began_s
        late = wiring.clock.now() - done.due_at
        triggers = triggers_of(done.kind, done.detail)
        meters.worked(done.kind, triggers, took_s=took_s, lag_s=late.total_seconds())


@cache
def _instance() -> Instance:
    forsaken = partial(wiring.debts.owe, _take_up_own, PATIENCE_S)
    return counted(replace(wiring.instance, forsaken=forsaken), meters)


@worker_ready.connect
def take_up(**_: Any) -> None:
    """Give up the claims of this instance's predecessor, and point at all it left."""
    try:
        _take_up(is_new=True)
    except StoreUnavailable:
        wiring.debts.owe(_take_up_own, PATIENCE_S)


def _take_up_own() -> None:
    with _at_work:
        _take_up(is_new=False)


def _take_up(*, is_new: bool) -> None:
    if settings.instance is None:
        return
    pod, instance = map(int, settings.instance.split("."))
    wiring.messages.work(wiring.work.reclaim(pod, instance, is_new=is_new))
