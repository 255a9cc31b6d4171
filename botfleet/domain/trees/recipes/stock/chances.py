"""Recipes on where an underlying may go: chances and expected moves.

Chances are of the price at the end of so many calendar days (spec 2.8).
"""

from decimal import Decimal

from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, ChanceOf, ExpectedMoveOf, NoData, Question, QuoteOf
from botfleet.domain.trees.recipes.asking import Answers, Number, last_of, quote_asks
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    VALUE,
    compared,
    followed,
    guarded,
    symbol_of,
    unknown,
)
from botfleet.domain.trees.recipes.stock.properties import measure


def _levels(arguments: Arguments, names: tuple[str, ...], last: Decimal) -> list[Decimal]:
    levels = (arguments[name] for name in names)
    return [last * (1 + amount) if is_percent else amount for amount, is_percent in levels]


def _chance_more(arguments: Arguments, _: Binding, answers: Answers) -> tuple[Question, ...]:
    last = last_of(answers[0]) if answers else NO_SYMBOL
    if isinstance(last, NoData) or not last.is_finite():
        return ()
    (level,) = _levels(arguments, ("level",), last)
    low, high = (level, None) if arguments["side"] == "above" else (None, level)
    return (ChanceOf(answers[0].symbol, low, high, arguments["days"]),)


def _chance_between_more(
    arguments: Arguments, _: Binding, answers: Answers
) -> tuple[Question, ...]:
    last = last_of(answers[0]) if answers else NO_SYMBOL
    if isinstance(last, NoData) or not last.is_finite():
        return ()
    low, high = _levels(arguments, ("low", "high"), last)
    return (ChanceOf(answers[0].symbol, low, high, arguments["days"]),)


def _chance(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    if not answers:
        return NO_SYMBOL
    if len(answers) < 2:  # noqa: PLR2004  the quote, then the chance
        return unknown(f"last price of {answers[0].symbol}")
    return float(answers[1])


def _expected_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (QuoteOf(symbol), ExpectedMoveOf(symbol, arguments["expiration"])) if symbol else ()


def _expected(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    if arguments["unit"] == "dollars":
        return Decimal(answers[1])
    last = last_of(answers[0])
    if isinstance(last, NoData) or not last:
        return last if isinstance(last, NoData) else unknown(f"last price of {answers[0].symbol}")
    return Decimal(answers[1]) / last


def _is_beyond_expected(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    change = measure("change", answers[:1])
    if isinstance(change, NoData):
        return change
    is_beyond = abs(Decimal(change)) > answers[1]
    return bool(is_beyond == (arguments["where"] == "beyond"))


_CHANCE = {"days": "days", "relation": "relation", "percent": "percent"}


RECIPES: tuple[Recipe, ...] = (
    followed(
        compared(
            "stock_chance",
            "{symbol} chance of being {side} {level} in {days} days is {relation} {percent}",
            {"symbol": "symbol", "side": "side", "level": "level", **_CHANCE},
            quote_asks,
            _chance,
            "percent",
        ),
        _chance_more,
    ),
    followed(
        compared(
            "stock_chance_between",
            "{symbol} chance of being from {low} to {high} in {days} days is {relation} {percent}",
            {"symbol": "symbol", "low": "level", "high": "level", **_CHANCE},
            quote_asks,
            _chance,
            "percent",
        ),
        _chance_between_more,
    ),
    compared(
        "stock_expected_move",
        "{symbol} expected move {expiration} is {relation} {value} {unit}",
        {"symbol": "symbol", "expiration": "expiration", **VALUE, "unit": "size_unit"},
        _expected_asks,
        _expected,
    ),
    guarded(
        Recipe(
            "stock_beyond_expected_move",
            "stock",
            "{symbol} change since the previous close is {where} its expected move {expiration}",
            {"symbol": "symbol", "where": "where", "expiration": "expiration"},
            _expected_asks,
            _is_beyond_expected,
        )
    ),
)
