"""Recipes on the calendar: dates, sessions, economic events.

What a calendar that an operator loads does not reach is no data; what anyone can work out
(expirations, ends of months, moons) never is.
"""

from datetime import date, timedelta

from botfleet.domain.eastern import day_of, wall
from botfleet.domain.market.calendar import next_session, session_on
from botfleet.domain.market.occasions import NEXT, is_edge
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import NOW, Binding, EventsOf, NoData, Question
from botfleet.domain.trees.grammar import WEEKDAYS
from botfleet.domain.trees.recipes.asking import Answers, now_asks
from botfleet.domain.trees.recipes.comparison import compared
from botfleet.domain.trees.recipes.stock.events import days_to
from botfleet.errors import BadInput

_ONE_DAY = timedelta(days=1)


def _is_weekday(arguments: Arguments, _: Binding, answers: Answers) -> bool:
    day = wall(answers[0].at).weekday()
    return day < len(WEEKDAYS) and WEEKDAYS[day] in arguments["days"]


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


RECIPES: tuple[Recipe, ...] = (
    compared(
        "general_date",
        "today is {relation} {date}",
        {"relation": "date_relation", "date": "date"},
        now_asks,
        _date,
        "date",
    ),
    Recipe(
        "general_weekday",
        "general",
        "today is {days}",
        {"days": "weekdays"},
        now_asks,
        _is_weekday,
    ),
    compared(
        "general_event",
        "{event} is in {relation} {days} days",
        {"event": "occasion", "relation": "span_relation", "days": "year_days"},
        _events,
        _event_in,
        "days",
    ),
    compared(
        "general_closes_early",
        "market closes early in {relation} {days} days",
        {"relation": "span_relation", "days": "days"},
        now_asks,
        _closes_early_in,
        "days",
    ),
    Recipe(
        "general_trading_day",
        "general",
        "today is the {place} trading day of the {period}",
        {"place": "day_place", "period": "day_period"},
        now_asks,
        _is_edge,
    ),
    Recipe(
        "general_market_day",
        "general",
        "market was or will be {what}",
        {"what": "market_day"},
        now_asks,
        _is_market_day,
    ),
)
