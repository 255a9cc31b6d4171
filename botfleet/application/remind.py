"""Remind: tell owners ahead that a broker wants them back at its login page."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from botfleet.application.ports.logins import Logins
from botfleet.domain.bots.logins import AHEAD, left, words


def remind(lives: Mapping[str, timedelta], now: datetime, *, logins: Logins) -> int:
    """Tell the owner of each bot whose login ends soon, once a day; give how many end.

    Raises:
        StoreUnavailable: nobody was told; the next time is.
    """
    told = []
    for one in logins.ending(lives, AHEAD):
        rest = left(lives[one.broker], one.consented_s) or timedelta()
        told.append((one, words(one.broker, rest, one.positions), rest.days))
    if told:
        logins.tell(told, now)
    return len(told)
