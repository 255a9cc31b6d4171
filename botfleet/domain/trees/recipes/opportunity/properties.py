"""Recipes on any number of a theoretical trade or of its legs, by name."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from botfleet.domain.trades.opportunities import Opportunity
from botfleet.domain.trades.rewards import max_gain, reward_risk
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData, Question, StatsOf
from botfleet.domain.trees.recipes.asking import Answers, Number
from botfleet.domain.trees.recipes.comparison import VALUE, between, compared, unknown
from botfleet.domain.trees.recipes.opportunity.trades import met, trade_asks
from botfleet.domain.trees.recipes.position.properties import Measured, measure_leg
from botfleet.domain.trees.walk import bind


def _chance(name: str) -> Callable[[Opportunity], Measured]:
    return lambda one: None if one.odds is None else float(getattr(one.odds, name))


def _sensitivity(name: str) -> Callable[[Opportunity], Measured]:
    return lambda one: None if one.greeks is None else float(getattr(one.greeks, name))


def _change(one: Opportunity) -> Measured:
    """Measure how far the middle price has gone since the legs' previous closes."""
    closes = {quote.option: quote.previous_close for quote in one.leg_quotes}
    before = [(leg.ratio, closes.get(leg.option)) for leg in one.legs if leg.option is not None]
    if len(before) < len(one.legs) or any(close is None for _, close in before):
        return None
    return one.mid - sum((ratio * (close or 0) for ratio, close in before), Decimal(0))


OPPORTUNITY: Mapping[str, Callable[[Opportunity], Measured]] = {
    "alpha": _chance("alpha"),
    "reward_risk": reward_risk,
    "ev": _chance("expected_value"),
    "chance_of_profit": _chance("profit"),
    "chance_of_max_profit": _chance("max_profit"),
    "chance_of_max_loss": _chance("max_loss"),
    "bid": lambda one: one.bid,
    "ask": lambda one: one.ask,
    "mid": lambda one: one.mid,
    "spread": lambda one: one.ask - one.bid,
    "premium": lambda one: abs(one.mid),
    "max_loss": lambda one: one.max_loss.dollars,
    "max_profit": max_gain,
    "delta": lambda one: one.delta,
    "gamma": _sensitivity("gamma"),
    "theta": _sensitivity("theta"),
    "vega": _sensitivity("vega"),
    "change": _change,
}


def _property_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask for the trade; of its symbol's variance premium, for what history says too."""
    asked = trade_asks(arguments, binding)
    if arguments["property"] != "nvrp" or not asked:
        return asked
    return (*asked, StatsOf(bind(arguments["trade"], binding).symbol))


def _property(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if arguments["property"] != "nvrp":
        return _measured(arguments["property"], answers)
    one = met(answers)
    if isinstance(one, NoData):
        return one
    premium: float | None = answers[1].nvrp
    return unknown(f"nvrp of {one.symbol}") if premium is None else premium


def _price(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    seen = _measured(arguments["price"], answers)
    return seen if isinstance(seen, NoData) else abs(Decimal(seen))


def _measured(name: str, answers: Answers) -> Number | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    seen = OPPORTUNITY[name](one)
    return unknown(f"{name.replace('_', ' ')} of {one.symbol}") if seen is None else seen


def _leg(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    wanted = arguments["side"], arguments["right"]
    return measure_leg(one, one.legs, arguments["property"], wanted)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "opportunity_property",
        "opportunity {trade} {property} is {relation} {value}",
        {"trade": "trade", "property": "opportunity_property", **VALUE},
        _property_asks,
        _property,
    ),
    between(
        "opportunity_property_between",
        "opportunity {trade} {property} is between {low} and {high}",
        {"trade": "trade", "property": "opportunity_property", "low": "measure", "high": "measure"},
        _property_asks,
        _property,
    ),
    compared(
        "opportunity_leg",
        "opportunity {trade} {side} {right} leg {property} is {relation} {value}",
        {"trade": "trade", "side": "leg_side", "right": "right", "property": "traded_leg", **VALUE},
        trade_asks,
        _leg,
    ),
    between(
        "opportunity_price_between",
        "opportunity {trade} {price} price is between {low} and {high}",
        {"trade": "trade", "price": "quoted_price", "low": "measure", "high": "measure"},
        trade_asks,
        _price,
    ),
)
