"""A position a bot holds, and what it is worth.

opening -> open -> closing -> closed      closing -> open when the close did not fill
opening -> error (refused) or dropped (nothing filled); open -> expired
open -> overridden: its owner has taken it over, no bot touches it again
open -> missing: closed elsewhere or assigned; its owner overrides it
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.ids import PositionId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.positions.exits import Exits
from botfleet.domain.trades.opportunities import NetGreeks, Odds
from botfleet.domain.trades.structures import Structure, multiplier


class PositionState(StrEnum):
    """Where a position is in its life."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    EXPIRED = "expired"
    DROPPED = "dropped"
    ERROR = "error"
    OVERRIDDEN = "overridden"
    MISSING = "missing"


#: Prices are whole cents and levels have few digits: returns that differ do so by more than this.
HAIR = 1e-9
#: States that take a slot under the position limit and hold capital.
HOLDING = frozenset({PositionState.OPENING, PositionState.OPEN, PositionState.CLOSING})
#: States in which it is at the broker and its bot's, and gains and loses.
HELD = frozenset({PositionState.OPEN, PositionState.CLOSING})
#: States in which nobody here knows what the account still holds of it.
GIVEN_AWAY = frozenset({PositionState.OVERRIDDEN, PositionState.MISSING})


@dataclass(frozen=True, slots=True)
class Position:
    """What a bot holds. `entry` is the net price a share: > 0 was paid, < 0 received.

    `gain` is the return on the entry price at the last watch (0.25 is 25 %), `high_gain` and
    `low_gain` the highest and lowest so far.
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
    low_gain: float = 0.0


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


def reaches(value: float, level: Decimal | float) -> bool:
    """Say whether a return is at a level or above it."""
    return value >= float(level) - HAIR


def floating(positions: Iterable[Position]) -> int:
    """Give what those of them that are held have gained as last watched, in cents."""
    return sum(
        unrealised(one.gain, one.entry, one.quantity, one.structure)
        for one in positions
        if one.state in HELD
    )


def unrealised(gain: float, entry: Decimal, quantity: int, structure: Structure) -> int:
    """Give the cents that a return on the entry price comes to."""
    return round(gain * float(abs(entry)) * multiplier(structure) * 100) * quantity


def return_on_entry(entry: Decimal, worth: Decimal) -> float:
    """Give the gain as a fraction of what was paid or received; 0 where that was nothing."""
    return float((worth - entry) / abs(entry)) if entry else 0.0
