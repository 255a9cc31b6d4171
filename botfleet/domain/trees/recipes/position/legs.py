"""Recipes on one leg of a position."""

from botfleet.domain.eastern import day_of
from botfleet.domain.market.instruments import Right
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, ChanceOf, NoData, Question
from botfleet.domain.trees.recipes.asking import Answers, Number, worth_and_now
from botfleet.domain.trees.recipes.comparison import (
    NO_POSITION,
    OF_POSITION,
    VALUE,
    compared,
    followed,
    unknown,
)
from botfleet.domain.trees.recipes.position.properties import legs_like, measure_leg


def _leg(arguments: Arguments, binding: Binding, answers: Answers) -> Number | NoData:
    if binding.position is None:
        return NO_POSITION
    wanted = arguments["side"], arguments["right"]
    if arguments["property"] == "chance_of_itm":
        return float(answers[2]) if len(answers) > 2 else unknown("leg", "there is none")  # noqa: PLR2004
    return measure_leg(answers[0], binding.position.legs, arguments["property"], wanted)


def _leg_more(arguments: Arguments, binding: Binding, answers: Answers) -> tuple[Question, ...]:
    """Ask for the chance of a leg to end in the money, where that is the property."""
    position = binding.position
    if position is None or arguments["property"] != "chance_of_itm":
        return ()
    for leg in legs_like(position.legs, arguments["side"], arguments["right"])[:1]:
        if leg.option is not None:
            days = (leg.option.expires_on - day_of(answers[1].at)).days
            is_call, strike = leg.option.right is Right.CALL, leg.option.strike
            low, high = (strike, None) if is_call else (None, strike)
            return (ChanceOf(position.symbol, low, high, max(days, 0)),)
    return ()


_LEG = {"side": "leg_side", "right": "right"}


RECIPES: tuple[Recipe, ...] = (
    followed(
        compared(
            "position_leg",
            "{position} {side} {right} leg {property} is {relation} {value}",
            {**OF_POSITION, **_LEG, "property": "leg_property", **VALUE},
            worth_and_now,
            _leg,
        ),
        _leg_more,
    ),
)
