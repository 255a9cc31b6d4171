"""Looks at a fleet, taken beside the screen: a store that hangs does not hold the screen still.

What was seen last is not shown as if it were so now: a look that is overdue says what is missing.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from threading import Thread

from botfleet.cli.fleet_view import FleetView

#: How long a look may take before what was seen last is no longer shown.
_PATIENCE_S = 5.0


class Looks:
    """One look after another; at most one is under way."""

    def __init__(self, look: Callable[[], FleetView]) -> None:
        self._look = look
        self._under_way: Future[FleetView] | None = None
        self._began_at = 0.0

    def next(self, wait_s: float) -> FleetView | None:
        """Look, and wait at most `wait_s` for it; None while it is under way."""
        under_way = self._under_way or self._begun()
        try:
            view = under_way.result(timeout=wait_s)
        except TimeoutError:
            if not under_way.done():
                return None
            raise
        self._under_way = None
        return view

    def waited_s(self) -> float:
        """Give for how long the look that is under way has been awaited; 0 without one."""
        return time.monotonic() - self._began_at if self._under_way else 0.0

    def _begun(self) -> Future[FleetView]:
        self._under_way, self._began_at = Future(), time.monotonic()
        Thread(target=self._take, args=(self._under_way,), daemon=True).start()
        return self._under_way

    def _take(self, future: Future[FleetView]) -> None:
        try:
            future.set_result(self._look())
        except BaseException as error:  # noqa: BLE001  it is raised where the look is awaited
            future.set_exception(error)


def as_known(view: FleetView, waited_s: float) -> FleetView:
    """Give what may be shown of the last look once the next has been awaited for `waited_s`."""
    if waited_s < _PATIENCE_S:
        return view
    return replace(view, stores=None, silent=f"A store has not answered for {waited_s:.0f} s.")
