from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import exchange_calendars
import pytest

from botfleet.domain.eastern import instant, wall
from botfleet.domain.market.calendar import (
    SHIPPED,
    Act,
    Calendar,
    Change,
    Session,
    cause_of,
    horizon_warning,
    is_open,
    next_session,
    previous_session,
    session_at,
    session_on,
)
from botfleet.domain.market.closures import FIRST_DAY, HORIZON, TABLE_VERSION
from botfleet.domain.schedules.agenda import due_between
from botfleet.errors import BadInput

EVERY_DAY = [FIRST_DAY + timedelta(n) for n in range((HORIZON - FIRST_DAY).days + 1)]


@pytest.fixture(scope="module")
def reference() -> dict[date, tuple[datetime, datetime]]:
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_DAY, end=HORIZON)
    hours = zip(calendar.sessions, calendar.opens, calendar.closes, strict=True)
    return {
        day.date(): (opened.to_pydatetime(), closed.to_pydatetime())
        for day, opened, closed in hours
    }


@pytest.mark.filterwarnings("ignore:Series.values returning")  # inside exchange_calendars
def test_every_day_agrees_with_exchange_calendars(
    reference: dict[date, tuple[datetime, datetime]],
) -> None:
    """All 51 years, day by day: whether it trades, the open and the close in UTC."""
    ours = {
        day: (session.opens_at, session.closes_at)
        for day in EVERY_DAY
        if (session := session_on(day))
    }
    assert ours == reference


def test_an_early_close_says_so_and_names_its_cause() -> None:
    session = session_on(date(2015, 12, 24))
    assert session == Session(
        date(2015, 12, 24),
        datetime(2015, 12, 24, 14, 30, tzinfo=UTC),
        datetime(2015, 12, 24, 18, 0, tzinfo=UTC),
        is_early_close=True,
    )
    assert cause_of(date(2015, 12, 24)) == "Christmas Eve"
    assert cause_of(date(2012, 10, 29)) == "Hurricane Sandy"
    assert cause_of(date(2015, 12, 23)) == ""


def test_every_weekday_that_is_irregular_has_a_cause() -> None:
    for day in EVERY_DAY:
        session = session_on(day)
        is_regular = session is not None and not session.is_early_close
        if day.weekday() < 5:
            assert bool(cause_of(day)) is not is_regular, day


def test_the_offset_follows_daylight_saving() -> None:
    """2026: clocks go forward on Sunday 8 March, back on Sunday 1 November."""
    hours = [
        session.opens_at.hour
        for day in (date(2026, 3, 6), date(2026, 3, 9), date(2026, 10, 30), date(2026, 11, 2))
        if (session := session_on(day))
    ]
    assert hours == [14, 13, 13, 14]


def test_sessions_follow_each_other_across_a_long_weekend() -> None:
    """Good Friday 2026 is 3 April."""
    assert next_session(date(2026, 4, 2)).day == date(2026, 4, 6)
    assert previous_session(date(2026, 4, 6)).day == date(2026, 4, 2)
    assert next_session(date(2026, 4, 4)).day == date(2026, 4, 6)


def test_open_includes_the_first_instant_and_not_the_last() -> None:
    day = date(2026, 7, 2)
    assert not is_open(instant(day, time(9, 29, 59)))
    assert is_open(instant(day, time(9, 30)))
    assert is_open(instant(day, time(15, 59, 59)))
    assert not is_open(instant(day, time(16)))
    assert not is_open(instant(date(2026, 7, 3), time(12)))


def test_an_instant_belongs_to_its_eastern_date() -> None:
    """01:00 UTC on Saturday is still Friday evening in New York."""
    at = datetime(2026, 7, 11, 1, 0, tzinfo=UTC)
    session = session_at(at)
    assert session is not None
    assert session.day == wall(at).date() == date(2026, 7, 10)


@pytest.mark.parametrize("day", [FIRST_DAY - timedelta(1), HORIZON + timedelta(1)])
def test_beyond_the_table_is_refused_in_one_sentence(day: date) -> None:
    with pytest.raises(BadInput, match=f"covers {FIRST_DAY} to {HORIZON}; {day} is outside"):
        session_on(day)


def test_the_table_names_its_source() -> None:
    assert f"XNYS-{exchange_calendars.__version__}" == TABLE_VERSION


def test_the_tables_end_is_warned_of_a_year_ahead() -> None:
    assert horizon_warning(HORIZON - timedelta(days=366)) == ""
    assert "ends on 2040-12-31, in 365 days" in horizon_warning(HORIZON - timedelta(days=365))


def test_nothing_is_scheduled_beyond_the_table() -> None:
    with pytest.raises(BadInput, match="covers"):
        next_session(HORIZON)
    with pytest.raises(BadInput, match="covers"):
        due_between(instant(HORIZON, time(20)), instant(HORIZON + timedelta(1), time(12)))


@pytest.mark.parametrize("day", [date(2015, 12, 24), date(2026, 3, 10), date(2026, 11, 2)])
def test_a_day_closed_and_undone_is_as_it_was(day: date) -> None:
    at = datetime(2015, 1, 1, tzinfo=UTC)
    closed = Change(day, Act.CLOSE, "Storm", at)
    calendar = Calendar(1, [closed])
    assert calendar.session_on(day) is None
    assert calendar.next_session(day - timedelta(1)).day > day
    assert calendar.cause_of(day) == "Storm"
    again = Calendar(2, [closed, replace(closed, act=Act.UNDO)])
    assert again.session_on(day) == SHIPPED.session_on(day)
    assert again.cause_of(day) == SHIPPED.cause_of(day)


def test_an_early_close_over_the_table_is_the_shorter_session() -> None:
    day = date(2026, 3, 10)
    halt = Change(day, Act.EARLY, "Halt", datetime(2026, 3, 10, tzinfo=UTC), time(11))
    session = Calendar(1, [halt]).session_on(day)
    assert session is not None
    assert (wall(session.closes_at).time(), session.is_early_close) == (time(11), True)
