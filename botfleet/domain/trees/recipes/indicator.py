"""Recipes on indicators of daily bars up to yesterday, by TA-Lib's names."""

from collections.abc import Sequence
from functools import lru_cache
from math import isnan
from typing import Any

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, IndicatorOf, NoData, Question
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, compared, symbol_of
from botfleet.domain.trees.recipes.stock import last_of, quote_of


@lru_cache(maxsize=4096)
def _indicator_of(symbol: str | None, name: str, period: int) -> tuple[Question, ...]:
    return (IndicatorOf(symbol, name, period),) if symbol else ()


def _indicator(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return _indicator_of(symbol, arguments["indicator"], arguments["period"])


def _quote_and_average(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    average = _indicator_of(symbol, arguments["average"], arguments["period"])
    return quote_of(symbol) + average


def _two_averages(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol, name = symbol_of(arguments, binding), arguments["average"]
    fast = _indicator_of(symbol, name, arguments["period"])
    return fast + _indicator_of(symbol, name, arguments["slow_period"])


def _value(_: Arguments, __: Binding, answers: Sequence[Any]) -> float | NoData:
    return answers[0] if answers else NO_SYMBOL


def _above_average(_: Arguments, __: Binding, answers: Sequence[Any]) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    last = last_of(answers[0])
    return last if isinstance(last, NoData) else float(last) - answers[1]


def _fast_above_slow(_: Arguments, __: Binding, answers: Sequence[Any]) -> float | NoData:
    return answers[0] - answers[1] if answers else NO_SYMBOL


def _between(arguments: Arguments, _: Binding, answers: Sequence[Any]) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    if isnan(answers[0]):
        return NoData(arguments["indicator"], "not a number")
    return bool(arguments["low"] <= answers[0] <= arguments["high"])


_NAMED = {"symbol": "symbol", "indicator": "indicator", "period": "period"}

RECIPES: tuple[Recipe, ...] = (
    compared(
        "indicator_value",
        "{symbol} {indicator}({period}) is {relation} {value}",
        {**_NAMED, "relation": "relation", "value": "number"},
        _indicator,
        _value,
    ),
    Recipe(
        "indicator_between",
        "indicator",
        "{symbol} {indicator}({period}) is between {low} and {high}",
        {**_NAMED, "low": "number", "high": "number"},
        _indicator,
        _between,
    ),
    compared(
        "indicator_price_average",
        "{symbol} price is {relation} its {average}({period})",
        {"symbol": "symbol", "relation": "relation", "average": "average", "period": "period"},
        _quote_and_average,
        _above_average,
        "",
    ),
    compared(
        "indicator_averages",
        "{symbol} {average}({period}) is {relation} its {average}({slow_period})",
        {
            "symbol": "symbol",
            "average": "average",
            "period": "period",
            "relation": "relation",
            "slow_period": "period",
        },
        _two_averages,
        _fast_above_slow,
        "",
    ),
)
