"""The courier's rounds: a thread that carries notices to their owners' channels.

It is no part of answering requests nor of running bots; several servers have several, and rows
that one has marked no other takes.
"""

import threading
from collections.abc import Callable

import structlog

from botfleet.errors import Transient

log = structlog.get_logger()

#: How long it rests when nothing was due, or the store does not answer.
REST_S = 1.0


def carry(deliver: Callable[[], int]) -> threading.Thread:
    """Carry from now on, until the process ends."""
    thread = threading.Thread(target=_go_round, args=(deliver,), name="courier", daemon=True)
    thread.start()
    return thread


def _go_round(deliver: Callable[[], int]) -> None:
    rest = threading.Event()
    while True:
        try:
            carried = deliver()
        except Transient as why:
            log.warning("the courier waits", why=str(why))
            carried = 0
        if not carried:
            rest.wait(REST_S)
