"""Standing in: when no metronome leads, any worker rings, so that late routing is caught up.

A thread of each worker looks at the lease. Nothing is decided by it: rings are hints, and one
worker at a time gives them. A lockstep clock stands still without a metronome, so nothing can be
late there, and nobody stands in.
"""

from threading import Event, Thread
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutdown

from botfleet.errors import Transient
from workers.app import meters, settings, wiring

log = structlog.get_logger()

#: How often a worker looks, real seconds.
LOOK_S = 2.0
_over = Event()


def ring_if_silent() -> bool:
    """Ring once if nobody leads; say whether it was so.

    Raises:
        Transient: a store does not answer.
    """
    if wiring.stand_in_lease.take() is None:
        return False
    wiring.messages.ring()
    wiring.messages.resolve()
    wiring.messages.sweep()
    meters.recovered("beat", 1)
    return True


@worker_ready.connect
def watch_over(**_: Any) -> None:
    """Begin to look."""
    if settings.clock != "lockstep":
        Thread(target=_look, name="standing-in", daemon=True).start()


@worker_shutdown.connect
def rest(**_: Any) -> None:
    """Look no more."""
    _over.set()


def _look() -> None:
    was_silent = False
    while not _over.wait(LOOK_S):
        try:
            is_silent = ring_if_silent()
        except Transient as reason:
            log.warning("cannot see who beats", why=str(reason))
            continue
        if is_silent and not was_silent:
            log.warning("no metronome leads; standing in")
        was_silent = is_silent
