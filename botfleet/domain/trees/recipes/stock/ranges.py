"""Recipes on an underlying's opening range."""

from botfleet.domain.market.quotes import OpeningRange
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, NoData, Question, QuoteOf, RangeOf
from botfleet.domain.trees.recipes.asking import Answers, Number, last_of
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, VALUE, compared, symbol_of, unknown


def _range_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (QuoteOf(symbol), RangeOf(symbol, arguments["minutes"])) if symbol else ()


def _above_range(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    last = last_of(answers[0])
    seen: OpeningRange = answers[1]
    bound = seen.high if arguments["bound"] == "high" else seen.low
    return last if isinstance(last, NoData) else last - bound


def _range_size(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    seen: OpeningRange = answers[1]
    if arguments["unit"] == "dollars":
        return seen.size
    return seen.size / seen.low if seen.low else unknown(f"opening range of {seen.symbol}")


RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_opening_range",
        "{symbol} price is {relation} its {minutes}-minute opening range {bound}",
        {"symbol": "symbol", "relation": "relation", "minutes": "minutes", "bound": "bound"},
        _range_asks,
        _above_range,
        "",
    ),
    compared(
        "stock_opening_range_size",
        "{symbol} {minutes}-minute opening range is {relation} {value} {unit}",
        {"symbol": "symbol", "minutes": "minutes", **VALUE, "unit": "size_unit"},
        _range_asks,
        _range_size,
    ),
)
