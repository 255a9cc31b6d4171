"""Recipes on a theoretical trade: any number of it or of its legs, its chances, what it meets."""

from collections.abc import Sequence
from decimal import Decimal
from math import inf
from typing import Any

from botfleet.domain.positions.position import HOLDING
from botfleet.domain.trades.opportunities import Opportunity
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import BOOK, Binding, Book, NoData, Question, StatsOf
from botfleet.domain.trees.recipes.comparison import between, compared, guarded, unknown
from botfleet.domain.trees.recipes.opportunity import met, trade_asks
from botfleet.domain.trees.recipes.position_properties import OPPORTUNITY, Number, measure_leg
from botfleet.domain.trees.walk import bind

Answers = Sequence[Any]


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


def _chance(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    if one.odds is None:
        return unknown(f"chances of {one.symbol}")
    return float(getattr(one.odds, arguments["chance"]))


def _is_favorable(_: Arguments, __: Binding, answers: Answers) -> bool | NoData:
    """Say whether max profit x its chance outweighs max loss x the chance that it fails."""
    one = met(answers)
    if isinstance(one, NoData):
        return one
    if one.odds is None or one.max_profit is None:
        return unknown(f"chances of {one.symbol}")
    chance = one.odds.max_profit
    return bool(one.max_profit.cents * chance > one.max_loss.cents * (1 - chance))


def _with_book(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    asked = trade_asks(arguments, binding)
    return (*asked, BOOK) if asked else ()


def _meets(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    one = met(answers)
    if isinstance(one, NoData):
        return one
    return bool(_shared(one, answers[1], 1 if arguments["match"] == "matches" else -1))


def _shared(one: Opportunity, book: Book, sign: int) -> bool:
    """Say whether a held position has a leg of the trade on the same (1) or other (-1) side."""
    wanted = {(leg.option, leg.ratio * sign > 0) for leg in one.legs if leg.option is not None}
    return any(
        (leg.option, leg.ratio > 0) in wanted
        for position in book.positions
        if position.state in HOLDING
        for leg in position.legs
    )


def _has_leg(_: Arguments, __: Binding, answers: Answers) -> bool | NoData:
    one = met(answers)
    return one if isinstance(one, NoData) else _shared(one, answers[1], 1)


def _affordable(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    """Measure how many units the bot's available capital pays for."""
    one = met(answers)
    if isinstance(one, NoData):
        return one
    return answers[1].available // one.max_loss.cents if one.max_loss.cents > 0 else inf


_TRADE = {"trade": "trade"}
_VALUE = {"relation": "relation", "value": "measure"}

RECIPES: tuple[Recipe, ...] = (
    compared(
        "opportunity_property",
        "opportunity {trade} {property} is {relation} {value}",
        {**_TRADE, "property": "opportunity_property", **_VALUE},
        _property_asks,
        _property,
    ),
    between(
        "opportunity_property_between",
        "opportunity {trade} {property} is between {low} and {high}",
        {**_TRADE, "property": "opportunity_property", "low": "measure", "high": "measure"},
        _property_asks,
        _property,
    ),
    compared(
        "opportunity_leg",
        "opportunity {trade} {side} {right} leg {property} is {relation} {value}",
        {**_TRADE, "side": "leg_side", "right": "right", "property": "traded_leg", **_VALUE},
        trade_asks,
        _leg,
    ),
    compared(
        "opportunity_chance",
        "opportunity {trade} chance of {chance} is {relation} {percent}",
        {**_TRADE, "chance": "chance", "relation": "relation", "percent": "percent"},
        trade_asks,
        _chance,
        "percent",
    ),
    between(
        "opportunity_price_between",
        "opportunity {trade} {price} price is between {low} and {high}",
        {**_TRADE, "price": "quoted_price", "low": "measure", "high": "measure"},
        trade_asks,
        _price,
    ),
    guarded(
        Recipe(
            "opportunity_favorable",
            "opportunity",
            "opportunity {trade} reward is favorable for its chance of max profit",
            _TRADE,
            trade_asks,
            _is_favorable,
        )
    ),
    Recipe(
        "opportunity_legs",
        "opportunity",
        "opportunity {trade} {match} with legs of existing positions",
        {**_TRADE, "match": "legs_match"},
        _with_book,
        _meets,
    ),
)
#: Recipes on the bot that look at a trade as well.
BOT_RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "bot_has_leg",
        "bot",
        "bot has a position with a leg of {trade}",
        _TRADE,
        _with_book,
        _has_leg,
    ),
    compared(
        "bot_can_afford",
        "bot has capital for {relation} {count} units of {trade}",
        {**_TRADE, "relation": "count_relation", "count": "count"},
        _with_book,
        _affordable,
        "count",
    ),
)
