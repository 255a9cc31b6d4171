"""Debts paid by a thread beside the work: it sleeps while nothing is owed."""

from collections.abc import Callable
from threading import Condition, Event, Thread
from time import monotonic

import structlog

from botfleet.errors import Transient

log = structlog.get_logger()

#: How soon it is tried (again), real seconds: a store that comes back tells nobody.
AGAIN_S = 0.25


class ThreadDebts:
    """Keeps `botfleet.application.ports.debts.Debts`; its thread begins with the first debt."""

    def __init__(self, real_s: Callable[[], float] = monotonic) -> None:
        self._real_s, self._owed = real_s, dict[Callable[[], None], float]()
        self._change, self._over = Condition(), Event()
        self._thread: Thread | None = None

    def owe(self, pay: Callable[[], None], within_s: float) -> None:
        """See the port."""
        with self._change:
            self._owed[pay] = self._real_s() + within_s
            if self._thread is None:
                self._thread = Thread(target=self._run, name="debts", daemon=True)
                self._thread.start()
            self._change.notify()

    def close(self) -> None:
        """Pay no more; what is owed is left to its lease."""
        with self._change:
            self._over.set()
            self._change.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(AGAIN_S):
            with self._change:
                self._change.wait_for(lambda: self._owed or self._over.is_set())
                owed, self._owed = self._owed, {}
            for pay, ends_s in owed.items():
                self._pay(pay, ends_s)

    def _pay(self, pay: Callable[[], None], ends_s: float) -> None:
        if self._real_s() >= ends_s:
            log.warning("never written", then="its lease ends")
            return
        try:
            pay()
        except Transient:
            with self._change:
                self._owed.setdefault(pay, ends_s)
        except Exception:  # a fault of ours: others are owed theirs all the same
            log.exception("never written", then="its lease ends")
