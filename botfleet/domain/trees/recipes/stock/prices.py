"""Recipes on prices of an underlying: its last, its spread, its volume (S87).

The price is the last trade (K1). `stock_price` above 100 is false at 100.00, true at 100.01 (S86).
"""

from decimal import Decimal

from botfleet.domain.market.quotes import Quote
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, CloseOf, NoData, Question
from botfleet.domain.trees.recipes.asking import Answers, Number, last_of, quote_asks, quote_of
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    RELATED,
    between,
    compared,
    symbol_of,
)
from botfleet.domain.trees.recipes.stock.properties import measure


def quote_and_close(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask for the quote and the close of so many sessions ago."""
    symbol = symbol_of(arguments, binding)
    return (*quote_of(symbol), CloseOf(symbol, arguments["sessions"])) if symbol else ()


def price(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    """Give the last price."""
    return last_of(answers[0]) if answers else NO_SYMBOL


def price_since(
    arguments: Arguments, binding: Binding, answers: Answers
) -> tuple[Decimal, Decimal] | NoData:
    """Give the last price, and the close that `quote_and_close` asked for."""
    last = price(arguments, binding, answers)
    if isinstance(last, NoData):
        return last
    close: Decimal = answers[1]
    if close <= 0:
        return NoData(f"close of {answers[0].symbol}", "not a price")
    return last, close


def _above_close(arguments: Arguments, binding: Binding, answers: Answers) -> Decimal | NoData:
    pair = price_since(arguments, binding, answers)
    return pair if isinstance(pair, NoData) else pair[0] - pair[1]


def _spread(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    if not answers:
        return NO_SYMBOL
    quote: Quote = answers[0]
    if quote.bid is None or quote.ask is None:
        side = "bid" if quote.bid is None else "ask"
        return NoData(f"{side} of {quote.symbol}", "not quoted")
    return quote.ask - quote.bid


def _volume(_: Arguments, __: Binding, answers: Answers) -> int | NoData:
    return answers[0].volume if answers else NO_SYMBOL


def _above_reference(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    price, other = (measure(arguments[name], answers) for name in ("price", "reference"))
    if isinstance(price, NoData) or isinstance(other, NoData):
        return price if isinstance(price, NoData) else other
    return Decimal(price) - Decimal(other)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_price",
        "{symbol} price is {relation} {value}",
        {**RELATED, "value": "price"},
        quote_asks,
        price,
    ),
    between(
        "stock_price_between",
        "{symbol} price is between {low} and {high}",
        {"symbol": "symbol", "low": "price", "high": "price"},
        quote_asks,
        price,
    ),
    compared(
        "stock_price_since",
        "{symbol} price is {relation} its close {sessions} sessions ago",
        {**RELATED, "sessions": "sessions"},
        quote_and_close,
        _above_close,
        "",
    ),
    compared(
        "stock_reference",
        "{symbol} {price} is {relation} its {reference}",
        {
            "symbol": "symbol",
            "price": "price_reference",
            "relation": "relation",
            "reference": "price_reference",
        },
        quote_asks,
        _above_reference,
        "",
    ),
    compared(
        "stock_spread",
        "{symbol} bid/ask spread is less than {value}",
        {"symbol": "symbol", "value": "amount"},
        quote_asks,
        _spread,
    ),
    compared(
        "stock_volume",
        "{symbol} volume today is {relation} {count}",
        {**RELATED, "count": "count"},
        quote_asks,
        _volume,
        "count",
    ),
)
