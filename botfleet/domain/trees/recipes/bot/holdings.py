"""Recipes on what the bot holds and has (S87). Positions being opened or closed count as held."""

from datetime import date

from botfleet.domain.eastern import day_of
from botfleet.domain.positions.position import HOLDING, Position, PositionState
from botfleet.domain.trades.expirations import meets
from botfleet.domain.trades.opportunities import ExpirationRule
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import BOOK, ENDED, NOW, Binding, Book, NoData, Question, ValueOf
from botfleet.domain.trees.history import Ended
from botfleet.domain.trees.memory import BOT, quantified
from botfleet.domain.trees.recipes.asking import Answers, book_asks, memory_asks
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    TALLY,
    VALUE,
    compared,
    followed,
    is_unbound,
    symbol_of,
    unknown,
)

#: What has ended is not in the book, but counted by the store.
ENDS = frozenset({"closed", "error"})


def _held(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if is_unbound(arguments, binding):
        return NO_SYMBOL
    book: Book = answers[0]
    symbol = symbol_of(arguments, binding)
    return sum(
        position.state in HOLDING and symbol in {None, position.symbol}
        for position in book.positions
    )


def _holds_symbol(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    count = _held(arguments, binding, answers)
    return count if isinstance(count, NoData) else count > 0


def _count(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if is_unbound(arguments, binding):
        return NO_SYMBOL
    symbol, today = symbol_of(arguments, binding), day_of(answers[1].at)
    tags, status = arguments["tags"] or (), arguments["status"]
    return sum(
        _number_of(one)
        for one in (answers[2] if status in ENDS else answers[0].positions)
        if _has_status(one, status)
        and symbol in {None, one.symbol}
        and arguments["structure"] in {None, one.structure}
        and set(tags).issubset(one.tags)
        and _expires(one, arguments["expiration"], today)
    )


def _counted(arguments: Arguments, _: Binding) -> tuple[Question, ...]:
    return (BOOK, NOW, ENDED) if arguments["status"] in ENDS else (BOOK, NOW)


def _number_of(one: Position | Ended) -> int:
    return one.count if isinstance(one, Ended) else 1


def _has_status(one: Position | Ended, status: str) -> bool:
    if isinstance(one, Ended):
        return one.status == status
    return one.state in HOLDING and status in {"any", one.state.value}


def _expires(position: Position | Ended, rule: ExpirationRule | None, today: date) -> bool:
    if rule is None:
        return True
    return position.expires_on is not None and meets(rule, today, position.expires_on)


def _is_trading(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if is_unbound(arguments, binding):
        return NO_SYMBOL
    symbol = symbol_of(arguments, binding)
    return any(
        one.state.value == arguments["verb"] and symbol in {None, one.symbol}
        for one in answers[0].positions
    )


def _can_open(_: Arguments, __: Binding, answers: Answers) -> bool:
    return not answers[0].refusal


def _has_tags(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return quantified(arguments["quantifier"], arguments["tags"], answers[0].tags(BOT))


def _symbols(_: Arguments, __: Binding, answers: Answers) -> int:
    return int(answers[0].symbols_n)


def _values(_: Arguments, __: Binding, answers: Answers) -> tuple[Question, ...]:
    return tuple(ValueOf(one.position_id) for one in _open(answers[0]))


def _open(book: Book) -> list[Position]:
    return [one for one in book.positions if one.state is PositionState.OPEN]


def _delta(_: Arguments, __: Binding, answers: Answers) -> float | NoData:
    total = 0.0
    for position, worth in zip(_open(answers[0]), answers[1:], strict=True):
        if worth.greeks is None:
            return unknown(f"delta of {position.symbol}")
        total += worth.greeks.delta * position.quantity
    return total


RECIPES: tuple[Recipe, ...] = (
    compared(
        "bot_positions",
        "bot has {relation} {count} open positions{symbol}",
        {"relation": "count_relation", "count": "count", "symbol": "symbol_or_any"},
        book_asks,
        _held,
        "count",
    ),
    Recipe(
        "bot_has_position",
        "bot",
        "bot has a position in {symbol}",
        {"symbol": "symbol"},
        book_asks,
        _holds_symbol,
    ),
    compared(
        "bot_count",
        "bot has {relation} {count} positions ({status}{structure}){symbol}{tags}{expiration}",
        {
            **TALLY,
            "status": "status",
            "structure": "structure_or_any",
            "symbol": "symbol_or_any",
            "tags": "tags_or_any",
            "expiration": "expiration_or_any",
        },
        _counted,
        _count,
        "count",
    ),
    Recipe(
        "bot_is_trading",
        "bot",
        "bot is {verb} a position{symbol}",
        {"verb": "trading", "symbol": "symbol_or_any"},
        book_asks,
        _is_trading,
    ),
    Recipe("bot_can_open", "bot", "bot can open a position", {}, book_asks, _can_open),
    compared(
        "bot_symbols",
        "bot has {relation} {count} symbols",
        TALLY,
        book_asks,
        _symbols,
        "count",
    ),
    Recipe(
        "bot_tags",
        "bot",
        "bot has {quantifier} of the tags {tags}",
        {"quantifier": "quantifier", "tags": "tags"},
        memory_asks,
        _has_tags,
    ),
    followed(
        compared(
            "bot_delta",
            "bot total delta is {relation} {value}",
            VALUE,
            book_asks,
            _delta,
        ),
        _values,
    ),
)
