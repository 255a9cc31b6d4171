"""Weighing: each instance tells every few seconds what it weighs, wherever it runs."""

from threading import Event, Thread
from typing import Any

from celery.signals import worker_ready, worker_shutdown

from botfleet.adapters.redis.loads import EVERY_S
from botfleet.adapters.system.loads import own_load
from workers.app import settings, wiring

_over = Event()


@worker_ready.connect
def begin(**_: Any) -> None:
    """Begin to tell."""
    if settings.instance is not None:
        Thread(target=_tell, args=(f"pod.{settings.instance}",), daemon=True).start()


@worker_shutdown.connect
def rest(**_: Any) -> None:
    """Tell no more."""
    _over.set()


def _tell(name: str) -> None:
    while True:
        if (load := own_load(name)) is not None:
            wiring.loads.tell(load)
        if _over.wait(EVERY_S):
            return
