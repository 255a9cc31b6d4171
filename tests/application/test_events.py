"""Events over the whole road: each happens once, at its time, whatever happens to the rings."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.application.advance import next_step
from botfleet.application.react import react
from tests.application.bots import bot
from tests.application.happenings import (
    CLOSE,
    HOUR,
    MINUTE,
    event,
    everything,
    happened,
    live,
    notices,
    told,
)
from tests.application.house import MARK, House
from tests.application.market import OPEN


def test_each_kind_that_a_clock_brings_runs_once_at_its_time(house: House) -> None:
    """10 March 2026 is a Tuesday; 10:00 Eastern is half an hour after the open."""
    house.add(
        bot(
            event("{date: 2026-03-10, at: '10:00'}", told("date"), "Date"),
            event("{every: week, on: [tuesday], at: '10:00'}", told("weekly"), "Weekly"),
            event("{every: week, on: [friday], at: '10:00'}", told("friday"), "Friday"),
            event("market_open", told("open"), "Open"),
            event("market_close", told("close"), "Close"),
        )
    )
    live(house, CLOSE + HOUR, timedelta(minutes=5))
    assert happened(house) == [
        (OPEN + timedelta(minutes=10), 3, "notified"),
        (OPEN + timedelta(minutes=30), 0, "notified"),
        (OPEN + timedelta(minutes=30), 1, "notified"),
        (CLOSE - timedelta(minutes=10), 4, "notified"),
    ]
    shared = house.all("SELECT cardinality(bots) FROM work WHERE kind = 'event'")
    assert len(shared) == 3
    following = house.all("SELECT automation, next_at FROM events ORDER BY automation")
    tuesday = datetime(2026, 3, 17, 14, 0, tzinfo=UTC)
    assert following[:3] == [(0, None), (1, tuesday), (2, datetime(2026, 3, 13, 14, tzinfo=UTC))]


def test_now_happens_when_the_bot_is_turned_on_and_not_again(house: House) -> None:
    house.clock.at = MARK
    made = house.add(bot(event("now", told("hello"))))
    with house.database.transaction() as connection:
        execute(connection, "DELETE FROM work")
    house.roster.switch(made, is_on=False, now=MARK)
    house.roster.switch(made, is_on=True, now=MARK)
    house.roster.switch(made, is_on=True, now=MARK + MINUTE)
    react(house.work, house.messages)
    everything(house)
    assert happened(house) == [(MARK, 0, "notified")]
    house.roster.switch(made, is_on=False, now=MARK + MINUTE)
    house.roster.switch(made, is_on=True, now=MARK + MINUTE)
    react(house.work, house.messages)
    house.clock.at = MARK + MINUTE
    everything(house)
    assert [at for at, _, _ in happened(house)] == [MARK, MARK + MINUTE]


def test_now_in_a_closed_market_is_told_and_not_queued(house: House) -> None:
    made = house.add(bot(event("now", told("hello"), "Hello")))
    house.roster.switch(made, is_on=False, now=CLOSE)
    house.roster.switch(made, is_on=True, now=CLOSE + HOUR)
    react(house.work, house.messages)
    live(house, OPEN + timedelta(days=1, hours=1), HOUR)
    assert [at for at, _, _ in happened(house)] == []
    assert any("Hello, due Tuesday, 10 March 2026, 17:00" in str(one) for one in notices(house))


@pytest.mark.parametrize(
    ("rung_min", "why"),
    [
        (0, ""),
        (15, ""),
        (16, "it was more than a quarter of an hour late"),
        (24 * 60, "it was more than a quarter of an hour late"),
        (7 * 60, "the session was over"),
    ],
)
def test_a_late_event_runs_within_its_grace_else_its_owner_is_told(
    house: House, rung_min: int, why: str
) -> None:
    """R15: a quarter of an hour and the same session."""
    house.add(bot(event("{date: 2026-03-10, at: '10:00'}", told("date"), "Late")))
    at = OPEN + timedelta(minutes=30)
    house.route(at + rung_min * MINUTE)
    everything(house)
    assert bool(happened(house)) is (not why)
    assert house.all("SELECT state, why FROM work WHERE kind = 'event'") == [
        ("missed" if why else "done", why)
    ]
    lost = f"Late, due Tuesday, 10 March 2026, 10:00 Eastern, was not run: {why}."
    assert notices(house) == [lost if why else "date"]


def test_a_row_that_waited_too_long_for_its_instance_is_missed_and_told(house: House) -> None:
    house.add(bot(event("{date: 2026-03-10, at: '10:00'}", told("date"))))
    at = OPEN + timedelta(minutes=30)
    pointer, *_ = house.route(at)
    house.clock.at = at + 16 * MINUTE
    house.instance.do(pointer.work_id)
    assert happened(house) == []
    assert house.all("SELECT state FROM work WHERE kind = 'event'") == [("missed",)]
    (message,) = notices(house)
    assert "quarter of an hour" in str(message)


@pytest.mark.parametrize("seed", range(12))
def test_no_occurrence_is_lost_or_doubled_whatever_happens_to_the_rings(
    house: House, seed: int
) -> None:
    """Rings come early, twice, late and not at all; messages are lost, doubled and reordered."""
    chance = Random(seed)
    house.add(
        bot(
            *(
                event(f"{{every: day, at: '{h:02}:{m:02}'}}", told(f"at {h}"), f"At {h}:{m}")
                for h, m in TIMES
            )
        )
    )
    expected = {
        OPEN.replace(hour=h + 4, minute=m) + timedelta(days=day): n
        for day in range(2)
        for n, (h, m) in enumerate(TIMES)
    }
    rings = sorted(
        OPEN + timedelta(days=day, minutes=chance.randrange(390))
        for day in range(2)
        for _ in range(chance.randrange(5, 120))
    )
    rings = [*rings, OPEN + timedelta(days=1, hours=6, minutes=29)]
    for before, at in pairwise([OPEN, *rings]):
        house.clock.at = max(at, before)
        waiting = house.route(house.clock.at) + (house.route(at) if chance.random() < 0.3 else [])
        chance.shuffle(waiting)
        for pointer in waiting:
            for _ in range(chance.choice((0, 1, 1, 2))):
                house.instance.do(pointer.work_id)
        if chance.random() < 0.5:
            everything(house)
    everything(house)
    rows = house.all("SELECT due_at, state FROM work WHERE kind = 'event' ORDER BY due_at")
    assert [at for at, _ in rows] == sorted(expected)
    ran = happened(house)
    assert [at for at, _, _ in ran] == [at for at, state in rows if state == "done"]
    assert len(notices(house)) == len(expected)


TIMES = ((9, 31), (10, 0), (12, 34), (15, 30), (15, 55))


def test_the_lockstep_clock_steps_to_events() -> None:
    """Between two marks, and to the next open where the next event lies beyond it."""
    at = OPEN + timedelta(minutes=16)
    given = {"is_holding": False, "next_check_at": None}
    assert next_step(at, **given, next_event_at=at + MINUTE) == at + MINUTE  # type: ignore[arg-type]
    night = CLOSE + HOUR
    assert next_step(night, **given, next_event_at=OPEN + timedelta(days=2)) == OPEN + timedelta(1)  # type: ignore[arg-type]
