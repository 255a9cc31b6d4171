"""Admit: let a user's request in, unless the user asked too often; one count for all doors.

While the count cannot be had everybody is let in.
"""

from botfleet.application.ports.limits import Allowance, Limits
from botfleet.domain.ids import UserId
from botfleet.errors import TooOften


def admit(user: UserId, *, limits: Limits, allowance: Allowance) -> None:
    """Count a request of this user.

    Raises:
        TooOften: there were too many; with the wait until there is room for one.
    """
    turn = limits.turn(f"api/{user}", "requests", allowance)
    if not turn.is_free:
        most = f"{allowance.burst:g} at once, then {allowance.per_s:g} a second"
        raise TooOften(f"You asked too often: {most}. Wait a while.", wait_s=turn.wait_s)
