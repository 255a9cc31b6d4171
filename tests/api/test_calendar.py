"""An operator's change to the calendar, made elsewhere, holds for the next request (F16)."""

from collections.abc import Iterator
from datetime import time

import pytest

from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.application.amend import amend
from botfleet.domain.market.calendar import SHIPPED, Act, Change, adopt
from tests.api.door import Door
from tests.application.house import MARK
from tests.application.market import DAY, OPEN


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    adopt(SHIPPED)
    yield
    adopt(SHIPPED)


def test_a_click_after_a_sudden_halt_is_refused_with_the_next_opening(door: Door) -> None:
    halt = Change(DAY, Act.EARLY, "Trading halt", OPEN, time(9, 40))
    amend(halt, "ops", PostgresChanges(door.house.database))
    adopt(SHIPPED)  # the API's process was told nothing
    door.set_clock(MARK)
    before = door.state()
    answer = door("POST", "/v1/bots/Test/buttons/go/clicks")
    assert (answer.status_code, answer.json()["code"]) == (409, "market_closed")
    assert answer.json()["next_open_at"] == "2026-03-11T09:30:00-04:00"
    assert door.state() == before
