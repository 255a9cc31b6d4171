"""The theoretical trade: one schema for what a decision asks about and what an action opens (S83).

A `TradeSpec` says which expiration and strikes are wanted; `choose` (in `selection`) finds them in
a chain and gives an `Opportunity`: the same spec on the same quotes gives the same legs.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.market.instruments import Leg
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.money import Money
from botfleet.domain.trades.structures import Structure


class ExpirationMode(StrEnum):
    """How the wanted days to expiration are met (calendar days; 0 is today)."""

    EXACTLY = "exactly"
    AT_LEAST = "at_least"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class ExpirationRule:
    """Which expiration: `days`, and for `BETWEEN` up to `days_max` (nearest to `days`)."""

    mode: ExpirationMode
    days: int
    days_max: int = 0


class StrikeMode(StrEnum):
    """What to take where the wanted strike is not listed."""

    CLOSEST = "closest"
    EXACTLY = "exactly"
    OR_HIGHER = "or_higher"
    OR_LOWER = "or_lower"


@dataclass(frozen=True, slots=True)
class ByDelta:
    """The strike whose delta (absolute, 0..1) lies nearest; a tie goes to the lower strike."""

    delta: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByOffset:
    """The strike `amount` above (> 0) or below (< 0) the underlying's last.

    Dollars, or per cent of the last price (2 is 2 %).
    """

    amount: Decimal
    is_percent: bool = False
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByWidth:
    """The strike `amount` dollars above (> 0) or below (< 0) the leg `of`; never the same one."""

    of: str
    amount: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST


StrikeRule = ByDelta | ByOffset | ByWidth


@dataclass(frozen=True, slots=True)
class TradeSpec:
    """A trade as its author words it. `strikes` pairs a role's name with its rule.

    `symbol` is a ticker, or `LOOP_SYMBOL` inside a symbol loop until it is bound. Long equity has
    neither expiration nor strikes.
    """

    symbol: str
    structure: Structure
    expiration: ExpirationRule | None = None
    strikes: tuple[tuple[str, StrikeRule], ...] = ()


#: Stands for the loop's current symbol wherever a symbol is named.
LOOP_SYMBOL = "$symbol"


@dataclass(frozen=True, slots=True)
class NetGreeks:
    """Sensitivities of one whole unit (a contract of every leg), in dollars.

    `delta` in shares, `gamma` in shares a dollar, `theta` a calendar day, `vega` for 1.00 of
    volatility (divide by 100 for a point).
    """

    delta: float
    gamma: float
    theta: float
    vega: float


@dataclass(frozen=True, slots=True)
class Odds:
    """Chances at expiration, 0 to 1, and what to expect of one unit.

    `in_the_money` is the chance that any sold leg (of a trade without one: any leg) ends in the
    money. `expected_value` in dollars a unit; `alpha` is it over the most one unit can lose.
    """

    profit: float
    max_profit: float
    max_loss: float
    in_the_money: float
    expected_value: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A spec met by real quotes. Prices a share of one unit: > 0 is paid, < 0 is received.

    `bid` and `ask` are what selling and buying the combination would bring and cost now: for a
    credit structure both are below zero. `max_profit` (None: unlimited) and `max_loss` are of one
    unit at the mid price; `delta` of one unit, in shares. `greeks` are None while a leg's are not
    known, `odds` while the symbol's volatility is not. `leg_quotes` are the option legs', in order.
    """

    symbol: str
    structure: Structure
    legs: tuple[Leg, ...]
    expires_on: date | None
    underlying: Decimal
    bid: Decimal
    ask: Decimal
    max_profit: Money | None
    max_loss: Money
    delta: float
    at: datetime
    greeks: NetGreeks | None = None
    odds: Odds | None = None
    leg_quotes: tuple[OptionQuote, ...] = ()

    @property
    def mid(self) -> Decimal:
        """Half way between the sides."""
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class NoTrade:
    """The spec cannot be met now: a warning (W2, W5) or an error (E1, E2) and its words."""

    code: str
    message: str
