"""How long a login at a broker still lasts, and from when its owner is reminded of its end.

Some brokers want an account's owner back at their own login page every so many days, whatever was
refreshed meanwhile; the days are in their data sheets.
"""

from datetime import timedelta

#: From how long before the end an owner is told, once a day.
AHEAD = timedelta(days=2)
_DAY_S, _HOUR_S = 86_400, 3_600


def left(life: timedelta | None, consented_s: float) -> timedelta | None:
    """Give what is left of a login made so many real seconds ago; None where it lasts."""
    return None if life is None else max(timedelta(), life - timedelta(seconds=consented_s))


def words(broker: str, rest: timedelta, positions: int) -> str:
    """Remind an owner."""
    held = f"; {positions} positions are open there" if positions else ""
    when = f"{rest.days} d {rest.seconds // _HOUR_S} h"
    return f"The login at {broker} ends in {when}{held}: connect the account again before."
