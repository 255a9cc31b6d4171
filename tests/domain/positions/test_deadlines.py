"""Exits by the clock: each deadline comes from the session's own close and the calendar."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.eastern import instant, wall
from botfleet.domain.ids import PositionId, derive
from botfleet.domain.market.calendar import Session, next_session, session_on
from botfleet.domain.market.events import Earnings, EconomicEvent, EventCalendar, Timing
from botfleet.domain.positions.deadlines import Deadlines, deadlines, minutes_into
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.trades.structures import Structure

FULL, HALF = date(2026, 3, 10), date(2026, 11, 27)


def on(day: date) -> Session:
    session = session_on(day)
    assert session is not None
    return session


def held(exits: Exits, expires_on: date | None = None, opened: date = FULL) -> Position:
    return Position(
        PositionId(derive("position", "one")),
        "XYZ",
        Structure.LONG_CALL,
        (),
        1,
        Decimal(1),
        PositionState.OPEN,
        instant(opened, time(10)),
        expires_on,
        exits,
    )


def due(
    exits: Exits, day: date, expires_on: date | None = None, **known: EventCalendar
) -> Deadlines:
    return deadlines(held(exits, expires_on), on(day), **known)


def clock(at: datetime | None) -> str:
    return "" if at is None else f"{wall(at):%H:%M}"


@pytest.mark.parametrize(
    ("day", "minutes", "at"),
    [(FULL, 30, "15:30"), (FULL, 5, "15:55"), (FULL, 360, "10:00"), (HALF, 30, "12:30")],
)
def test_minutes_count_back_from_the_close_of_the_last_day(
    day: date, minutes: int, at: str
) -> None:
    exits = Exits(expiration_min=minutes)
    assert clock(due(exits, day, day).expiration) == at
    assert due(exits, day, next_session(day).day).expiration is None


@pytest.mark.parametrize(
    ("expires_on", "days", "day", "at"),
    [
        (date(2026, 3, 13), 3, FULL, "15:29"),  # Friday's, three days before: Tuesday
        (date(2026, 3, 13), 3, date(2026, 3, 9), ""),
        (date(2026, 3, 13), 3, date(2026, 3, 11), "15:29"),  # not left: tried again
        (date(2026, 3, 16), 1, date(2026, 3, 13), "15:29"),  # a Monday's Sunday: Friday
        (date(2026, 3, 16), 2, date(2026, 3, 13), "15:29"),
        (date(2026, 3, 16), 3, date(2026, 3, 13), "15:29"),
        (date(2026, 3, 16), 3, date(2026, 3, 12), ""),
        (date(2026, 4, 6), 3, date(2026, 4, 2), "15:29"),  # Good Friday lies between
        (date(2026, 11, 30), 3, HALF, "12:29"),  # the half day after Thanksgiving
        (date(2028, 1, 21), 1, FULL, ""),  # far away
    ],
)
def test_days_count_by_the_calendar_and_the_last_session_in_time_is_taken(
    expires_on: date, days: int, day: date, at: str
) -> None:
    assert clock(due(Exits(expiration_days=days), day, expires_on).expiration) == at


def calendar(
    *reports: tuple[date, Timing], economic: tuple[tuple[str, date], ...] = (), until: date = HALF
) -> EventCalendar:
    return EventCalendar(
        "XYZ",
        date(2026, 1, 1),
        until,
        tuple(Earnings(*one) for one in reports),
        (),
        tuple(EconomicEvent(*one) for one in economic),
    )


@pytest.mark.parametrize(
    ("report", "timing", "days", "day", "at"),
    [
        (date(2026, 3, 13), Timing.AFTER_CLOSE, 3, FULL, "15:29"),
        (date(2026, 3, 13), Timing.AFTER_CLOSE, 2, FULL, ""),
        (date(2026, 3, 16), Timing.BEFORE_OPEN, 1, date(2026, 3, 13), "15:29"),
        (FULL, Timing.AFTER_CLOSE, 0, FULL, "15:29"),
        (FULL, Timing.AFTER_CLOSE, 0, date(2026, 3, 9), ""),
        # What is told before the open, or nobody knows when, is left the session before.
        (FULL, Timing.BEFORE_OPEN, 0, date(2026, 3, 9), "15:29"),
        (FULL, Timing.UNKNOWN, 0, date(2026, 3, 9), "15:29"),
        (FULL, Timing.UNKNOWN, 0, FULL, "15:29"),
        (date(2026, 3, 12), Timing.UNKNOWN, 0, FULL, ""),
        (date(2026, 3, 16), Timing.BEFORE_OPEN, 0, date(2026, 3, 13), "15:29"),
        (date(2026, 3, 16), Timing.BEFORE_OPEN, 0, date(2026, 3, 12), ""),
        (FULL, Timing.BEFORE_OPEN, 0, FULL, ""),  # it is told already
        (FULL, Timing.BEFORE_OPEN, 5, FULL, ""),
        (date(2026, 3, 9), Timing.AFTER_CLOSE, 5, FULL, ""),
    ],
)
def test_earnings(report: date, timing: Timing, days: int, day: date, at: str) -> None:
    found = due(Exits(earnings_days=days), day, own=calendar((report, timing)))
    assert (clock(found.earnings), found.unknown) == (at, ())


@pytest.mark.parametrize("known", [None, calendar(until=FULL)])
def test_what_no_calendar_tells_fires_nothing_and_is_said(known: EventCalendar | None) -> None:
    exits = Exits(earnings_days=3, avoid=("fomc_meeting", "full_moon"))
    found = deadlines(held(exits), on(FULL), known, known)
    assert (found.earnings, found.events) == (None, None)
    assert found.unknown == ("fomc meeting", "earnings of XYZ")


@pytest.mark.parametrize(
    ("name", "event", "day", "minutes", "at"),
    [
        ("cpi", date(2026, 3, 11), FULL, 60, "15:00"),
        ("cpi", date(2026, 3, 11), FULL, 15, "15:45"),
        ("cpi", date(2026, 3, 11), date(2026, 3, 9), 60, ""),
        ("cpi", FULL, FULL, 60, ""),  # the day itself is too late
        ("fomc_meeting", date(2026, 3, 14), date(2026, 3, 13), 60, "15:00"),  # a Saturday
        ("ppi", date(2026, 11, 30), HALF, 60, "12:00"),
    ],
)
def test_the_session_before_an_event_is_left_in_time(
    name: str, event: date, day: date, minutes: int, at: str
) -> None:
    known = calendar(economic=((name.replace("_", " ").upper(), event),), until=date(2026, 12, 31))
    found = due(Exits(avoid=(name,), avoid_min=minutes), day, economy=known)
    assert (clock(found.events), found.unknown) == (at, ())


def test_what_anyone_can_work_out_needs_no_calendar() -> None:
    """20 March 2026 is the third Friday of a quarter's month; March ends on a Tuesday."""
    before = date(2026, 3, 19)
    for name in ("triple_witching", "monthly_expiration"):
        assert clock(due(Exits(avoid=(name,)), before).events) == "15:00"
    assert clock(due(Exits(avoid=("end_of_quarter",)), date(2026, 3, 30)).events) == "15:00"
    assert due(Exits(avoid=("end_of_month",)), before).events is None


def test_the_day_it_opened_is_held_back_where_the_owner_waits() -> None:
    assert deadlines(held(Exits(waits_a_day=True)), on(FULL)).is_held_back
    assert not deadlines(held(Exits(waits_a_day=True)), on(date(2026, 3, 11))).is_held_back
    assert not deadlines(held(Exits()), on(FULL)).is_held_back


@given(
    expires_on=st.dates(date(2025, 1, 2), date(2026, 12, 20)).filter(
        lambda day: bool(session_on(day))
    ),
    days=st.integers(1, 30),
)
def test_every_expiration_is_left_on_one_first_session_and_on_each_after_it(
    expires_on: date, days: int
) -> None:
    """Over both clock changes, half days and holidays: 31 minutes before each session's own close,
    the first time on the last session that lies at least `days` before.
    """
    day, fires = expires_on - timedelta(days=days + 12), []
    while day <= expires_on:
        if session := session_on(day):
            found = deadlines(held(Exits(expiration_days=days), expires_on), session).expiration
            fires.append((day, found))
            assert found is None or found == session.closes_at - timedelta(minutes=31)
        day += timedelta(days=1)
    firing = [day for day, at in fires if at]
    assert firing == [day for day, _ in fires if day >= firing[0]]
    in_time = [day for day, _ in fires if day <= expires_on - timedelta(days=days)]
    assert firing[0] == in_time[-1]


def test_instants_are_told_in_minutes_of_the_session() -> None:
    """09:30 is minute 0, and so is all before; seconds do not make a minute."""
    session = on(FULL)
    after = [timedelta(minutes=-5), timedelta(seconds=59), timedelta(minutes=61, seconds=1)]
    instants = [None, *(session.opens_at + one for one in after)]
    assert minutes_into(session, instants) == (None, 0, 0, 61)
