"""A store that hangs does not hold the screen still; what was seen last is not shown as news."""

from threading import Event

import pytest

from botfleet.cli.fleet_screen import line
from botfleet.cli.fleet_view import FleetView
from botfleet.cli.looks import Looks, as_known
from botfleet.errors import NotFound
from tests.application.house import MARK
from tests.cli.test_fleet_screen import STORES

VIEW = FleetView(MARK, "real", stores=STORES)


def test_a_look_that_hangs_is_awaited_beside_the_screen() -> None:
    answered = Event()
    asked: list[int] = []

    def look() -> FleetView:
        asked.append(1)
        assert answered.wait(60)
        return VIEW

    looks = Looks(look)
    assert looks.next(0.01) is None
    assert looks.next(0.01) is None
    assert looks.waited_s() > 0
    answered.set()
    assert looks.next(60) is VIEW
    assert looks.waited_s() == 0
    assert asked == [1]


def test_what_ends_a_look_ends_the_watch() -> None:
    def look() -> FleetView:
        raise NotFound("No fleet runs here.")

    with pytest.raises(NotFound, match="No fleet runs here"):
        Looks(look).next(60)


def test_what_was_seen_long_ago_is_not_shown_as_if_it_were_so_now() -> None:
    assert as_known(VIEW, 1.0) is VIEW
    overdue = as_known(VIEW, 12.0)
    (alarm,) = overdue.alarms
    assert (alarm.name, alarm.words) == ("StoreDown", "A store has not answered for 12 s.")
    assert "312 bots" not in line(overdue)
