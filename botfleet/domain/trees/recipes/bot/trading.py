"""Recipes on when the bot has opened and closed positions."""

from datetime import date, datetime, timedelta

from botfleet.domain.eastern import day_of
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import BOOK, HISTORY, NOW, Binding, NoData, Question
from botfleet.domain.trees.history import History
from botfleet.domain.trees.recipes.asking import Answers, book_asks, history_asks
from botfleet.domain.trees.recipes.comparison import (
    NO_SYMBOL,
    TALLY,
    compared,
    is_unbound,
    symbol_of,
    unknown,
)
from botfleet.domain.trees.recipes.position.properties import sessions_between

_UNIT_S = {"minutes": 60, "hours": 3600, "days": 86_400}


def _opened_today(_: Arguments, __: Binding, answers: Answers) -> int:
    opened: int = answers[0].opened_today
    return opened


def _traded_today(arguments: Arguments, _: Binding, answers: Answers) -> int:
    book, history = answers
    return int(book.opened_today if arguments["verb"] == "opened" else history.closed_today)


def _book_and_history(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return BOOK, HISTORY


def _history_and_now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return HISTORY, NOW


def _last(arguments: Arguments, binding: Binding, history: History) -> datetime | None:
    return history.last(arguments["verb"], symbol_of(arguments, binding), arguments["tag"])


def _has_traded_today(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if is_unbound(arguments, binding):
        return NO_SYMBOL
    last = _last(arguments, binding, answers[0])
    return last is not None and day_of(last) == day_of(answers[1].at)


def _last_traded(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if is_unbound(arguments, binding):
        return NO_SYMBOL
    last = _last(arguments, binding, answers[0])
    if last is None:
        return unknown("the last position", f"none was ever {arguments['verb']}")
    return sessions_between(day_of(last), day_of(answers[1].at))


def _never_traded(arguments: Arguments, binding: Binding, answers: Answers) -> bool | NoData:
    if is_unbound(arguments, binding):
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


_OF = {"symbol": "symbol_or_any", "tag": "tag_or_any"}


RECIPES: tuple[Recipe, ...] = (
    compared(
        "bot_opened_today",
        "bot has opened {relation} {count} positions today",
        {"relation": "count_relation", "count": "count"},
        book_asks,
        _opened_today,
        "count",
    ),
    compared(
        "bot_traded_today",
        "bot has {verb} {relation} {count} positions today",
        {"verb": "traded", **TALLY},
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
        history_asks,
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
)
