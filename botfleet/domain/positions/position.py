"""A position a bot holds, and what it is worth.

opening -> open -> closing -> closed      closing -> open when the close did not fill
opening -> error (refused) or dropped (nothing filled); open -> expired
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.trades.opportunities import NetGreeks, Odds
from botfleet.domain.trades.structures import Structure


class PositionState(StrEnum):
    """Where a position is in its life."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    EXPIRED = "expired"
    DROPPED = "dropped"
    ERROR = "error"


#: States that take a slot under the position limit and hold capital.
HOLDING = frozenset({PositionState.OPENING, PositionState.OPEN, PositionState.CLOSING})


@dataclass(frozen=True, slots=True)
class Exits:
    """When the minute watch closes a position, copied to it as it opens; None is off.

    `profit` and `stop` are fractions of the entry price; `trail` gives back that much of the
    return once it has reached `trail_from`.
    """

    profit: Decimal | None = None
    stop: Decimal | None = None
    trail_from: Decimal | None = None
    trail: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """What a bot holds. `entry` is the net price a share: > 0 was paid, < 0 received.

    `gain` and `high_gain` are the return on the entry price at the last watch (0.25 is 25 %).
    `covered_by` names the shares that a call on shares is sold against.
    """

    position_id: PositionId
    symbol: str
    structure: Structure
    legs: tuple[Leg, ...]
    quantity: int
    entry: Decimal
    state: PositionState
    opened_at: datetime
    expires_on: date | None = None
    exits: Exits = Exits()
    gain: float = 0.0
    high_gain: float = 0.0
    tags: tuple[str, ...] = ()
    covered_by: PositionId | None = None


@dataclass(frozen=True, slots=True)
class Valuation:
    """A position's worth now, a share of one unit, in the sign of `Position.entry`.

    `bid` is what closing it at once would bring, `ask` what taking it on again would cost.
    `greeks` and `odds` are of one unit, the odds with profit counted from the entry price; None
    while a leg's greeks, or the symbol's volatility, are not known. `leg_quotes` are the option
    legs', in their order.
    """

    position_id: PositionId
    bid: Decimal
    ask: Decimal
    underlying: Decimal | None
    at: datetime
    greeks: NetGreeks | None = None
    odds: Odds | None = None
    leg_quotes: tuple[OptionQuote, ...] = ()

    @property
    def mid(self) -> Decimal:
        """Half way between the sides."""
        return (self.bid + self.ask) / 2


def return_on_entry(entry: Decimal, worth: Decimal) -> float:
    """Give the gain as a fraction of what was paid or received; 0 where that was nothing."""
    return float((worth - entry) / abs(entry)) if entry else 0.0
