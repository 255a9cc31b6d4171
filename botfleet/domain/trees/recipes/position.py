"""Recipes on the loop's position (S87). Returns are on the middle price, as the watch's are.

High gains come from the minute watch; the run's own valuation counts too (P8).
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from math import inf
from typing import Any

from botfleet.domain.eastern import day_of
from botfleet.domain.market.instruments import Leg, Right
from botfleet.domain.positions.position import Valuation, return_on_entry
from botfleet.domain.positions.valuation import decisive
from botfleet.domain.trades.structures import multiplier
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import NOW, Binding, NoData, Question, ValueOf
from botfleet.domain.trees.recipes.comparison import NO_POSITION, compared

#: Which position a recipe is about: the loop's where it is not said (see `operands`).
OF = {"position": "position"}
_ASK_NOW: tuple[Question, ...] = (NOW,)


def value_asks(_: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask what the bound position is worth."""
    return (ValueOf(binding.position.position_id),) if binding.position else ()


def _now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return _ASK_NOW


def _return(_: Arguments, binding: Binding, answers: Sequence[Any]) -> float | NoData:
    if binding.position is None:
        return NO_POSITION
    return return_on_entry(binding.position.entry, answers[0].mid)


def _profit(_: Arguments, binding: Binding, answers: Sequence[Any]) -> Decimal | NoData:
    position = binding.position
    if position is None:
        return NO_POSITION
    shares = multiplier(position.structure)
    worth: Decimal = answers[0].mid
    return (worth - position.entry) * position.quantity * shares


def _trails(arguments: Arguments, binding: Binding, answers: Sequence[Any]) -> bool | NoData:
    gain = _return(arguments, binding, answers)
    if isinstance(gain, NoData) or binding.position is None:
        return NO_POSITION
    high = max(binding.position.high_gain, gain)
    return bool(high >= arguments["target"] and high - gain >= arguments["trail"])


def _days_left(_: Arguments, binding: Binding, answers: Sequence[Any]) -> float | NoData:
    position = binding.position
    if position is None:
        return NO_POSITION
    if position.expires_on is None:
        return inf  # shares never expire
    return (position.expires_on - day_of(answers[0].at)).days


def _minutes_open(_: Arguments, binding: Binding, answers: Sequence[Any]) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    age: timedelta = answers[0].at - binding.position.opened_at
    return age // timedelta(minutes=1)


def _is_in_the_money(_: Arguments, binding: Binding, answers: Sequence[Any]) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    worth: Valuation = answers[0]
    if worth.underlying is None or worth.underlying.is_nan():
        return NoData(f"last price of {binding.position.symbol}", "not quoted")
    return any(is_leg_in_the_money(leg, worth.underlying) for leg in decisive(binding.position))


def is_leg_in_the_money(leg: Leg, underlying: Decimal) -> bool:
    """Say whether `underlying` lies strictly beyond the leg's strike (R35); shares never do."""
    if leg.option is None:
        return False
    if leg.option.right is Right.CALL:
        return underlying > leg.option.strike
    return underlying < leg.option.strike


def _no_questions(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return ()


def _is_of_symbol(arguments: Arguments, binding: Binding, _: Sequence[Any]) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    return bool(binding.position.symbol == arguments["ticker"])


RECIPES: tuple[Recipe, ...] = (
    compared(
        "position_return",
        "{position} return is {relation} {percent}",
        {**OF, "relation": "relation", "percent": "percent"},
        value_asks,
        _return,
        "percent",
    ),
    compared(
        "position_profit",
        "{position} profit is {relation} {value}",
        {**OF, "relation": "relation", "value": "profit"},
        value_asks,
        _profit,
    ),
    Recipe(
        "position_trails",
        "position",
        "{position} trails its high by {trail} after reaching {target}",
        {**OF, "target": "percent", "trail": "percent"},
        value_asks,
        _trails,
    ),
    compared(
        "position_expires_in",
        "{position} expires in {relation} {days} days",
        {**OF, "relation": "span_relation", "days": "days"},
        _now,
        _days_left,
        "days",
    ),
    compared(
        "position_open_for",
        "{position} has been open for {relation} {minutes} minutes",
        {**OF, "relation": "span_relation", "minutes": "minutes"},
        _now,
        _minutes_open,
        "minutes",
    ),
    Recipe(
        "position_in_the_money",
        "position",
        "{position} is in the money",
        {**OF},
        value_asks,
        _is_in_the_money,
    ),
    Recipe(
        "position_symbol",
        "position",
        "{position} is in {ticker}",
        {**OF, "ticker": "ticker"},
        _no_questions,
        _is_of_symbol,
    ),
)
