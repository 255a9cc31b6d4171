"""How large a position may be, and what a draw asks of the pool.

The three steps of the founding documents: how much there is, how much of it this position wants,
how many whole units fit (S138). The last two happen inside the pool's one atomic step. What needs
the bot's own past or positions is `settled` before that, as the tree is walked.
"""

from dataclasses import dataclass
from enum import StrEnum

from botfleet.domain.money import Money
from botfleet.errors import Refusal

UNITS_MAX = 10_000


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
    """As many units as `amount` of risk allows, `at_most` so many."""

    amount: Money
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Percent:
    """As many units as `bps` / 10,000 of `base` allows, `at_most` so many."""

    bps: int
    base: Base
    at_most: int | None = None


class On(StrEnum):
    """Which results of the bot's closed positions a progressive size counts.

    All wins or losses so far, or those in a row: there a different result starts again.
    """

    WINS = "wins"
    LOSSES = "losses"
    CONSECUTIVE_WINS = "consecutive_wins"
    CONSECUTIVE_LOSSES = "consecutive_losses"


@dataclass(frozen=True, slots=True)
class Progressive:
    """`start` units, and with every result counted `increment` more (None: twice as many).

    Never more than `end`. Like `Units` it is all of it or nothing.
    """

    start: int
    end: int
    increment: int | None
    on: On

    def after(self, count: int) -> Units:
        """Give the size after so many results.

        >>> Progressive(1, 5, 2, On.WINS).after(1), Progressive(1, 5, None, On.WINS).after(3)
        (Units(count=3), Units(count=5))
        """
        if self.increment is not None:
            return Units(min(self.end, self.start + self.increment * count))
        doublings = min(count, self.end.bit_length())
        return Units(min(self.end, self.start << doublings))


#: A size the pool understands.
Size = Units | Amount | Percent


def check_base(size: Size, net_liquidation: int) -> None:
    """See that a percentage is of something: a bot may be worth nothing any more (cents).

    Raises:
        Refusal: nobody can say how much that is.
    """
    is_of_worth = isinstance(size, Percent) and size.base is Base.NET_LIQUIDATION
    if is_of_worth and net_liquidation <= 0:
        raise Refusal("the bot's net liquidation is not above nothing")
