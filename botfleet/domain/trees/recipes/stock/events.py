"""Recipes on what is known beforehand of a symbol: earnings and ex-dividend days (R6)."""

from datetime import date, timedelta

from botfleet.domain.eastern import day_of
from botfleet.domain.market.events import EventCalendar
from botfleet.domain.trades.opportunities import NoTrade
from botfleet.domain.trees.conditions import Arguments, Recipe
from botfleet.domain.trees.facts import (
    NOW,
    Binding,
    EventsOf,
    ExpirationOf,
    MarketTime,
    NoData,
    Question,
)
from botfleet.domain.trees.recipes.asking import Answers
from botfleet.domain.trees.recipes.comparison import NO_SYMBOL, compared, symbol_of, unknown


def _events_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    return (NOW, EventsOf(symbol)) if symbol else ()


def days_to(calendar: EventCalendar, found: date | None, today: date, far: int) -> int | NoData:
    """Count the days to a day; past all bounds where none is known to come within `far` days."""
    if found is not None:
        return (found - today).days
    if not calendar.covers(today, today + timedelta(days=far)):
        return unknown(f"events of {calendar.symbol}", "the calendar does not reach that far")
    return 10**6


def _earnings_in(arguments: Arguments, _: Binding, answers: Answers) -> int | NoData:
    if not answers:
        return NO_SYMBOL
    today, calendar = day_of(answers[0].at), answers[1]
    wanted = arguments["timing"]
    days = (
        one.day
        for one in calendar.earnings
        if one.day >= today and wanted in {None, one.timing.value}
    )
    return days_to(calendar, next(days, None), today, arguments["days"])


def _dividend_in(arguments: Arguments, _: Binding, answers: Answers) -> int | NoData:
    if not answers:
        return NO_SYMBOL
    today, calendar = day_of(answers[0].at), answers[1]
    return days_to(calendar, calendar.next_ex_dividend(today), today, arguments["days"])


def comes_by(calendar: EventCalendar, now: MarketTime, event: str, last: date) -> bool | NoData:
    """Say whether earnings, or an ex-dividend day, come from today to `last`, that day included."""
    today = day_of(now.at)
    report = calendar.next_earnings(today)
    told = report.day if report else None
    found = told if event == "earnings" else calendar.next_ex_dividend(today)
    if found is not None and found <= last:
        return True
    is_known = calendar.covers(today, last)
    return False if is_known else unknown(f"events of {calendar.symbol}", "not known that far")


def _until_asks(arguments: Arguments, binding: Binding) -> tuple[Question, ...]:
    symbol = symbol_of(arguments, binding)
    if symbol is None:
        return ()
    return NOW, EventsOf(symbol), ExpirationOf(symbol, arguments["expiration"])


def _earnings_before_expiration(_: Arguments, __: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    if isinstance(answers[2], NoTrade):
        return unknown("expiration", answers[2].message)
    return comes_by(answers[1], answers[0], "earnings", answers[2])


def _earnings_before(arguments: Arguments, _: Binding, answers: Answers) -> bool | NoData:
    if not answers:
        return NO_SYMBOL
    return comes_by(answers[1], answers[0], "earnings", arguments["date"])


RECIPES: tuple[Recipe, ...] = (
    compared(
        "stock_earnings",
        "{symbol} has earnings{timing} in {relation} {days} days",
        {
            "symbol": "symbol",
            "timing": "timing_or_any",
            "relation": "span_relation",
            "days": "year_days",
        },
        _events_asks,
        _earnings_in,
        "days",
    ),
    Recipe(
        "stock_earnings_before_expiration",
        "stock",
        "{symbol} has earnings before its expiration {expiration}",
        {"symbol": "symbol", "expiration": "expiration"},
        _until_asks,
        _earnings_before_expiration,
    ),
    Recipe(
        "stock_earnings_before",
        "stock",
        "{symbol} has earnings until {date}",
        {"symbol": "symbol", "date": "date"},
        _events_asks,
        _earnings_before,
    ),
    compared(
        "stock_ex_dividend",
        "{symbol} ex-dividend date is in {relation} {days} days",
        {"symbol": "symbol", "relation": "span_relation", "days": "year_days"},
        _events_asks,
        _dividend_in,
        "days",
    ),
)
