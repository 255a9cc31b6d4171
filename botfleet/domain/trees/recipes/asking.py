"""Questions that many recipes ask, and the first reading of their answers."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from botfleet.domain.market.quotes import Quote
from botfleet.domain.trees.conditions import Arguments
from botfleet.domain.trees.facts import (
    BOOK,
    HISTORY,
    MEMORY,
    NOW,
    Binding,
    NoData,
    Question,
    QuoteOf,
    ValueOf,
)
from botfleet.domain.trees.recipes.comparison import symbol_of

#: The answers to what a recipe asks, in the order of its questions.
Answers = Sequence[Any]
#: What is measured: a price is a `Decimal`, a chance or a greek a float, a count an int.
Number = Decimal | float | int
_NOW: tuple[Question, ...] = (NOW,)
_BOOK: tuple[Question, ...] = (BOOK,)
_HISTORY: tuple[Question, ...] = (HISTORY,)
_MEMORY: tuple[Question, ...] = (MEMORY,)


def no_asks(_: Arguments, __: Binding) -> tuple[Question, ...]:
    """Ask nothing: the binding says it all."""
    return ()


def now_asks(_: Arguments, __: Binding) -> tuple[Question, ...]:
    """Ask for the market's time."""
    return _NOW


def book_asks(_: Arguments, __: Binding) -> tuple[Question, ...]:
    """Ask for the bot's book: its capital and what it holds."""
    return _BOOK


def history_asks(_: Arguments, __: Binding) -> tuple[Question, ...]:
    """Ask for what the bot has done before."""
    return _HISTORY


def memory_asks(_: Arguments, __: Binding) -> tuple[Question, ...]:
    """Ask for the bot's tags, switches and counters."""
    return _MEMORY


def value_asks(_: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask what the bound position is worth."""
    return (ValueOf(binding.position.position_id),) if binding.position else ()


def worth_and_now(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask what the bound position is worth, then for the market's time."""
    return (*value_asks(arguments, binding), NOW)


@lru_cache(maxsize=4096)
def quote_of(symbol: str | None) -> tuple[Question, ...]:
    """Ask for a quote; for nothing where no symbol is bound."""
    return (QuoteOf(symbol),) if symbol else ()


def quote_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    """Ask for the quote of the symbol a criterion is about."""
    return quote_of(symbol_of(arguments, binding))


def last_of(quote: Quote) -> Decimal | NoData:
    """Give the last price of an answered quote."""
    if quote.last is None:
        return NoData(f"last price of {quote.symbol}", "not quoted")
    return quote.last
