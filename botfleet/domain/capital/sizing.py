"""How large a position may be, and what a draw asks of the pool.

The three steps of the founding documents: how much there is, how much of it this position wants,
how many whole units fit (S138). The last two happen inside the pool's one atomic step.
"""

from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.money import Money


class Base(StrEnum):
    """What a percentage is a percentage of."""

    ALLOCATION = "allocation"
    AVAILABLE = "available"
    NET_LIQUIDATION = "net_liquidation"


@dataclass(frozen=True, slots=True)
class Units:
    """That many contracts (or shares), or none: never fewer."""

    count: int


@dataclass(frozen=True, slots=True)
class Amount:
    """As many units as `amount` of risk allows."""

    amount: Money


@dataclass(frozen=True, slots=True)
class Percent:
    """As many units as `bps` / 10,000 of `base` allows."""

    bps: int
    base: Base


Size = Units | Amount | Percent
UNITS_MAX = 10_000
