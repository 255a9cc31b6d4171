"""Hours of accounts (5.1): from a time until minutes before the session's own close."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest

from botfleet.domain.eastern import wall
from botfleet.domain.market.calendar import session_on
from botfleet.domain.schedules.events import (
    Bell,
    Moment,
    Window,
    as_written,
    is_in,
    lets,
    next_at,
    occurrences,
    rung_by,
)
from botfleet.domain.schedules.hours import ENDS_MIN, Hours, checked
from botfleet.domain.schedules.intervals import marks
from botfleet.errors import BadInput

FULL, EARLY = date(2026, 11, 25), date(2026, 11, 27)


def clocks(day: date, hours: Hours, interval: int) -> list[str]:
    session = session_on(day)
    assert session is not None
    found = [at for at in marks(session, interval) if hours.covers(at)]
    return [f"{wall(at):%H:%M}" for at in (found[0], found[-1])] if found else []


@pytest.mark.parametrize(
    ("day", "hours", "interval", "ends"),
    [
        (FULL, Hours(), 15, ["09:45", "15:45"]),  # the usual hours leave all 25 marks
        (FULL, Hours(), 5, ["09:40", "15:45"]),
        (FULL, Hours(time(9, 31), 5), 1, ["09:31", "15:45"]),  # marks end at close - 15 anyhow
        (FULL, Hours(time(10, 10), 60), 15, ["10:15", "15:00"]),
        (EARLY, Hours(time(10, 0), 60), 15, ["10:00", "12:00"]),
        (EARLY, Hours(time(15, 30), 5), 1, []),  # the session is over before they begin
    ],
)
def test_hours_narrow_the_marks_of_a_session(
    day: date, hours: Hours, interval: int, ends: list[str]
) -> None:
    assert clocks(day, hours, interval) == ends


def test_hours_and_a_window_both_have_to_let_a_mark_through() -> None:
    session = session_on(FULL)
    assert session is not None
    window, hours = Window(begins=time(9, 45), ends=time(10, 15)), Hours(time(10), 60)
    let = [f"{wall(at):%H:%M}" for at in marks(session) if lets(window, hours, at)]
    assert let == ["10:00", "10:15"]
    for at in marks(session, 1):
        assert lets(window, hours, at) == (is_in(window, at) and hours.covers(at))


def test_open_and_close_events_come_where_hours_begin_and_end() -> None:
    start = datetime(2026, 11, 25, tzinfo=UTC)
    for hours, opens, closes in (
        (Hours(), "25 09:40", "25 15:50"),
        (Hours(time(11, 5), 45), "25 11:05", "25 15:15"),
    ):
        found = [next_at(rung_by(one, hours), start) for one in (Moment.OPEN, Moment.CLOSE)]
        assert [f"{wall(at):%d %H:%M}" for at in found if at] == [opens, closes]


def test_a_session_that_closes_before_they_begin_has_neither_event_and_says_why() -> None:
    start = datetime(2026, 11, 27, tzinfo=UTC)
    first, second = islice(occurrences(Bell(Moment.OPEN, Hours(time(15), 5)), start), 2)
    assert (first.day, first.at, first.cause != "") == (EARLY, None, True)
    assert second.day == date(2026, 11, 30)


def test_only_open_and_close_heed_hours_and_are_written_as_their_author_did() -> None:
    hours = Hours(time(12), 5)
    for moment in Moment:
        rung = rung_by(moment, hours)
        assert isinstance(rung, Bell) == (moment is not Moment.NOW)
        assert as_written(rung) is moment


@pytest.mark.parametrize(
    ("begins", "ends_min", "path"),
    [
        (time(9, 30), 10, "begins"),
        (time(15, 31), 10, "begins"),
        (time(9, 31, 30), 10, "begins"),
        (time(0), 10, "begins"),
        (time(10), 4, "ends_min"),
        (time(10), 11, "ends_min"),
        (time(10), 0, "ends_min"),
        (time(10), -5, "ends_min"),
        (time(10), 61, "ends_min"),
        (time(15, 30), 45, "begins"),  # nothing would be left of a full session
    ],
)
def test_hours_that_are_not_offered_are_refused(begins: time, ends_min: int, path: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked(Hours(begins, ends_min))
    assert [fault.path for fault in caught.value.faults] == [path]


def test_every_end_that_is_offered_is_taken() -> None:
    assert ENDS_MIN == (5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 45, 60)  # 4.2 of the triggers
    for ends_min in ENDS_MIN:
        for begins in (time(9, 31), time(15)):
            assert checked(Hours(begins, ends_min)).ends_min == ends_min


def test_both_changes_of_the_clocks_leave_hours_on_eastern_time() -> None:
    for day in (date(2026, 3, 6), date(2026, 3, 9), date(2026, 10, 30), date(2026, 11, 2)):
        session = session_on(day)
        assert session is not None
        span = Hours().span(session)
        assert span is not None
        assert [f"{wall(at):%H:%M}" for at in span] == ["09:40", "15:50"]
        assert not Hours().covers(span[0] - timedelta(seconds=1))
        assert not Hours().covers(span[1] + timedelta(seconds=1))
