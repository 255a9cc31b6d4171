"""Recurring days against dateutil, which is another hand's work, on random rules."""

import random
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any

import pytest
from dateutil import rrule

from botfleet.domain.schedules.recurrences import (
    NthDay,
    NthWeekday,
    Recurrence,
    Unit,
    Weekdays,
    days,
)

RULES, DAYS_EACH = 10_000, 8
FREQUENCIES = {
    Unit.DAY: rrule.DAILY,
    Unit.WEEK: rrule.WEEKLY,
    Unit.MONTH: rrule.MONTHLY,
    Unit.YEAR: rrule.YEARLY,
}
NTHS = (1, 2, 3, 4, -1)


def random_rule(chance: random.Random) -> Recurrence:
    unit = chance.choice(list(Unit))
    count = chance.choice((1, 1, 1, 2, 3, 5, 13, chance.randint(1, 366)))
    first = date(1990, 1, 1) + timedelta(days=chance.randrange(18_000))
    until = first + timedelta(days=chance.randrange(20_000)) if chance.random() < 0.5 else None
    return Recurrence(unit, count, random_days(unit, chance), first, until)


def random_days(unit: Unit, chance: random.Random) -> Weekdays | NthWeekday | NthDay | None:
    if unit is Unit.DAY:
        return None
    if unit is Unit.WEEK:
        return Weekdays(tuple(sorted(chance.sample(range(7), chance.randint(1, 7)))))
    month = chance.randint(1, 12) if unit is Unit.YEAR else None
    if chance.random() < 0.5:
        return NthWeekday(chance.choice(NTHS), chance.randrange(7), month)
    return NthDay(chance.choice((-1, chance.randint(1, 31))), month)


def reference(rule: Recurrence, until: date) -> Any:
    on, first = rule.on, rule.first
    given: dict[str, Any] = {}
    if isinstance(on, Weekdays):
        given["byweekday"] = list(on.days)
    elif isinstance(on, NthWeekday):
        given["byweekday"] = rrule.weekday(on.weekday, on.nth)
    elif isinstance(on, NthDay):
        given["bymonthday"] = on.nth
    if isinstance(on, NthWeekday | NthDay) and on.month is not None:
        given["bymonth"] = on.month
    return rrule.rrule(
        FREQUENCIES[rule.unit], dtstart=first, interval=rule.count, until=until, **given
    )


def test_ten_thousand_random_rules_recur_as_dateutil_has_it() -> None:
    """From their first day, and from a day in their middle: the next days are the same."""
    chance = random.Random(20_261_122)
    for _ in range(RULES):
        rule = random_rule(chance)
        assert rule.first is not None
        since = rule.first + timedelta(days=chance.choice((0, 0, chance.randrange(2_000))))
        end = rule.until or min(rule.first.replace(year=rule.first.year + 40), date(2060, 1, 1))
        start = datetime.combine(since, time.min)
        theirs = reference(rule, end).xafter(start, count=DAYS_EACH, inc=True)
        ours = takewhile(end.__ge__, days(rule, since))
        assert list(islice(ours, DAYS_EACH)) == [one.date() for one in theirs], rule


#: S105's examples by a calendar on the wall: twelve days from the middle of January 2026 on.
GOLDEN: list[tuple[Recurrence, str]] = [
    (
        Recurrence(Unit.MONTH, on=NthWeekday(3, 4)),
        "01-16 02-20 03-20 04-17 05-15 06-19 07-17 08-21 09-18 10-16 11-20 12-18",
    ),
    (
        Recurrence(Unit.MONTH, on=NthWeekday(-1, 4)),
        "01-30 02-27 03-27 04-24 05-29 06-26 07-31 08-28 09-25 10-30 11-27 12-25",
    ),
    (
        Recurrence(Unit.MONTH, on=NthDay(1)),
        "02-01 03-01 04-01 05-01 06-01 07-01 08-01 09-01 10-01 11-01 12-01 01-01",
    ),
    (
        Recurrence(Unit.MONTH, on=NthDay(-1)),
        "01-31 02-28 03-31 04-30 05-31 06-30 07-31 08-31 09-30 10-31 11-30 12-31",
    ),
    (
        Recurrence(Unit.WEEK, on=Weekdays((0, 2, 4))),
        "01-16 01-19 01-21 01-23 01-26 01-28 01-30 02-02 02-04 02-06 02-09 02-11",
    ),
    (
        Recurrence(Unit.WEEK, 2, Weekdays((1,)), date(2026, 1, 6)),
        "01-20 02-03 02-17 03-03 03-17 03-31 04-14 04-28 05-12 05-26 06-09 06-23",
    ),
    (
        Recurrence(Unit.MONTH, 3, NthDay(15), date(2026, 1, 1)),
        "04-15 07-15 10-15 01-15 04-15 07-15 10-15 01-15 04-15 07-15 10-15 01-15",
    ),
    (
        Recurrence(Unit.DAY, 10, None, date(2026, 1, 10)),
        "01-20 01-30 02-09 02-19 03-01 03-11 03-21 03-31 04-10 04-20 04-30 05-10",
    ),
]


@pytest.mark.parametrize(("rule", "expected"), GOLDEN, ids=range(len(GOLDEN)))
def test_the_next_twelve_days_of_each_kind_are_those_on_the_wall(
    rule: Recurrence, expected: str
) -> None:
    found = islice(days(rule, date(2026, 1, 16)), 12)
    assert " ".join(f"{day:%m-%d}" for day in found) == expected


def test_a_rule_that_began_long_ago_is_found_by_arithmetic() -> None:
    """Two thousand years are not gone through: the first found lies next to where we look."""
    rule = Recurrence(Unit.DAY, 7, None, date(1, 1, 1))
    assert next(days(rule, date(2026, 1, 1))) == date(2026, 1, 5)


def test_time_ends_without_a_fault() -> None:
    for rule in (
        Recurrence(Unit.DAY),
        Recurrence(Unit.WEEK, on=Weekdays((0, 6))),
        Recurrence(Unit.MONTH, on=NthDay(-1)),
        Recurrence(Unit.YEAR, on=NthDay(31, 12)),
    ):
        assert all(day.year == 9999 for day in days(rule, date(9999, 12, 1)))
