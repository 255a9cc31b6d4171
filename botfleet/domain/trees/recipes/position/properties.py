"""The numbers of a position and of its legs that recipes compare by name.

Greeks, expected value and risk are of the whole position: one unit's times its quantity. Prices are
a share of one unit, in the sign of the entry (below zero: received). Chances are at expiration.
A leg's change counts from the previous close to its last trade; its slippage is what a price at the
far side costs against the middle, half its spread.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import inf

from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import next_session
from botfleet.domain.market.instruments import Leg, Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.positions.position import Position, Valuation, return_on_entry
from botfleet.domain.positions.valuation import intrinsic
from botfleet.domain.trades.margin import max_profit, worst_case
from botfleet.domain.trades.opportunities import Opportunity
from botfleet.domain.trades.structures import multiplier, strikes_of, widths
from botfleet.domain.trees.facts import NoData
from botfleet.domain.trees.recipes.asking import Number
from botfleet.domain.trees.recipes.comparison import unknown

Measured = Number | None


def sessions_between(opened: date, today: date) -> int:
    """Count the sessions after the day of `opened`, up to and with `today`."""
    count, day = 0, opened
    while (day := next_session(day).day) <= today:
        count += 1
    return count


def _units(position: Position) -> int:
    return multiplier(position.structure) * position.quantity


def profit(position: Position, worth: Valuation) -> Decimal:
    """Give what a position has gained, in dollars, at the mid price."""
    return (worth.mid - position.entry) * _units(position)


def risk(position: Position) -> Decimal:
    """Give what a position can lose at most, in dollars, at what was paid or received for it."""
    cost = worst_case(position.structure, strikes_of(position.legs), position.entry)
    return cost.dollars * position.quantity


def _width(position: Position) -> Decimal | None:
    try:
        return max(widths(strikes_of(position.legs)), default=None)
    except ValueError:  # legs that pair to no wings
        return None


def _reward(position: Position) -> Measured:
    strikes = strikes_of(position.legs)
    gain, cost = max_profit(position.structure, strikes, position.entry), risk(position)
    if gain is None:
        return inf
    return gain.dollars * position.quantity / cost if cost else None


def _of_risk(position: Position, worth: Valuation) -> Decimal | None:
    cost = risk(position)
    return profit(position, worth) / cost if cost else None


def _greek(name: str) -> "PositionMeasure":
    def measure(position: Position, worth: Valuation, _: datetime) -> Measured:
        greeks = worth.greeks
        return None if greeks is None else float(getattr(greeks, name)) * position.quantity

    return measure


def _odds(name: str, *, is_whole: bool = False) -> "PositionMeasure":
    def measure(position: Position, worth: Valuation, _: datetime) -> Measured:
        if worth.odds is None:
            return None
        seen = float(getattr(worth.odds, name))
        return seen * position.quantity if is_whole else seen

    return measure


def _dte(position: Position, _: Valuation, now: datetime) -> Measured:
    return inf if position.expires_on is None else (position.expires_on - day_of(now)).days


PositionMeasure = Callable[[Position, Valuation, datetime], Measured]


POSITION: Mapping[str, PositionMeasure] = {
    "alpha": _odds("alpha"),
    "open_pl": lambda one, worth, _: profit(one, worth),
    "pl_per_contract": lambda one, worth, _: profit(one, worth) / one.quantity,
    "return_pct": lambda one, worth, _: return_on_entry(one.entry, worth.mid),
    "return_on_risk": lambda one, worth, _: _of_risk(one, worth),
    "high_return_pct": lambda one, worth, _: max(
        one.high_gain, return_on_entry(one.entry, worth.mid)
    ),
    "ask": lambda _, worth, __: worth.ask,
    "bid": lambda _, worth, __: worth.bid,
    "spread": lambda _, worth, __: worth.ask - worth.bid,
    "mid": lambda _, worth, __: worth.mid,
    "market_value": lambda one, worth, _: worth.mid * _units(one),
    "trade_price": lambda one, _, __: one.entry,
    "underlying_price": lambda _, worth, __: worth.underlying,
    "delta": _greek("delta"),
    "gamma": _greek("gamma"),
    "theta": _greek("theta"),
    "vega": _greek("vega"),
    "ev": _odds("expected_value", is_whole=True),
    "ev_per_contract": _odds("expected_value"),
    "chance_of_profit": _odds("profit"),
    "chance_of_max_profit": _odds("max_profit"),
    "chance_of_max_loss": _odds("max_loss"),
    "reward_risk": lambda one, _, __: _reward(one),
    "risk": lambda one, _, __: risk(one),
    "quantity": lambda one, _, __: one.quantity,
    "days_open": lambda one, _, now: sessions_between(day_of(one.opened_at), day_of(now)),
    "dte": _dte,
    "spread_width": lambda one, _, __: _width(one),
    "maintenance": lambda one, _, __: risk(one),
}


def _less(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def _change_share(quote: OptionQuote) -> Decimal | None:
    change = _less(quote.last, quote.previous_close)
    return change / quote.previous_close if change is not None and quote.previous_close else None


def _inside(leg: Leg, underlying: Decimal | None) -> Decimal | None:
    return None if underlying is None else intrinsic((Leg(leg.option, 1),), underlying)


def _outside(leg: Leg, underlying: Decimal | None) -> Decimal | None:
    """Give by how much a leg is out of the money; 0 in it."""
    if underlying is None or leg.option is None:
        return None
    away = leg.option.strike - underlying
    return max(Decimal(0), away if leg.option.right is Right.CALL else -away)


LegMeasure = Callable[[Leg, OptionQuote, Decimal | None], Measured]


LEG: Mapping[str, LegMeasure] = {
    "bid": lambda _, quote, __: quote.bid,
    "ask": lambda _, quote, __: quote.ask,
    "mid": lambda _, quote, __: quote.mid,
    "spread": lambda _, quote, __: _less(quote.ask, quote.bid),
    "delta": lambda _, quote, __: quote.delta,
    "gamma": lambda _, quote, __: quote.gamma,
    "theta": lambda _, quote, __: quote.theta,
    "vega": lambda _, quote, __: quote.vega,
    "open_interest": lambda _, quote, __: quote.open_interest,
    "volume": lambda _, quote, __: quote.volume,
    "intrinsic": lambda leg, _, price: _inside(leg, price),
    "extrinsic": lambda leg, quote, price: _less(quote.mid, _inside(leg, price)),
    "otm_amount": lambda leg, _, price: _outside(leg, price),
    "strike": lambda leg, _, __: leg.option.strike if leg.option else None,
    "open": lambda _, quote, __: quote.open,
    "high": lambda _, quote, __: quote.high,
    "low": lambda _, quote, __: quote.low,
    "close": lambda _, quote, __: quote.previous_close,
    "change": lambda _, quote, __: _less(quote.last, quote.previous_close),
    "change_pct": lambda _, quote, __: _change_share(quote),
    "slippage": lambda _, quote, __: _less(quote.ask, quote.mid),
}


def legs_like(legs: tuple[Leg, ...], side: str | None, right: str | None) -> tuple[Leg, ...]:
    """Give the option legs of a side (`short`, `long`) and right; None lets all through."""
    return tuple(
        leg
        for leg in legs
        if leg.option is not None
        and right in {None, leg.option.right.value}
        and side in {None, "long" if leg.ratio > 0 else "short"}
    )


def measure_leg(
    one: Valuation | Opportunity, legs: tuple[Leg, ...], name: str, leg: tuple[str, str]
) -> Number | NoData:
    """Measure a property of the first leg of a side and right."""
    found = legs_like(legs, *leg)
    if not found:
        return unknown(f"{' '.join(leg)} leg", "there is none")
    quotes = {quote.option: quote for quote in one.leg_quotes}
    option = found[0].option
    if option is None or option not in quotes:
        return unknown(f"{' '.join(leg)} leg", "not quoted")
    seen = LEG[name](found[0], quotes[option], one.underlying)
    return unknown(f"{name} of the {' '.join(leg)} leg") if seen is None else seen
