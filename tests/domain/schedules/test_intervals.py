from datetime import date, datetime

import pytest

from botfleet.domain.eastern import wall
from botfleet.domain.market.calendar import Session, session_on
from botfleet.domain.schedules.intervals import expiration_checks, marks, minutes


def session(day: date) -> Session:
    found = session_on(day)
    assert found is not None
    return found


FULL, EARLY = session(date(2026, 7, 2)), session(date(2015, 12, 24))


def clocks(instants: tuple[datetime, ...]) -> list[str]:
    return [f"{wall(at):%H:%M}" for at in instants]


def test_a_full_day_has_25_marks_from_0945_to_1545() -> None:
    """S149: 09:45 + 24 x 15 minutes = 15:45."""
    assert clocks(marks(FULL))[:2] == ["09:45", "10:00"]
    assert clocks(marks(FULL))[-1] == "15:45"
    assert len(marks(FULL)) == 25


def test_a_1300_close_has_13_marks_the_last_at_1245() -> None:
    assert clocks(marks(EARLY))[0] == "09:45"
    assert clocks(marks(EARLY))[-1] == "12:45"
    assert len(marks(EARLY)) == 13


@pytest.mark.parametrize(("interval", "first", "count"), [(5, "09:35", 75), (1, "09:31", 375)])
def test_shorter_intervals_start_one_interval_after_the_open(
    interval: int, first: str, count: int
) -> None:
    """09:30 to 15:45 is 375 minutes."""
    found = clocks(marks(FULL, interval))
    assert (found[0], found[-1], len(found)) == (first, "15:45", count)


def test_the_minutes_lie_strictly_inside_the_session() -> None:
    found = clocks(minutes(FULL))
    assert (found[0], found[-1], len(found)) == ("09:31", "15:59", 389)
    assert clocks(minutes(EARLY))[-1] == "12:59"


def test_expiration_checks_come_ten_five_and_one_minute_before_the_close() -> None:
    assert clocks(expiration_checks(FULL)) == ["15:50", "15:55", "15:59"]
    assert clocks(expiration_checks(EARLY)) == ["12:50", "12:55", "12:59"]


def test_instants_rise_across_every_kind_of_session() -> None:
    for found in (marks(FULL, 1), minutes(EARLY), expiration_checks(EARLY)):
        assert list(found) == sorted(set(found))
