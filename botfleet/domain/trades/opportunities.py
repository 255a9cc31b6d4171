"""The theoretical trade: one schema for what a decision asks about and what an action opens (S83).

A `TradeSpec` says which expiration and strikes are wanted; `choose` (in `selection`) finds them in
a chain and gives an `Opportunity`: the same spec on the same quotes gives the same legs.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from botfleet.domain.market.instruments import Leg
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.money import Money
from botfleet.domain.trades.structures import Structure


class ExpirationMode(StrEnum):
    """How an expiration is chosen.

    By days (calendar days from today, 0 is today), by a date, or the one a position has.
    """

    EXACTLY = "exactly"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    ON_OR_AFTER = "on_or_after"
    SAME_AS_POSITION = "same_as_position"
    ON = "on"


@dataclass(frozen=True, slots=True)
class ExpirationRule:
    """Which expiration: `days`, and for `BETWEEN` up to `days_max` (nearest to `days`).

    `on` is the date of `ON` (that day or none) and `ON_OR_AFTER`. `SAME_AS_POSITION` becomes `ON`
    when a position is bound. `is_monthly` leaves only the month's standard expiration: its third
    Friday, or the session before where that is a holiday.
    """

    mode: ExpirationMode
    days: int = 0
    days_max: int = 0
    on: date | None = None
    is_monthly: bool = False


class StrikeMode(StrEnum):
    """What to take where the wanted strike is not listed."""

    CLOSEST = "closest"
    EXACTLY = "exactly"
    OR_HIGHER = "or_higher"
    OR_LOWER = "or_lower"


class PriceSide(StrEnum):
    """Which price of an option."""

    BID = "bid"
    ASK = "ask"
    MID = "mid"


class Reference(StrEnum):
    """Which price of the underlying an offset counts from."""

    LAST = "last"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class ByDelta:
    """The strike whose delta (absolute, 0..1) lies nearest; a tie goes to the lower strike."""

    delta: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByDeltaRange:
    """The strike whose absolute delta lies nearest the middle of `low`..`high`, both included."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class ByStrike:
    """The strike at `strike` dollars."""

    strike: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByPremium:
    """The strike whose bid, ask or mid lies nearest `premium` dollars; higher is more premium."""

    premium: Decimal
    side: PriceSide = PriceSide.MID
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByOffset:
    """The strike `amount` above (> 0) or below (< 0) the underlying's last price or today's open.

    Dollars, or per cent of that price (2 is 2 %).
    """

    amount: Decimal
    is_percent: bool = False
    mode: StrikeMode = StrikeMode.CLOSEST
    reference: Reference = Reference.LAST


@dataclass(frozen=True, slots=True)
class ByWidth:
    """The strike `amount` above (> 0) or below (< 0) the leg `of`; never the same one.

    Dollars, or per cent of that leg's strike.
    """

    of: str
    amount: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class ByDeviation:
    """The strike `count` standard deviations above (> 0) or below (< 0) the last price.

    One is the move of 30 calendar days at the 30-day historical volatility, whatever the
    expiration: last · sd30 · √(30/365).
    """

    count: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByExpectedMove:
    """The strike `count` expected moves of the leg's own expiration above or below the last."""

    count: Decimal
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class BySame:
    """The strike of the leg `of`."""

    of: str


@dataclass(frozen=True, slots=True)
class ByMatch:
    """As far from the leg `of` as the other side's wing is wide (a condor's or butterfly's)."""

    of: str
    mode: StrikeMode = StrikeMode.CLOSEST


@dataclass(frozen=True, slots=True)
class ByPosition:
    """The strike of the bound position's leg of the same name; none other will do."""


StrikeRule = (
    ByDelta
    | ByDeltaRange
    | ByStrike
    | ByPremium
    | ByOffset
    | ByWidth
    | ByDeviation
    | ByExpectedMove
    | BySame
    | ByMatch
    | ByPosition
)


@dataclass(frozen=True, slots=True)
class TradeSpec:
    """A trade as its author words it. `strikes` pairs a role's name with its rule.

    `symbol` is a ticker, or `LOOP_SYMBOL` inside a symbol loop until it is bound. Long equity has
    neither expiration nor strikes. `back` is the later expiration of calendars and diagonals.
    """

    symbol: str
    structure: Structure
    expiration: ExpirationRule | None = None
    strikes: tuple[tuple[str, StrikeRule], ...] = ()
    back: ExpirationRule | None = None


#: Stands for the loop's current symbol wherever a symbol is named.
LOOP_SYMBOL = "$symbol"


def bound_to(spec: TradeSpec, symbol: str | None, legs: tuple[Leg, ...]) -> TradeSpec:
    """Put a loop's symbol and its position's legs in the places that stand for them."""
    if symbol is not None and spec.symbol == LOOP_SYMBOL:
        spec = replace(spec, symbol=symbol)
    options = [(leg.ratio, leg.option) for leg in legs if leg.option is not None]
    if not options or not _leans(spec):
        return spec
    named = {
        f"{'long' if ratio > 0 else 'short'}_{option.right}": ByStrike(
            option.strike, StrikeMode.EXACTLY
        )
        for ratio, option in options
    }
    days = sorted(option.expires_on for _, option in options)
    strikes = tuple(
        (name, named.get(name, rule) if isinstance(rule, ByPosition) else rule)
        for name, rule in spec.strikes
    )
    front, back = _on(spec.expiration, days[0]), _on(spec.back, days[-1])
    return replace(spec, strikes=strikes, expiration=front, back=back)


def _leans(spec: TradeSpec) -> bool:
    rules = (spec.expiration, spec.back)
    is_same = any(r is not None and r.mode is ExpirationMode.SAME_AS_POSITION for r in rules)
    return is_same or any(isinstance(rule, ByPosition) for _, rule in spec.strikes)


def _on(rule: ExpirationRule | None, day: date) -> ExpirationRule | None:
    if rule is None or rule.mode is not ExpirationMode.SAME_AS_POSITION:
        return rule
    return ExpirationRule(ExpirationMode.ON, on=day)


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
