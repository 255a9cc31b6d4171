"""Route: turn a stretch of market time into rows of work, and point the instances at them.

The rings carry no data, so nothing is lost with one: the next ring routes the whole stretch since
the last. Rows are unique by kind, instant and place, so two routers make them once.
"""

from datetime import datetime

from botfleet.application.ports.messages import Messages
from botfleet.application.ports.work import WorkBook
from botfleet.domain.schedules.agenda import due_between


def route(now: datetime, *, work: WorkBook, messages: Messages) -> int:
    """Route everything due up to `now`; give how many rows were made.

    Raises:
        StoreUnavailable: nothing was routed; the next ring does it.
    """
    _, pointers = work.route(now, lambda routed_at: due_between(routed_at, now))
    messages.work(pointers)
    messages.done()
    return len(pointers)
