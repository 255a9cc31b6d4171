"""Recipes on a position: any number of it or of its legs, its age, its strikes and its tags."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from botfleet.domain.eastern import day_of
from botfleet.domain.market.instruments import Right
from botfleet.domain.positions.position import Position, Valuation, return_on_entry
from botfleet.domain.positions.valuation import decisive
from botfleet.domain.trades.structures import WITH_SHARES
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import (
    NOW,
    Binding,
    ChanceOf,
    NoData,
    Question,
    ValueOf,
)
from botfleet.domain.trees.memory import quantified
from botfleet.domain.trees.recipes.comparison import (
    NO_POSITION,
    between,
    compared,
    unknown,
)
from botfleet.domain.trees.recipes.position import OF, value_asks
from botfleet.domain.trees.recipes.position_properties import (
    POSITION,
    Number,
    legs_like,
    measure_leg,
    sessions_between,
)

Answers = Sequence[Any]


def _both(_: Arguments, binding: Binding) -> tuple[Question, ...]:
    return (*value_asks({}, binding), NOW)


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


def _premium(arguments: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    """Measure how far the price of a position has gone from its entry, whoever profits."""
    position = binding.position
    if position is None:
        return NO_POSITION
    change = return_on_entry(abs(position.entry), abs(answers[0].mid))
    return change if arguments["direction"] == "increased" else -change


def _now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (NOW,)


def _sessions_open(_: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    return sessions_between(day_of(binding.position.opened_at), day_of(answers[0].at))


def _nothing(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return ()


def _is_structure(arguments: Arguments, binding: Binding, _: Answers) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    return bool(binding.position.structure == arguments["structure"])


def _has_tags(arguments: Arguments, binding: Binding, _: Answers) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    return quantified(arguments["quantifier"], arguments["tags"], binding.position.tags)


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


def _chance(arguments: Arguments, binding: Binding, answers: Answers) -> float | NoData:
    if binding.position is None:
        return NO_POSITION
    if answers[0].odds is None:
        return unknown(f"chances of {binding.position.symbol}")
    return float(getattr(answers[0].odds, arguments["chance"]))


_VALUE = {"relation": "relation", "value": "measure"}
_PROPERTY = {**OF, "property": "position_property"}
_LEG = {"side": "leg_side", "right": "right"}

RECIPES: tuple[Recipe, ...] = (
    compared(
        "position_property",
        "{position} {property} is {relation} {value}",
        {**_PROPERTY, **_VALUE},
        _both,
        _property,
    ),
    between(
        "position_property_between",
        "{position} {property} is between {low} and {high}",
        {**_PROPERTY, "low": "measure", "high": "measure"},
        _both,
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
        "position_leg",
        "{position} {side} {right} leg {property} is {relation} {value}",
        {**OF, **_LEG, "property": "leg_property", **_VALUE},
        _both,
        _leg,
    ),
    compared(
        "position_premium",
        "{position} premium has {direction} by {relation} {percent}",
        {**OF, "direction": "direction", "relation": "relation", "percent": "percent"},
        value_asks,
        _premium,
        "percent",
    ),
    compared(
        "position_sessions_open",
        "{position} has been open for {relation} {sessions} market days",
        {**OF, "relation": "span_relation", "sessions": "sessions_back"},
        _now,
        _sessions_open,
        "sessions",
    ),
    Recipe(
        "position_structure",
        "position",
        "{position} is a {structure}",
        {**OF, "structure": "structure"},
        _nothing,
        _is_structure,
    ),
    Recipe(
        "position_tags",
        "position",
        "{position} has {quantifier} of the tags {tags}",
        {**OF, "quantifier": "quantifier", "tags": "tags"},
        _nothing,
        _has_tags,
    ),
    compared(
        "position_touch",
        "{position} underlying price is {relation} its {side} {right} strike",
        {**OF, "relation": "relation", **_LEG},
        value_asks,
        _from_strike,
        "",
    ),
    compared(
        "position_past",
        "{position} underlying price is {where} its{right} {level} by {relation} {value} {unit}",
        {
            **OF,
            "where": "where",
            "right": "right_or_any",
            "level": "level_of",
            **_VALUE,
            "unit": "size_unit",
        },
        value_asks,
        _past,
    ),
    compared(
        "position_itm_by",
        "{position} is in the money by {relation} {value} {unit}",
        {**OF, **_VALUE, "unit": "size_unit"},
        value_asks,
        _in_by,
    ),
    compared(
        "position_otm_by",
        "{position} is out of the money by {relation} {value} {unit}",
        {**OF, **_VALUE, "unit": "size_unit"},
        value_asks,
        _out_by,
    ),
    compared(
        "position_chance",
        "{position} chance of {chance} is {relation} {percent}",
        {**OF, "chance": "chance", "relation": "relation", "percent": "percent"},
        value_asks,
        _chance,
        "percent",
    ),
)
MORE = {"position_leg": _leg_more}
