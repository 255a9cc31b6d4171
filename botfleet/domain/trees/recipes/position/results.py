"""Recipes on what the loop's position has gained and may gain (S87).

Returns are on the middle price, as the watch's are. High gains come from the minute watch; the
run's own valuation counts too (P8).
"""

from decimal import Decimal
from typing import Any

from botfleet.domain.positions.position import Position, Valuation, reaches, return_on_entry
from botfleet.domain.trades.structures import multiplier
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import NOW, Binding, NoData, Question, ValueOf
from botfleet.domain.trees.recipes.asking import Answers, Number, value_asks, worth_and_now
from botfleet.domain.trees.recipes.comparison import (
    NO_POSITION,
    OF_POSITION,
    VALUE,
    between,
    compared,
    unknown,
)
from botfleet.domain.trees.recipes.position.properties import POSITION


def _return(_: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    if binding.position is None:
        return NO_POSITION
    return return_on_entry(binding.position.entry, answers[0].mid)


def _profit(_: Arguments, binding: Binding, answers: Answers) -> Decimal | NoData:
    position = binding.position
    if position is None:
        return NO_POSITION
    shares = multiplier(position.structure)
    worth: Decimal = answers[0].mid
    return (worth - position.entry) * position.quantity * shares


def _trails(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    gain = _return(arguments, binding, answers)
    if isinstance(gain, NoData) or binding.position is None:
        return NO_POSITION
    high = max(binding.position.high_gain, gain)
    return reaches(high, arguments["target"]) and reaches(high - gain, arguments["trail"])


def _property(arguments: Arguments, binding: Binding, answers: Answers) -> Number | NoData:
    if binding.position is None:
        return NO_POSITION
    return _measure(arguments["property"], binding.position, *answers)


def _measure(name: str, position: Position, worth: Valuation, now: Any) -> Number | NoData:
    seen = POSITION[name](position, worth, now.at)
    return unknown(f"{name.replace('_', ' ')} of {position.symbol}") if seen is None else seen


def _versus_asks(_: Arguments, binding: Binding) -> tuple[Question, ...]:
    if binding.position is None or binding.other is None:
        return (NOW,)
    return ValueOf(binding.position.position_id), NOW, ValueOf(binding.other.position_id)


def _versus(arguments: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    if binding.position is None or binding.other is None:
        return NO_POSITION
    one = _measure(arguments["property"], binding.position, answers[0], answers[1])
    other = _measure(arguments["other_property"], binding.other, answers[2], answers[1])
    if isinstance(one, NoData) or isinstance(other, NoData):
        return NoData("position", "one of the two is not known")
    return float(one) - float(other)


def _premium(arguments: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    """Measure how far the price of a position has gone from its entry, whoever profits."""
    position = binding.position
    if position is None:
        return NO_POSITION
    change = return_on_entry(abs(position.entry), abs(answers[0].mid))
    return change if arguments["direction"] == "increased" else -change


def _chance(arguments: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    if binding.position is None:
        return NO_POSITION
    if answers[0].odds is None:
        return unknown(f"chances of {binding.position.symbol}")
    return float(getattr(answers[0].odds, arguments["chance"]))


_PROPERTY = {**OF_POSITION, "property": "position_property"}


RECIPES: tuple[Recipe, ...] = (
    compared(
        "position_return",
        "{position} return is {relation} {percent}",
        {**OF_POSITION, "relation": "relation", "percent": "percent"},
        value_asks,
        _return,
        "percent",
    ),
    compared(
        "position_profit",
        "{position} profit is {relation} {value}",
        {**OF_POSITION, "relation": "relation", "value": "profit"},
        value_asks,
        _profit,
    ),
    Recipe(
        "position_trails",
        "position",
        "{position} trails its high by {trail} after reaching {target}",
        {**OF_POSITION, "target": "percent", "trail": "percent"},
        value_asks,
        _trails,
    ),
    compared(
        "position_property",
        "{position} {property} is {relation} {value}",
        {**_PROPERTY, **VALUE},
        worth_and_now,
        _property,
    ),
    between(
        "position_property_between",
        "{position} {property} is between {low} and {high}",
        {**_PROPERTY, "low": "measure", "high": "measure"},
        worth_and_now,
        _property,
    ),
    compared(
        "position_versus",
        "{position} {property} is {relation} {other} {other_property}",
        {
            **_PROPERTY,
            "relation": "relation",
            "other": "position",
            "other_property": "position_property",
        },
        _versus_asks,
        _versus,
        "",
    ),
    compared(
        "position_premium",
        "{position} premium has {direction} by {relation} {percent}",
        {**OF_POSITION, "direction": "direction", "relation": "relation", "percent": "percent"},
        value_asks,
        _premium,
        "percent",
    ),
    compared(
        "position_chance",
        "{position} chance of {chance} is {relation} {percent}",
        {**OF_POSITION, "chance": "chance", "relation": "relation", "percent": "percent"},
        value_asks,
        _chance,
        "percent",
    ),
)
