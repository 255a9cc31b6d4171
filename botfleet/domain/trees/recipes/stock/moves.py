"""Recipes on how far an underlying has moved, and its opening gap.

A move of `increased` or `decreased` is measured in that direction: a fall of 3 % has increased by
-3 %.
"""

from decimal import Decimal

from botfleet.domain.market.lookbacks import Lookback
from botfleet.domain.market.quotes import Quote
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import Binding, CloseOf, NoData, Question, QuoteOf, StatsOf
from botfleet.domain.trees.recipes.asking import Answers, Number, last_of, quote_asks
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    RELATED,
    VALUE,
    compared,
    symbol_of,
    unknown,
)
from botfleet.domain.trees.recipes.stock.prices import price_since, quote_and_close

#: One standard deviation is the move of 30 calendar days at the 30-day volatility a year.
_MONTH_OF_A_YEAR = (30 / 365) ** 0.5


def _change_since(arguments: Arguments, binding: Binding, answers: Answers) -> Decimal | NoData:
    pair = price_since(arguments, binding, answers)
    return pair if isinstance(pair, NoData) else (pair[0] - pair[1]) / pair[1]


def _since_previous(quote: Quote, price: Decimal | None, name: str) -> Decimal | NoData:
    if price is None:
        return NoData(f"{name} of {quote.symbol}", "not quoted")
    if not quote.previous_close:
        return NoData(f"previous close of {quote.symbol}", "not known")
    return (price - quote.previous_close) / quote.previous_close


def _change(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    return _since_previous(answers[0], answers[0].last, "last price") if answers else NO_SYMBOL


def _gap(_: Arguments, __: Binding, answers: Answers) -> Decimal | NoData:
    return _since_previous(answers[0], answers[0].open, "open") if answers else NO_SYMBOL


def _base(quote: Quote, since: str) -> Decimal | None:
    return quote.open if since == "open" else quote.previous_close


def _change_today(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    last, base = last_of(answers[0]), _base(answers[0], arguments["since"])
    if isinstance(last, NoData):
        return last
    if not base:
        return unknown(f"{arguments['since']} of {answers[0].symbol}")
    return (last - base) / base if arguments["unit"] == "percent" else last - base


def _close(symbol: str, since: int | Lookback) -> CloseOf:
    return CloseOf(symbol, since) if isinstance(since, int) else CloseOf(symbol, 0, since)


def _moved_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    asked = (QuoteOf(symbol), _close(symbol, arguments["lookback"]))
    return (*asked, StatsOf(symbol)) if arguments["unit"] == "std_devs" else asked


def _moved(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    if not answers:
        return NO_SYMBOL
    last, close = last_of(answers[0]), answers[1]
    if isinstance(last, NoData):
        return last
    if close <= 0:
        return unknown(f"close of {answers[0].symbol}", "not a price")
    move = last - close if arguments["direction"] == "increased" else close - last
    if arguments["unit"] == "dollars":
        return Decimal(move)
    if arguments["unit"] == "percent":
        return Decimal(move / close)
    deviation = answers[2].sd30
    if not deviation:
        return unknown(f"standard deviation of {answers[0].symbol}")
    return float(move / close) / (float(deviation) * _MONTH_OF_A_YEAR)


RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_change",
        "{symbol} change since the previous close is {relation} {percent}",
        {**RELATED, "percent": "percent"},
        quote_asks,
        _change,
        "percent",
    ),
    compared(
        "stock_change_today",
        "{symbol} change in {unit} since the {since} is {relation} {value}",
        {"symbol": "symbol", "unit": "size_unit", "since": "since", **VALUE},
        quote_asks,
        _change_today,
    ),
    compared(
        "stock_change_since",
        "{symbol} change since its close {sessions} sessions ago is {relation} {percent}",
        {**RELATED, "sessions": "sessions", "percent": "percent"},
        quote_and_close,
        _change_since,
        "percent",
    ),
    compared(
        "stock_moved",
        "{symbol} price {direction} {relation} {value}{unit} since {lookback}",
        {
            "symbol": "symbol",
            "direction": "direction",
            **VALUE,
            "unit": "unit",
            "lookback": "lookback",
        },
        _moved_asks,
        _moved,
    ),
    compared(
        "stock_gap",
        "{symbol} opening gap is {relation} {percent}",
        {**RELATED, "percent": "percent"},
        quote_asks,
        _gap,
        "percent",
    ),
)
