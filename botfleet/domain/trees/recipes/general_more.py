"""Recipes on the calendar: dates, sessions, economic events, and the bot's switches and counters.

What a calendar that an operator loads does not reach is no data; what anyone can work out
(expirations, ends of months, moons) never is.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import next_session, session_on
from botfleet.domain.market.occasions import NEXT, is_edge
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import MEMORY, NOW, Binding, EventsOf, NoData, Question
from botfleet.domain.trees.memory import BOT, Mark, of_position
from botfleet.domain.trees.recipes.comparison import NO_POSITION, compared
from botfleet.domain.trees.recipes.position import OF
from botfleet.domain.trees.recipes.stock_events import days_to
from botfleet.errors import BadInput

Answers = Sequence[Any]
_ONE_DAY = timedelta(days=1)


def _now(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (NOW,)


def _clock(answers: Answers) -> time:
    return wall(answers[0].at).time().replace(second=0, microsecond=0)


def _is_between(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return bool(arguments["start"] <= _clock(answers) <= arguments["end"])


def _is_at(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return bool(_clock(answers) == arguments["time"])


def _closes_at(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    return bool(wall(answers[0].closes_at).time() == arguments["time"])


def _closes_early_in(_: Arguments, __: Binding, answers: Answers) -> int | NoData:
    day = day_of(answers[0].at)
    try:
        session = session_on(day) or next_session(day)
        while not session.is_early_close:
            session = next_session(session.day)
    except BadInput as error:
        return NoData("early close", str(error))
    return (session.day - day).days


def _date(_: Arguments, __: Binding, answers: Answers) -> date:
    return day_of(answers[0].at)


def _events(arguments: Arguments, _: Binding) -> tuple[Question, ...]:
    return (NOW,) if arguments["event"] in NEXT else (NOW, EventsOf())


def _event_in(arguments: Arguments, _: Binding, answers: Answers) -> int | NoData:
    today, name = day_of(answers[0].at), arguments["event"]
    if name in NEXT:
        return (NEXT[name](today) - today).days
    found = answers[1].next_economic(name.replace("_", " "), today)
    return days_to(answers[1], found, today, arguments["days"])


def _is_edge(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    day = day_of(answers[0].at)
    return is_edge(day, place=arguments["place"], period=arguments["period"])


def _is_market_day(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    day = day_of(answers[0].at)
    if arguments["what"] == "open_yesterday":
        return session_on(day - _ONE_DAY) is not None
    tomorrow = day + _ONE_DAY
    return tomorrow.weekday() < 5 and session_on(tomorrow) is None  # noqa: PLR2004  Saturday


def _memory(_: Arguments, __: Binding) -> tuple[Question, ...]:
    return (MEMORY,)


def _is_switched(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    number = answers[0].number(Mark.SWITCH, BOT, arguments["name"])
    return bool((number > 0) == (arguments["state"] == "on"))


def _counted(arguments: Arguments, _: Binding, answers: Answers) -> int:
    return int(answers[0].number(Mark.COUNTER, BOT, arguments["name"]))


def _is_position_switched(
    arguments: Arguments, binding: Binding, answers: Answers
) -> bool | NoData:
    if binding.position is None:
        return NO_POSITION
    subject = of_position(binding.position.position_id)
    number = answers[0].number(Mark.SWITCH, subject, arguments["name"])
    return bool((number > 0) == (arguments["state"] == "on"))


def _position_counted(arguments: Arguments, binding: Binding, answers: Answers) -> int | NoData:
    if binding.position is None:
        return NO_POSITION
    subject = of_position(binding.position.position_id)
    return int(answers[0].number(Mark.COUNTER, subject, arguments["name"]))


_TALLY = {"relation": "count_relation", "count": "count"}

RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "general_time_between",
        "general",
        "market time is between {start} and {end} Eastern",
        {"start": "clock", "end": "clock"},
        _now,
        _is_between,
    ),
    Recipe(
        "general_time_at",
        "general",
        "market time is exactly {time} Eastern",
        {"time": "clock"},
        _now,
        _is_at,
    ),
    Recipe(
        "general_closes_at",
        "general",
        "market closes at {time} Eastern today",
        {"time": "clock"},
        _now,
        _closes_at,
    ),
    compared(
        "general_closes_early",
        "market closes early in {relation} {days} days",
        {"relation": "span_relation", "days": "days"},
        _now,
        _closes_early_in,
        "days",
    ),
    compared(
        "general_date",
        "today is {relation} {date}",
        {"relation": "date_relation", "date": "date"},
        _now,
        _date,
        "date",
    ),
    compared(
        "general_event",
        "{event} is in {relation} {days} days",
        {"event": "occasion", "relation": "span_relation", "days": "year_days"},
        _events,
        _event_in,
        "days",
    ),
    Recipe(
        "general_trading_day",
        "general",
        "today is the {place} trading day of the {period}",
        {"place": "day_place", "period": "day_period"},
        _now,
        _is_edge,
    ),
    Recipe(
        "general_market_day",
        "general",
        "market was or will be {what}",
        {"what": "market_day"},
        _now,
        _is_market_day,
    ),
    Recipe(
        "general_switch",
        "general",
        "switch {name} is {state}",
        {"name": "name", "state": "switched"},
        _memory,
        _is_switched,
    ),
    compared(
        "general_counter",
        "counter {name} is {relation} {count}",
        {"name": "name", **_TALLY},
        _memory,
        _counted,
        "count",
    ),
)
#: Switches and counters of a position.
POSITION_RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "position_switch",
        "position",
        "{position} switch {name} is {state}",
        {**OF, "name": "name", "state": "switched"},
        _memory,
        _is_position_switched,
    ),
    compared(
        "position_counter",
        "{position} counter {name} is {relation} {count}",
        {**OF, "name": "name", **_TALLY},
        _memory,
        _position_counted,
        "count",
    ),
)
