"""Recipes on where the underlying stands against a position's strikes and break-evens."""

from decimal import Decimal

from botfleet.domain.market.instruments import Leg, Right
from botfleet.domain.positions.position import Position, Valuation
from botfleet.domain.positions.valuation import decisive
from botfleet.domain.trades.structures import WITH_SHARES
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData
from botfleet.domain.trees.recipes.asking import Answers, Number, value_asks
from botfleet.domain.trees.recipes.comparison import (
    NO_POSITION,
    OF_POSITION,
    VALUE,
    compared,
    unknown,
)
from botfleet.domain.trees.recipes.position.properties import legs_like


def _is_in_the_money(_: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
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


def _priced(binding: Binding, answers: Answers) -> tuple[Position, Decimal] | NoData:
    if binding.position is None:
        return NO_POSITION
    price = answers[0].underlying
    if price is None or price.is_nan():
        return unknown(f"last price of {binding.position.symbol}", "not quoted")
    return binding.position, price


def _from_strike(arguments: Arguments, binding: Binding, answers: Answers) -> Number | NoData:
    seen = _priced(binding, answers)
    if isinstance(seen, NoData):
        return seen
    legs = legs_like(seen[0].legs, arguments["side"], arguments["right"])
    if not legs or legs[0].option is None:
        return unknown(f"{arguments['side']} {arguments['right']} strike", "there is none")
    return seen[1] - legs[0].option.strike


def _past(arguments: Arguments, binding: Binding, answers: Answers) -> Number | NoData:
    """Measure how far the price is on the wanted side of a level, the furthest of several."""
    seen = _priced(binding, answers)
    if isinstance(seen, NoData):
        return seen
    position, price = seen
    pasts = [
        price - level if is_up else level - price
        for is_up, level in _levels(position, arguments["level"], arguments["right"])
    ]
    if not pasts:
        return unknown(arguments["level"], "the position has none")
    away = max(pasts) if arguments["where"] == "beyond" else -max(pasts)
    return away / price if arguments["unit"] == "percent" and price else away


def _levels(position: Position, level: str, right: str | None) -> list[tuple[bool, Decimal]]:
    """Give levels of a position; beyond lies above those of calls, below those of puts.

    A break-even is the strike of the decisive leg moved by the entry price, a share.
    """
    if level != "breakeven":
        legs = legs_like(position.legs, level.removesuffix("_strike"), right)
        return [(o.right is Right.CALL, o.strike) for leg in legs if (o := leg.option)]
    if position.structure in WITH_SHARES:
        return [(False, position.entry)] if right in {None, "call"} else []
    options = [leg.option for leg in decisive(position) if leg.option is not None]
    return [
        (o.right is Right.CALL, o.strike + (abs(position.entry) * _away(o.right)))
        for o in options
        if right in {None, o.right.value}
    ]


def _away(right: Right) -> int:
    return 1 if right is Right.CALL else -1


def _depth(binding: Binding, answers: Answers) -> tuple[Decimal, Decimal] | NoData:
    """Give how far the decisive legs are in the money (below zero: out of it), and the price."""
    seen = _priced(binding, answers)
    if isinstance(seen, NoData):
        return seen
    position, price = seen
    options = [leg.option for leg in decisive(position) if leg.option is not None]
    if not options:
        return unknown("strike", "shares have none")
    depths = (o.strike - price if o.right is Right.PUT else price - o.strike for o in options)
    return max(depths), price


def _in_by(arguments: Arguments, binding: Binding, answers: Answers) -> Number | NoData:
    seen = _depth(binding, answers)
    if isinstance(seen, NoData):
        return seen
    return seen[0] / seen[1] if arguments["unit"] == "percent" and seen[1] else seen[0]


def _out_by(arguments: Arguments, binding: Binding, answers: Answers) -> Number | NoData:
    depth = _in_by(arguments, binding, answers)
    return depth if isinstance(depth, NoData) else -depth


_LEG = {"side": "leg_side", "right": "right"}


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "position_in_the_money",
        "position",
        "{position} is in the money",
        {**OF_POSITION},
        value_asks,
        _is_in_the_money,
    ),
    compared(
        "position_touch",
        "{position} underlying price is {relation} its {side} {right} strike",
        {**OF_POSITION, "relation": "relation", **_LEG},
        value_asks,
        _from_strike,
        "",
    ),
    compared(
        "position_past",
        "{position} underlying price is {where} its{right} {level} by {relation} {value} {unit}",
        {
            **OF_POSITION,
            "where": "where",
            "right": "right_or_any",
            "level": "level_of",
            **VALUE,
            "unit": "size_unit",
        },
        value_asks,
        _past,
    ),
    compared(
        "position_itm_by",
        "{position} is in the money by {relation} {value} {unit}",
        {**OF_POSITION, **VALUE, "unit": "size_unit"},
        value_asks,
        _in_by,
    ),
    compared(
        "position_otm_by",
        "{position} is out of the money by {relation} {value} {unit}",
        {**OF_POSITION, **VALUE, "unit": "size_unit"},
        value_asks,
        _out_by,
    ),
)
