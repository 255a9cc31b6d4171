"""Recipes on the bot's capital and results, by name."""

from decimal import Decimal

from botfleet.domain.eastern import day_of
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import BOOK, HISTORY, NOW, Binding, NoData, Question
from botfleet.domain.trees.recipes.asking import Answers, Number, book_asks
from botfleet.domain.trees.recipes.bot.properties import PROPERTIES
from botfleet.domain.trees.recipes.comparison import VALUE, between, compared, unknown


def _available(_: Arguments, __: Binding, answers: Answers) -> Decimal:
    return Decimal(answers[0].available) / 100


def _net_liquidation(_: Arguments, __: Binding, answers: Answers) -> Decimal:
    return Decimal(answers[0].net_liquidation) / 100


def _all_of_it(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return BOOK, HISTORY, NOW


def _property(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    book, history, now = answers
    seen = PROPERTIES[arguments["property"]](book, history, day_of(now.at))
    return unknown(f"the bot's {arguments['property']}") if seen is None else seen


RECIPES: tuple[Recipe, ...] = (
    compared(
        "bot_property",
        "bot {property} is {relation} {value}",
        {"property": "bot_property", **VALUE},
        _all_of_it,
        _property,
    ),
    between(
        "bot_property_between",
        "bot {property} is between {low} and {high}",
        {"property": "bot_property", "low": "measure", "high": "measure"},
        _all_of_it,
        _property,
    ),
    compared(
        "bot_available_capital",
        "bot available capital is {relation} {value}",
        {"relation": "relation", "value": "amount"},
        book_asks,
        _available,
    ),
    compared(
        "bot_net_liquidation",
        "bot net liquidation is {relation} {value}",
        {"relation": "relation", "value": "amount"},
        book_asks,
        _net_liquidation,
    ),
)
