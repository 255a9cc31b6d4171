"""Exits: when the minute watch closes a position (actions-and-exits 3.8, X1 to X14).

Each position has a copy of its own from the moment it opens: what its author changes later does not
reach it. Returns are on the middle price, as fractions of what was paid or received.
"""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import Speed
from botfleet.domain.schedules.hours import faults_of
from botfleet.errors import BadInput, Fault

#: Why the watch leaves, in the order in which several that fire at once are named.
REASONS = (
    *("profit", "price", "stop", "trail", "touch"),
    *("expiration", "events", "earnings", "value"),
)
#: How long a close order of the watch may live; until then there is no second one.
LIFE_S = 120


@dataclass(frozen=True, slots=True)
class Exits:
    """The panel; None, empty or False is off.

    `profit`, `stop`, `trail*` and `alpha_min` are fractions; `trail` gives back that much of the
    return once it has reached `trail_from`, unless the return is below `trail_return_min` or more
    than `trail_pullback_max` was given back. Amounts are of the whole position, `value_min` (the
    least expected value) of one unit. `price` is a share of one unit without its sign. `touch`
    counts from the deciding strike, > 0 before it, < 0 inside the money, in dollars or as a
    fraction of the strike. `expiration_min` counts back from the close of the last day, the
    `*_days` are calendar days. `avoid` names occasions (market.occasions): the session before one
    is left `avoid_min` minutes before its close. `waits_a_day`: not on the day it opened.
    `spread_max`: a wider market is neither acted upon nor remembered.
    """

    profit: Decimal | None = None
    stop: Decimal | None = None
    trail_from: Decimal | None = None
    trail: Decimal | None = None
    profit_amount: Money | None = None
    stop_amount: Money | None = None
    price: Decimal | None = None
    trail_return_min: Decimal | None = None
    trail_pullback_max: Decimal | None = None
    touch: Decimal | None = None
    touch_is_fraction: bool = False
    expiration_min: int | None = None
    expiration_days: int | None = None
    avoid: tuple[str, ...] = ()
    avoid_min: int = 60
    earnings_days: int | None = None
    waits_a_day: bool = False
    spread_max: Decimal | None = None
    alpha_min: Decimal | None = None
    value_min: Money | None = None
    speed: Speed = Speed.FAST

    @property
    def asks_for_odds(self) -> bool:
        """Does one of them need the odds of holding on?"""
        return self.alpha_min is not None or self.value_min is not None


class AtExpiration(StrEnum):
    """What becomes of a position that expires today in the money (R35).

    It is closed; closed at whatever the trade allows; or handed over to its owner.
    """

    CLOSE = "close"
    MARKET = "market"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class ExitRules:
    """What the owner of an account wants of all exits in it.

    Exits act from `begins` (Eastern) until `ends_min` minutes before the close; a position is tried
    to be left at most `attempts_max` times a day, 0 is without limit.
    """

    begins: time = time(9, 31)
    ends_min: int = 1
    attempts_max: int = 0
    at_expiration: AtExpiration = AtExpiration.CLOSE


_ENDS_MIN = (*range(1, 11), 15, 20, 25, 30, 45, 60)
_ATTEMPTS = (*range(11), 15, 20, 25)


def checked(rules: ExitRules) -> ExitRules:
    """Give rules that can be kept.

    Raises:
        BadInput: with every fault of them.
    """
    faults = faults_of(rules.begins, rules.ends_min, _ENDS_MIN)
    if rules.attempts_max not in _ATTEMPTS:
        faults.append(Fault("attempts_max", "must be 0 (any), 1 to 10, 15, 20 or 25"))
    if faults:
        raise BadInput(faults)
    return rules
