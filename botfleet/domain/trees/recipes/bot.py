"""Recipes on the bot's own book (S87). Positions being opened or closed count as held."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from botfleet.domain.positions.position import HOLDING
from botfleet.domain.trades.opportunities import LOOP_SYMBOL
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import BOOK, Binding, Book, NoData, Question
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, compared, symbol_of

_ASK_BOOK: tuple[Question, ...] = (BOOK,)


def _book(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return _ASK_BOOK


def _available(_: Arguments, __: Binding, answers: Sequence[Any]) -> Decimal:
    return Decimal(answers[0].available) / 100


def _net_liquidation(_: Arguments, __: Binding, answers: Sequence[Any]) -> Decimal:
    return Decimal(answers[0].net_liquidation) / 100


def _opened_today(_: Arguments, __: Binding, answers: Sequence[Any]) -> int:
    opened: int = answers[0].opened_today
    return opened


def _held(arguments: Arguments, binding: Binding, answers: Sequence[Any]) -> int | NoData:
    book: Book = answers[0]
    symbol = symbol_of(arguments, binding)
    if symbol is None and arguments["symbol"] == LOOP_SYMBOL:
        return NO_SYMBOL
    return sum(
        position.state in HOLDING and symbol in {None, position.symbol}
        for position in book.positions
    )


def _holds_symbol(arguments: Arguments, binding: Binding, answers: Sequence[Any]) -> bool | NoData:
    count = _held(arguments, binding, answers)
    return count if isinstance(count, NoData) else count > 0


RECIPES: tuple[Recipe, ...] = (
    compared(
        "bot_available_capital",
        "bot available capital is {relation} {value}",
        {"relation": "relation", "value": "amount"},
        _book,
        _available,
    ),
    compared(
        "bot_net_liquidation",
        "bot net liquidation is {relation} {value}",
        {"relation": "relation", "value": "amount"},
        _book,
        _net_liquidation,
    ),
    compared(
        "bot_positions",
        "bot has {relation} {count} open positions{symbol}",
        {"relation": "count_relation", "count": "count", "symbol": "symbol_or_any"},
        _book,
        _held,
        "count",
    ),
    compared(
        "bot_opened_today",
        "bot has opened {relation} {count} positions today",
        {"relation": "count_relation", "count": "count"},
        _book,
        _opened_today,
        "count",
    ),
    Recipe(
        "bot_has_position",
        "bot",
        "bot has a position in {symbol}",
        {"symbol": "symbol"},
        _book,
        _holds_symbol,
    ),
)
