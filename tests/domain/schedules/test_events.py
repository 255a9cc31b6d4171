"""When events come due: on real holidays, over both changes of the clocks, over the year's end."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.eastern import wall
from botfleet.domain.market.calendar import session_at, session_on
from botfleet.domain.schedules.events import (
    GRACE,
    Event,
    Hook,
    Moment,
    Once,
    Repeating,
    Resultant,
    Transition,
    Window,
    is_in,
    is_kept,
    next_at,
    occurrences,
)
from botfleet.domain.schedules.holidays import HolidayRule, observed
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.schedules.intervals import marks
from botfleet.domain.schedules.recurrences import NthDay, NthWeekday, Recurrence, Unit, Weekdays

BEFORE, AFTER, SKIP = HolidayRule.BEFORE, HolidayRule.AFTER, HolidayRule.SKIP
TEN = time(10)
DAILY = Recurrence(Unit.DAY)
FOURTH_FRIDAY = Recurrence(Unit.MONTH, on=NthWeekday(4, 4))
MON_WED_FRI = Recurrence(Unit.WEEK, on=Weekdays((0, 2, 4)))
FIRST_OF_MONTH = Recurrence(Unit.MONTH, on=NthDay(1))


def told(event: Event, start: date, count: int) -> list[str]:
    """The next fire times on an Eastern clock."""
    after = datetime.combine(start, time(0), UTC)
    found = (one for one in occurrences(event, after) if one.at)
    return [f"{wall(one.at):%m-%d %H:%M}" for one in islice(found, count) if one.at]


def test_good_friday_moves_to_thursday_to_monday_or_nowhere() -> None:
    """The fourth Friday of March 2027 is Good Friday."""
    start = date(2027, 3, 1)
    assert told(Repeating(FOURTH_FRIDAY, TEN, BEFORE), start, 2) == ["03-25 10:00", "04-23 10:00"]
    assert told(Repeating(FOURTH_FRIDAY, TEN, AFTER), start, 2) == ["03-29 10:00", "04-23 10:00"]
    assert told(Repeating(FOURTH_FRIDAY, TEN, SKIP), start, 2) == ["04-23 10:00", "05-28 10:00"]


@pytest.mark.parametrize(("rule", "moved"), [(BEFORE, 25), (AFTER, 29), (SKIP, None)])
def test_what_moved_or_fell_out_says_why(rule: HolidayRule, moved: int | None) -> None:
    after = datetime(2027, 3, 1, tzinfo=UTC)
    first = next(occurrences(Repeating(FOURTH_FRIDAY, TEN, rule), after))
    assert (first.day, first.cause) == (date(2027, 3, 26), "Good Friday")
    assert (first.at.day if first.at else None) == moved


def test_the_first_of_the_month_over_the_years_end() -> None:
    """1 November 2026 is a Sunday, 1 January a holiday, 1 May 2027 a Saturday."""
    start = date(2026, 10, 2)
    assert told(Repeating(FIRST_OF_MONTH, TEN, AFTER), start, 4) == [
        *("11-02 10:00", "12-01 10:00", "01-04 10:00", "02-01 10:00"),
    ]
    assert told(Repeating(FIRST_OF_MONTH, TEN, BEFORE), start, 4) == [
        *("10-30 10:00", "12-01 10:00", "12-31 10:00", "02-01 10:00"),
    ]


def test_back_to_back_closures_are_crossed() -> None:
    """11 to 14 September 2001: four closed sessions and a weekend."""
    once = Once(date(2001, 9, 12), TEN, AFTER)
    assert told(once, date(2001, 9, 1), 2) == ["09-17 10:00"]
    assert told(Once(date(2001, 9, 16), TEN, BEFORE), date(2001, 9, 1), 2) == ["09-10 10:00"]


def test_the_afternoon_of_an_early_close_is_closed() -> None:
    """The day after Thanksgiving 2026 ends at 13:00: 12:55 is the last that runs on it."""
    day, start = date(2026, 11, 27), date(2026, 11, 1)
    assert told(Once(day, time(12, 55), BEFORE), start, 1) == ["11-27 12:55"]
    assert told(Once(day, time(12, 56), BEFORE), start, 1) == ["11-25 12:56"]
    assert told(Once(day, time(12, 56), AFTER), start, 1) == ["11-30 12:56"]
    assert told(Once(day, time(12, 56), SKIP), start, 1) == []


#: One event of each kind that a clock brings.
KINDS: list[Event] = [
    Once(date(2026, 3, 9), time(9, 45)),
    Repeating(DAILY, time(9, 45)),
    Repeating(MON_WED_FRI, time(9, 45), BEFORE),
    Repeating(FIRST_OF_MONTH, time(9, 45), AFTER),
    Moment.OPEN,
    Moment.CLOSE,
]


@pytest.mark.parametrize(("year", "month", "day"), [(2026, 3, 8), (2026, 11, 1)])
def test_both_changes_of_the_clocks_keep_the_wall_time(year: int, month: int, day: int) -> None:
    """09:45 in New York is 14:45 UTC before the spring day and 13:45 after it; in autumn back."""
    change = date(year, month, day)
    start = datetime.combine(change - timedelta(days=4), time(0), UTC)
    found = [one.at for one in islice(occurrences(Repeating(DAILY, time(9, 45)), start), 8)]
    instants = [at for at in found if at is not None]
    assert {f"{wall(at):%H:%M}" for at in instants} == {"09:45"}
    hours = (
        {at.hour for at in instants if at.date() < change},
        {at.hour for at in instants if at.date() > change},
    )
    assert hours == (({14}, {13}) if month == 3 else ({13}, {14}))


@pytest.mark.parametrize("event", KINDS, ids=range(len(KINDS)))
@pytest.mark.parametrize("around", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 12, 31)])
def test_nothing_is_doubled_or_lost_over_a_change_or_the_years_end(
    event: Event, around: date
) -> None:
    """A fortnight at once is the fortnight hour by hour, and each lies inside its session."""
    start = datetime.combine(around - timedelta(days=7), time(0), UTC)
    end = start + timedelta(days=14)
    at_once = [at for one in occurrences(event, start) if (at := one.at) and at <= end]
    by_hour, at = [], start
    while at < end:
        found = next_at(event, at)
        by_hour += [found] if found and found <= at + timedelta(hours=1) else []
        at += timedelta(hours=1)
    assert at_once == by_hour
    assert all(before < after for before, after in pairwise(at_once))
    for each in at_once:
        session = session_at(each)
        assert session is not None
        assert session.opens_at < each < session.closes_at


def test_open_and_close_follow_the_session_and_come_before_and_after_every_scan() -> None:
    start = date(2026, 11, 25)
    assert told(Moment.OPEN, start, 2) == ["11-25 09:40", "11-27 09:40"]
    assert told(Moment.CLOSE, start, 2) == ["11-25 15:50", "11-27 12:50"]
    for day in (date(2026, 11, 25), date(2026, 11, 27)):
        session = session_on(day)
        assert session is not None
        for interval in (15, 5, 1):
            scans = [at for at in marks(session, interval) if Hours().covers(at)]
            opens = next_at(Moment.OPEN, session.opens_at)
            closes = next_at(Moment.CLOSE, session.opens_at)
            assert opens is not None
            assert closes is not None
            assert opens <= scans[0] < scans[-1] < closes


def test_two_occurrences_that_fall_on_one_instant_are_one() -> None:
    """Thanksgiving's 10:00 moved before is Wednesday's own 10:00."""
    assert told(Repeating(DAILY, TEN, BEFORE), date(2026, 11, 25), 3) == [
        *("11-25 10:00", "11-27 10:00", "11-30 10:00"),
    ]


def test_what_no_clock_brings_never_comes_due() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for event in (Moment.NOW, Resultant(Transition.OPENED), Hook("go")):
        assert list(occurrences(event, start)) == []


def test_a_date_that_is_past_never_fires() -> None:
    once = Once(date(2026, 3, 9), TEN)
    assert next_at(once, datetime(2026, 3, 9, 13, 59, 59, tzinfo=UTC)) is not None
    assert next_at(once, datetime(2026, 3, 9, 14, 0, tzinfo=UTC)) is None


def test_the_calendars_end_is_the_end() -> None:
    assert told(Repeating(DAILY, TEN, AFTER), date(2040, 12, 30), 5) == ["12-31 10:00"]


def test_late_is_kept_for_a_quarter_of_an_hour_and_not_past_the_close() -> None:
    """R15: inside the grace and the same session, else missed."""
    at = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)
    assert is_kept(at, at)
    assert is_kept(at, at + GRACE)
    assert not is_kept(at, at + GRACE + timedelta(seconds=1))
    close = datetime(2026, 3, 9, 20, 0, tzinfo=UTC)
    assert is_kept(close - timedelta(minutes=5), close - timedelta(seconds=1))
    assert not is_kept(close - timedelta(minutes=5), close)


rules = st.builds(lambda seed: _any_rule(random.Random(seed)), st.integers(0, 10**6))


def _any_rule(chance: random.Random) -> Repeating:
    rule = chance.choice([DAILY, FOURTH_FRIDAY, MON_WED_FRI, FIRST_OF_MONTH])
    minute = chance.randrange(9 * 60 + 31, 15 * 60 + 56)
    return Repeating(rule, time(*divmod(minute, 60)), chance.choice(list(HolidayRule)))


@given(rules, st.integers(0, 17_000), st.lists(st.integers(0, 72), max_size=60))
def test_however_often_one_looks_nothing_is_lost_or_doubled(
    event: Repeating, day: int, looks_h: list[int]
) -> None:
    """Looking at any instants, each stretch between two holds what came due in it, and no more."""
    start = datetime(1991, 1, 1, tzinfo=UTC) + timedelta(days=day)
    looks = [start := start + timedelta(hours=hours) for hours in looks_h]
    seen: list[datetime] = []
    for after, until in pairwise(looks):
        while (coming := next_at(event, max([after, *seen]))) and coming <= until:
            seen.append(coming)
    first, last = (looks[0], looks[-1]) if looks else (start, start)
    stretch = takewhile(
        lambda at: at <= last, (one.at for one in occurrences(event, first) if one.at)
    )
    assert seen == list(stretch)


@given(st.dates(date(1991, 1, 1), date(2039, 1, 1)), st.sampled_from([BEFORE, AFTER]))
def test_later_occurrences_never_overtake_earlier_ones(day: date, rule: HolidayRule) -> None:
    here, there = observed(day, TEN, rule), observed(day + timedelta(days=1), TEN, rule)
    assert here is not None
    assert there is not None
    assert here <= there


def test_a_window_lets_its_days_and_times_through() -> None:
    window = Window((0, 4), time(10), time(12))
    friday = datetime(2026, 3, 13, 14, 0, tzinfo=UTC)
    assert is_in(window, friday)
    assert is_in(window, friday + timedelta(hours=2))
    assert not is_in(window, friday + timedelta(hours=2, minutes=15))
    assert not is_in(window, friday - timedelta(minutes=15))
    assert not is_in(window, friday - timedelta(days=1))


def test_a_windows_holiday_is_worked_by_the_session_before_or_after_or_none() -> None:
    """Good Friday, 26 March 2027: Thursday and Monday stand for it."""
    thursday = datetime(2027, 3, 25, 15, 0, tzinfo=UTC)
    monday = datetime(2027, 3, 29, 15, 0, tzinfo=UTC)
    for rule, expected in ((BEFORE, (True, False)), (AFTER, (False, True)), (SKIP, (False, False))):
        window = Window((4,), holiday=rule)
        assert (is_in(window, thursday), is_in(window, monday)) == expected
