"""Recipes on the bot: its results and capital, what it holds, has opened and closed, and remembers.

Win and loss are by realised gain; a position that realised nothing is neither.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from botfleet.domain.eastern import day_of
from botfleet.domain.positions.position import HOLDING, Position, PositionState
from botfleet.domain.trades.opportunities import LOOP_SYMBOL, ExpirationMode, ExpirationRule
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import (
    BOOK,
    ENDED,
    HISTORY,
    MEMORY,
    NOW,
    Binding,
    Book,
    NoData,
    Question,
    ValueOf,
)
from botfleet.domain.trees.history import Ended, History
from botfleet.domain.trees.memory import BOT, quantified
from botfleet.domain.trees.recipes.bot_properties import PROPERTIES
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, between, compared, unknown
from botfleet.domain.trees.recipes.position_events import is_reason
from botfleet.domain.trees.recipes.position_properties import Number, sessions_between

Answers = Sequence[Any]
#: What has ended is not in the book, but counted by the store.
ENDS = frozenset({"closed", "error"})
_UNIT_S = {"minutes": 60, "hours": 3600, "days": 86_400}


def _all_of_it(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return BOOK, HISTORY, NOW


def _property(arguments: Arguments, _: Binding, answers: Answers) -> Number | NoData:
    book, history, now = answers
    seen = PROPERTIES[arguments["property"]](book, history, day_of(now.at))
    return unknown(f"the bot's {arguments['property']}") if seen is None else seen


def _book(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (BOOK,)


def _book_and_now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return BOOK, NOW


def _is_unbound(arguments: Arguments, binding: Binding) -> bool:
    return arguments["symbol"] == LOOP_SYMBOL and binding.symbol is None


def _symbol(arguments: Arguments, binding: Binding) -> str | None:
    symbol: str | None = arguments["symbol"]
    return binding.symbol if symbol == LOOP_SYMBOL else symbol


def _count(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if _is_unbound(arguments, binding):
        return NO_SYMBOL
    symbol, today = _symbol(arguments, binding), day_of(answers[1].at)
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
    """Say whether a position's expiration is one that a rule would take, of those there are."""
    if rule is None or position.expires_on is None:
        return rule is None
    days = (position.expires_on - today).days
    match rule.mode:
        case ExpirationMode.EXACTLY:
            return days == rule.days
        case ExpirationMode.AT_LEAST:
            return days >= rule.days
        case ExpirationMode.BETWEEN:
            return rule.days <= days <= rule.days_max
        case ExpirationMode.ON:
            return position.expires_on == rule.on
        case ExpirationMode.ON_OR_AFTER:
            return rule.on is not None and position.expires_on >= rule.on
        case _:
            return False


def _traded_today(arguments: Arguments, _: Binding, answers: Answers) -> int:
    book, history = answers
    return int(book.opened_today if arguments["verb"] == "opened" else history.closed_today)


def _book_and_history(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return BOOK, HISTORY


def _history_and_now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return HISTORY, NOW


def _last(arguments: Arguments, binding: Binding, history: History) -> datetime | None:
    return history.last(arguments["verb"], _symbol(arguments, binding), arguments["tag"])


def _has_traded_today(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if _is_unbound(arguments, binding):
        return NO_SYMBOL
    last = _last(arguments, binding, answers[0])
    return last is not None and day_of(last) == day_of(answers[1].at)


def _last_traded(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if _is_unbound(arguments, binding):
        return NO_SYMBOL
    last = _last(arguments, binding, answers[0])
    if last is None:
        return unknown("the last position", f"none was ever {arguments['verb']}")
    return sessions_between(day_of(last), day_of(answers[1].at))


def _history(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (HISTORY,)


def _never_traded(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if _is_unbound(arguments, binding):
        return NO_SYMBOL
    return _last(arguments, binding, answers[0]) is None


def _traded_within(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    last = answers[0].last(arguments["verb"])
    span = timedelta(seconds=arguments["count"] * _UNIT_S[arguments["unit"]])
    return last is not None and answers[1].at - last <= span


def _traded_this(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    last, today = answers[0].last(arguments["verb"]), day_of(answers[1].at)
    return last is not None and day_of(last) >= _begin(today, arguments["period"])


def _begin(today: date, period: str) -> date:
    """Give the first day of the week (Monday), month or quarter."""
    if period == "week":
        return today - timedelta(days=today.weekday())
    month = today.month if period == "month" else (today.month - 1) // 3 * 3 + 1
    return today.replace(month=month, day=1)


def _is_trading(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if _is_unbound(arguments, binding):
        return NO_SYMBOL
    symbol = _symbol(arguments, binding)
    return any(
        one.state.value == arguments["verb"] and symbol in {None, one.symbol}
        for one in answers[0].positions
    )


def _can_open(_: Arguments, __: Binding, answers: Answers) -> bool:
    return not answers[0].refusal


def _memory(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (MEMORY,)


def _has_tags(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return quantified(arguments["quantifier"], arguments["tags"], answers[0].tags(BOT))


def _symbols(_: Arguments, __: Binding, answers: Answers) -> int:
    return int(answers[0].symbols_n)


def _streak(arguments: Arguments, _: Binding, answers: Answers) -> int:
    length = int(answers[0].streak.length)
    return length if arguments["results"] == "wins" else -length


def _last_result(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    gain = answers[0].streak.last_gain
    if gain is None:
        return unknown("the last closed position", "there is none")
    return bool(gain > 0 if arguments["result"] == "win" else gain < 0)


def _last_reason(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if answers[0].streak.last_gain is None:
        return unknown("the last closed position", "there is none")
    return is_reason(answers[0].streak.last_why, arguments["reason"])


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


_VALUE = {"relation": "relation", "value": "measure"}
_TALLY = {"relation": "count_relation", "count": "count"}
_OF = {"symbol": "symbol_or_any", "tag": "tag_or_any"}

RECIPES: tuple[Recipe, ...] = (
    compared(
        "bot_property",
        "bot {property} is {relation} {value}",
        {"property": "bot_property", **_VALUE},
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
        "bot_count",
        "bot has {relation} {count} positions ({status}{structure}){symbol}{tags}{expiration}",
        {
            **_TALLY,
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
    compared(
        "bot_traded_today",
        "bot has {verb} {relation} {count} positions today",
        {"verb": "traded", **_TALLY},
        _book_and_history,
        _traded_today,
        "count",
    ),
    Recipe(
        "bot_has_traded_today",
        "bot",
        "bot has {verb} a position{symbol}{tag} today",
        {"verb": "traded", **_OF},
        _history_and_now,
        _has_traded_today,
    ),
    compared(
        "bot_last_traded",
        "bot last {verb} a position{symbol}{tag} {relation} {sessions} market days ago",
        {"verb": "traded", **_OF, "relation": "span_relation", "sessions": "market_days"},
        _history_and_now,
        _last_traded,
        "sessions",
    ),
    Recipe(
        "bot_never_traded",
        "bot",
        "bot has never {verb} a position{symbol}{tag}",
        {"verb": "traded", **_OF},
        _history,
        _never_traded,
    ),
    Recipe(
        "bot_traded_within",
        "bot",
        "bot has {verb} a position in the last {count} {unit}",
        {"verb": "traded", "count": "days", "unit": "time_unit"},
        _history_and_now,
        _traded_within,
    ),
    Recipe(
        "bot_traded_this",
        "bot",
        "bot has {verb} a position this {period}",
        {"verb": "traded", "period": "period_now"},
        _history_and_now,
        _traded_this,
    ),
    Recipe(
        "bot_is_trading",
        "bot",
        "bot is {verb} a position{symbol}",
        {"verb": "trading", "symbol": "symbol_or_any"},
        _book,
        _is_trading,
    ),
    Recipe("bot_can_open", "bot", "bot can open a position", {}, _book, _can_open),
    Recipe(
        "bot_tags",
        "bot",
        "bot has {quantifier} of the tags {tags}",
        {"quantifier": "quantifier", "tags": "tags"},
        _memory,
        _has_tags,
    ),
    compared(
        "bot_symbols",
        "bot has {relation} {count} symbols",
        _TALLY,
        _book,
        _symbols,
        "count",
    ),
    compared(
        "bot_streak",
        "bot streak of {results} is {relation} {count} in a row",
        {"results": "results", **_TALLY},
        _history,
        _streak,
        "count",
    ),
    Recipe(
        "bot_last_result",
        "bot",
        "bot last closed position was a {result}",
        {"result": "result"},
        _history,
        _last_result,
    ),
    Recipe(
        "bot_last_reason",
        "bot",
        "bot last closed position was closed for {reason}",
        {"reason": "exit_reason"},
        _history,
        _last_reason,
    ),
    compared(
        "bot_delta",
        "bot total delta is {relation} {value}",
        _VALUE,
        _book,
        _delta,
    ),
)
MORE = {"bot_delta": _values}
