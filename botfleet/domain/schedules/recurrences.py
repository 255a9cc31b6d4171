"""The days on which something recurs: every k days, weeks, months or years (S105).

Calendar days, whether the market trades or not: what becomes of a day without a session is a rule
of its own (`holidays`). Every k-th unit is counted from that of `first`. Days are found by
arithmetic, so that a rule that began long ago costs no more than one that begins today.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum

DAYS_PER_WEEK, MONTHS_PER_YEAR = 7, 12
_EPOCH = date(2000, 1, 3)  # a Monday: where units are counted from when nothing else says
_LAST_WEEK_OF_TIME = date.max - timedelta(days=DAYS_PER_WEEK)


class Unit(StrEnum):
    """What is counted."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Weekdays:
    """These days of a week; 0 is Monday."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """The n-th such weekday of a month, -1 the last; of `month` only, if one is given."""

    nth: int
    weekday: int
    month: int | None = None


@dataclass(frozen=True, slots=True)
class NthDay:
    """The n-th day of a month, -1 the last; of `month` only, if one is given."""

    nth: int
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every `count` units, on these of their days, from `first` up to and including `until`.

    `on` is given by all units but days: `Weekdays` for weeks, and for years with its month.
    `first` is given where `count` is above 1: without it nobody could tell which unit counts.
    """

    unit: Unit
    count: int = 1
    on: Weekdays | NthWeekday | NthDay | None = None
    first: date | None = None
    until: date | None = None


def days(rule: Recurrence, since: date) -> Iterator[date]:
    """Give the days of a rule from `since` on, rising, to the end of time or of the rule."""
    start = max(since, rule.first or since)
    for period in _periods(rule, start):
        for day in _of_period(rule, period):
            if rule.until is not None and day > rule.until:
                return
            if day >= start:
                yield day


def _periods(rule: Recurrence, start: date) -> Iterator[int]:
    """Number the units that count, from the one `start` lies in on."""
    anchor, here = _number(rule.unit, rule.first or _EPOCH), _number(rule.unit, start)
    number = here + (anchor - here) % rule.count
    while number <= _number(rule.unit, _LAST_WEEK_OF_TIME):
        yield number
        number += rule.count


def _number(unit: Unit, day: date) -> int:
    match unit:
        case Unit.DAY:
            return day.toordinal()
        case Unit.WEEK:
            return (day.toordinal() - 1) // DAYS_PER_WEEK
        case Unit.MONTH:
            return day.year * MONTHS_PER_YEAR + day.month - 1
        case Unit.YEAR:
            return day.year


def _of_period(rule: Recurrence, number: int) -> Iterator[date]:
    match rule.on:
        case Weekdays(weekdays):
            monday = date.fromordinal(number * DAYS_PER_WEEK + 1)
            yield from (monday + timedelta(days=weekday) for weekday in weekdays)
        case NthWeekday() | NthDay() as on:
            year, month = number, on.month or 1
            if rule.unit is Unit.MONTH:
                year, month = number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1
            found = nth_of_month(on, year, month) if year <= MAXYEAR else None
            if found is not None:
                yield found
        case None:
            yield date.fromordinal(number)


def nth_of_month(on: NthWeekday | NthDay, year: int, month: int) -> date | None:
    """Give that day of a month; None where the month has none."""
    length = monthrange(year, month)[1]
    if isinstance(on, NthDay):
        day = on.nth if on.nth > 0 else length + 1 + on.nth
    elif on.nth > 0:
        first = date(year, month, 1).weekday()
        day = 1 + (on.weekday - first) % DAYS_PER_WEEK + (on.nth - 1) * DAYS_PER_WEEK
    else:
        last = date(year, month, length).weekday()
        day = length - (last - on.weekday) % DAYS_PER_WEEK + (on.nth + 1) * DAYS_PER_WEEK
    return date(year, month, day) if 1 <= day <= length else None
