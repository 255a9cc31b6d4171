"""Recipes on the VIX and its relatives."""

from decimal import Decimal

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, CloseOf, NoData, Question, QuoteOf
from botfleet.domain.trees.recipes.asking import Answers, Number, last_of, quote_of
from botfleet.domain.trees.recipes.comparison import VALUE, between, compared
from botfleet.domain.trees.recipes.stock.properties import measure


def _vix_asks(arguments: Arguments, _: Binding) -> tuple[Question, ...]:
    return quote_of(arguments["index"])


def _vix(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    return measure(arguments["price"], answers)


def _vix_moved_asks(arguments: Arguments, _: Binding) -> tuple[Question, ...]:
    return QuoteOf(arguments["index"]), CloseOf(arguments["index"], arguments["lookback"])


def _vix_moved(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    last, close = last_of(answers[0]), answers[1]
    if isinstance(last, NoData):
        return last
    move = last - close if arguments["direction"] == "increased" else close - last
    return Decimal(move) / close if arguments["unit"] == "percent" else Decimal(move)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "indicator_vix",
        "{index} {price} is {relation} {value}",
        {"index": "vix", "price": "price_field", **VALUE},
        _vix_asks,
        _vix,
    ),
    between(
        "indicator_vix_between",
        "{index} {price} is between {low} and {high}",
        {"index": "vix", "price": "price_field", "low": "measure", "high": "measure"},
        _vix_asks,
        _vix,
    ),
    compared(
        "indicator_vix_moved",
        "{index} {direction} {relation} {value} {unit} since {lookback} sessions ago",
        {
            "index": "vix",
            "direction": "direction",
            **VALUE,
            "unit": "point_unit",
            "lookback": "lookback",
        },
        _vix_moved_asks,
        _vix_moved,
    ),
)
