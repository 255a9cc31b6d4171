"""Recipes on any indicator or price series: levels, crossings and moves."""

from typing import Any

from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, CloseOf, IndicatorOf, NoData, Question, QuoteOf
from botfleet.domain.trees.recipes.asking import Answers
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, VALUE, between, compared
from botfleet.domain.trees.recipes.stock.properties import measure
from botfleet.domain.trees.series import Series


def question(series: Series, binding: Binding, back: int = 0) -> tuple[Question, ...]:
    """Ask for a series as it stands, or stood `back` sessions before."""
    symbol = binding.symbol if series.symbol == LOOP_SYMBOL else series.symbol
    if symbol is None:
        return ()
    ago = series.ago + back
    if series.price == "previous_close" and ago:
        return (CloseOf(symbol, ago + 1),)
    if series.price:
        return (CloseOf(symbol, ago) if ago else QuoteOf(symbol),)
    indicator = IndicatorOf(
        symbol,
        series.indicator,
        series.period,
        series.output,
        series.params,
        series.is_intraday,
        ago,
    )
    return (indicator,)


def _reading(series: Series, answer: Any) -> float | NoData:
    if not series.price or not hasattr(answer, "previous_close"):
        return float(answer)
    seen = measure(series.price, [answer])
    return seen if isinstance(seen, NoData) else float(seen)


def _series_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    return question(arguments["series"], binding)


def _level(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    return _reading(arguments["series"], answers[0]) if answers else NO_SYMBOL


def _both_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    one, other = (question(arguments[name], binding) for name in ("series", "other"))
    return one + other if one and other else ()


def _difference(one: float | NoData, other: float | NoData) -> float | NoData:
    if isinstance(one, NoData) or isinstance(other, NoData):
        return one if isinstance(one, NoData) else other
    return one - other


def _above_other(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    pairs = zip(("series", "other"), answers, strict=True)
    return _difference(*(_reading(arguments[name], answer) for name, answer in pairs))


def _moved_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    series, back = arguments["series"], arguments["sessions"]
    return question(series, binding) + question(series, binding, back)


def _moved(arguments: Arguments, _: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    moved = _difference(*(_reading(arguments["series"], answer) for answer in answers))
    if isinstance(moved, NoData):
        return moved
    return -moved if arguments["direction"] == "increased" else moved


RECIPES: tuple[Recipe, ...] = (
    compared(
        "indicator_level",
        "{series} is {relation} {value}",
        {"series": "series", **VALUE},
        _series_asks,
        _level,
    ),
    between(
        "indicator_level_between",
        "{series} is between {low} and {high}",
        {"series": "series", "low": "measure", "high": "measure"},
        _series_asks,
        _level,
    ),
    compared(
        "indicator_versus",
        "{series} is {relation} {other}",
        {"series": "series", "relation": "relation", "other": "series"},
        _both_asks,
        _above_other,
        "",
    ),
    compared(
        "indicator_moved",
        "{series} has {direction} since {sessions} sessions ago",
        {"series": "past_series", "direction": "direction", "sessions": "sessions"},
        _moved_asks,
        _moved,
        "",
    ),
)
