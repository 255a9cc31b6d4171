"""Recipes on averages of daily bars, by TA-Lib's names: of prices, of ranges, of volume."""

from functools import lru_cache

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, IndicatorOf, NoData, Question, QuoteOf, StatsOf
from botfleet.domain.trees.recipes.asking import Answers, last_of, quote_of
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    RELATED,
    between,
    compared,
    symbol_of,
    unknown,
)


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


def _value(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    return answers[0] if answers else NO_SYMBOL


def _above_average(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    last = last_of(answers[0])
    return last if isinstance(last, NoData) else float(last) - answers[1]


def _fast_above_slow(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    return answers[0] - answers[1] if answers else NO_SYMBOL


_NAMED = {"symbol": "symbol", "indicator": "indicator", "period": "period"}


def _average_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    return QuoteOf(symbol), IndicatorOf(symbol, arguments["average"], arguments["period"])


def _is_near(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    last, average = last_of(answers[0]), float(answers[1])
    if isinstance(last, NoData):
        return last
    away = (float(last) - average) / average if average else float("nan")
    if away != away:  # noqa: PLR0124  NaN
        return unknown(arguments["average"], "not a number")
    off = away if arguments["side"] == "above" else -away
    limit = float(arguments["percent"])
    return 0 <= off <= limit if arguments["within"] == "within" else off > limit


def _atr_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    return QuoteOf(symbol), IndicatorOf(symbol, "ATR", arguments["period"])


def _atr(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    if arguments["unit"] == "dollars":
        return float(answers[1])
    last = last_of(answers[0])
    if isinstance(last, NoData):
        return last
    return float(answers[1]) / float(last) if last else unknown("ATR", "there is no price")


def _volume_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (QuoteOf(symbol), StatsOf(symbol)) if symbol else ()


def _volume_ratio(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    average = answers[1].average_volume(arguments["sessions"])
    if not average:
        return unknown(f"average volume of {answers[0].symbol}")
    return float(answers[0].volume) / float(average)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "indicator_value",
        "{symbol} {indicator}({period}) is {relation} {value}",
        {**_NAMED, "relation": "relation", "value": "number"},
        _indicator,
        _value,
    ),
    between(
        "indicator_between",
        "{symbol} {indicator}({period}) is between {low} and {high}",
        {**_NAMED, "low": "number", "high": "number"},
        _indicator,
        _value,
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
    Recipe(
        "indicator_price_near_average",
        "indicator",
        "{symbol} price is {within} {percent} {side} its {average}({period})",
        {
            "symbol": "symbol",
            "within": "within",
            "percent": "percent",
            "side": "side",
            "average": "average",
            "period": "period",
        },
        _average_asks,
        _is_near,
    ),
    compared(
        "indicator_atr",
        "{symbol} ATR({period}) is {relation} {value} {unit}",
        {**RELATED, "period": "period", "value": "measure", "unit": "size_unit"},
        _atr_asks,
        _atr,
    ),
    compared(
        "indicator_volume_average",
        "{symbol} volume today is {relation} {percent} of its {sessions}-session average",
        {**RELATED, "percent": "percent", "sessions": "period"},
        _volume_asks,
        _volume_ratio,
        "percent",
    ),
)
