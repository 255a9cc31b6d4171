"""Recipes on an underlying (S87): its price, its change, its spread, its volume.

The price is the last trade (K1). `stock_price` above 100 is false at 100.00, true at 100.01 (S86).
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from botfleet.domain.market.quotes import Quote
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, CloseOf, NoData, Question, QuoteOf
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, compared, symbol_of

_RELATED = {"symbol": "symbol", "relation": "relation"}


@lru_cache(maxsize=4096)
def quote_of(symbol: str | None) -> tuple[Question, ...]:
    """Ask for a quote; for nothing where no symbol is bound."""
    return (QuoteOf(symbol),) if symbol else ()


def last_of(quote: Quote) -> Decimal | NoData:
    """Give the last price of an answered quote."""
    if quote.last is None:
        return NoData(f"last price of {quote.symbol}", "not quoted")
    return quote.last


def _quote(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    return quote_of(symbol_of(arguments, binding))


def _quote_and_close(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (*quote_of(symbol), CloseOf(symbol, arguments["sessions"])) if symbol else ()


def _price(_: Arguments, __: Binding, answers: Sequence[Any]) -> Decimal | NoData:
    return last_of(answers[0]) if answers else NO_SYMBOL


def _price_since(
    arguments: Arguments, binding: Binding, answers: Sequence[Any]
) -> tuple[Decimal, Decimal] | NoData:
    last = _price(arguments, binding, answers)
    if isinstance(last, NoData):
        return last
    close: Decimal = answers[1]
    if close <= 0:
        return NoData(f"close of {answers[0].symbol}", "not a price")
    return last, close


def _above_close(
    arguments: Arguments, binding: Binding, answers: Sequence[Any]
) -> Decimal | NoData:
    pair = _price_since(arguments, binding, answers)
    return pair if isinstance(pair, NoData) else pair[0] - pair[1]


def _change_since(
    arguments: Arguments, binding: Binding, answers: Sequence[Any]
) -> Decimal | NoData:
    pair = _price_since(arguments, binding, answers)
    return pair if isinstance(pair, NoData) else (pair[0] - pair[1]) / pair[1]


def _since_previous(quote: Quote, price: Decimal | None, name: str) -> Decimal | NoData:
    if price is None:
        return NoData(f"{name} of {quote.symbol}", "not quoted")
    if not quote.previous_close:
        return NoData(f"previous close of {quote.symbol}", "not known")
    return (price - quote.previous_close) / quote.previous_close


def _change(_: Arguments, __: Binding, answers: Sequence[Any]) -> Decimal | NoData:
    return _since_previous(answers[0], answers[0].last, "last price") if answers else NO_SYMBOL


def _gap(_: Arguments, __: Binding, answers: Sequence[Any]) -> Decimal | NoData:
    return _since_previous(answers[0], answers[0].open, "open") if answers else NO_SYMBOL


def _spread(_: Arguments, __: Binding, answers: Sequence[Any]) -> Decimal | NoData:
    if not answers:
        return NO_SYMBOL
    quote: Quote = answers[0]
    if quote.bid is None or quote.ask is None:
        side = "bid" if quote.bid is None else "ask"
        return NoData(f"{side} of {quote.symbol}", "not quoted")
    return quote.ask - quote.bid


def _volume(_: Arguments, __: Binding, answers: Sequence[Any]) -> int | NoData:
    return answers[0].volume if answers else NO_SYMBOL


def _between(arguments: Arguments, _: Binding, answers: Sequence[Any]) -> bool | NoData:
    last = last_of(answers[0]) if answers else NO_SYMBOL
    if isinstance(last, NoData):
        return last
    if last.is_nan():
        return NoData(f"last price of {answers[0].symbol}", "not a number")
    return bool(arguments["low"] <= last <= arguments["high"])


def _no_questions(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return ()


def _is_symbol(arguments: Arguments, binding: Binding, _: Sequence[Any]) -> bool | NoData:
    symbol = symbol_of(arguments, binding)
    return symbol == arguments["other"] if symbol else NO_SYMBOL


RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_price",
        "{symbol} price is {relation} {value}",
        {**_RELATED, "value": "price"},
        _quote,
        _price,
    ),
    Recipe(
        "stock_price_between",
        "stock",
        "{symbol} price is between {low} and {high}",
        {"symbol": "symbol", "low": "price", "high": "price"},
        _quote,
        _between,
    ),
    compared(
        "stock_change",
        "{symbol} change since the previous close is {relation} {percent}",
        {**_RELATED, "percent": "percent"},
        _quote,
        _change,
        "percent",
    ),
    compared(
        "stock_change_since",
        "{symbol} change since its close {sessions} sessions ago is {relation} {percent}",
        {**_RELATED, "sessions": "sessions", "percent": "percent"},
        _quote_and_close,
        _change_since,
        "percent",
    ),
    compared(
        "stock_price_since",
        "{symbol} price is {relation} its close {sessions} sessions ago",
        {**_RELATED, "sessions": "sessions"},
        _quote_and_close,
        _above_close,
        "",
    ),
    compared(
        "stock_gap",
        "{symbol} opening gap is {relation} {percent}",
        {**_RELATED, "percent": "percent"},
        _quote,
        _gap,
        "percent",
    ),
    compared(
        "stock_spread",
        "{symbol} bid/ask spread is less than {value}",
        {"symbol": "symbol", "value": "amount"},
        _quote,
        _spread,
    ),
    compared(
        "stock_volume",
        "{symbol} volume today is {relation} {count}",
        {**_RELATED, "count": "count"},
        _quote,
        _volume,
        "count",
    ),
    Recipe(
        "stock_is",
        "stock",
        "{symbol} is {other}",
        {"symbol": "symbol", "other": "symbol"},
        _no_questions,
        _is_symbol,
    ),
)
