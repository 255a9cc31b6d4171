"""Consult: see whether the operator changed the calendar, and go by it from here on.

Asked before each routing, each row of work, each look at orders and each change of a user's: one
comparison of two numbers, so every process of the fleet goes by a change with the next thing it
does.
"""

from botfleet.application.ports.changes import Changes
from botfleet.domain.market.calendar import adopt, in_force


def consult(changes: Changes) -> None:
    """Have this process go by the newest calendar.

    Raises:
        StoreUnavailable: it goes by the one it knew.
    """
    if changes.version() != in_force().version:
        adopt(changes.calendar())
