"""Events of days that an operator closes, opens again, or ends early."""

from collections.abc import Iterator
from datetime import time, timedelta

import pytest

from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import account
from botfleet.application.amend import amend
from botfleet.domain.market.calendar import SHIPPED, Act, Change, adopt
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
from tests.application.house import House
from tests.application.market import DAY, OPEN


@pytest.fixture
def calendar() -> Iterator[None]:
    """What the operator changes is forgotten afterwards."""
    yield
    adopt(SHIPPED)


@pytest.mark.usefixtures("calendar")
def test_a_day_the_operator_closes_moves_its_events_and_an_undo_brings_them_back(
    house: House,
) -> None:
    """Wednesday is closed on Tuesday morning: before is today at 10:00, later today or past."""
    rules = ("before", "after", "skip")
    house.add(
        bot(
            *(
                event(f"{{date: 2026-03-11, at: '10:00', holiday: {rule}}}", told(rule), rule)
                for rule in rules
            )
        )
    )
    changes = PostgresChanges(house.database)
    next_at = "SELECT next_at FROM events ORDER BY automation"
    tuesday = OPEN + 30 * MINUTE
    planned = [(tuesday + timedelta(days=1),)] * 3
    assert house.all(next_at) == planned
    wednesday = DAY + timedelta(days=1)
    amend(Change(wednesday, Act.CLOSE, "Mourning", OPEN), "ops", changes)
    assert house.all(next_at) == [(tuesday,), (tuesday + timedelta(days=2),), (None,)]
    amend(Change(wednesday, Act.UNDO, "Open after all", OPEN + MINUTE), "ops", changes)
    assert house.all(next_at) == planned
    amend(Change(wednesday, Act.CLOSE, "Mourning", OPEN + HOUR), "ops", changes)
    assert house.all(next_at) == [(None,), (tuesday + timedelta(days=2),), (None,)]
    (message,) = notices(house)
    assert str(message).startswith("before, due Wednesday, 11 March 2026, 10:00 Eastern")
    assert str(message).endswith("was not run: the market is closed then: Mourning.")


@pytest.mark.usefixtures("calendar")
@pytest.mark.parametrize(
    "trigger",
    [
        "{date: 2026-03-11, at: '10:00', holiday: before}",
        "{every: week, on: [wednesday], at: '10:00', holiday: before}",
    ],
)
def test_what_ran_the_day_before_a_closed_day_does_not_run_again_when_it_opens_after_all(
    house: House, trigger: str
) -> None:
    """Wednesday's occurrence runs on Tuesday at 10:00; at 10:30 Wednesday is not closed any more.

    Turned off and on and taken in anew with another tree meanwhile, it is still that occurrence.
    """
    made = house.add(bot(event(trigger, told("wednesday"))))
    changes = PostgresChanges(house.database)
    wednesday = DAY + timedelta(days=1)
    amend(Change(wednesday, Act.CLOSE, "Mourning", OPEN), "ops", changes)
    live(house, OPEN + HOUR, 5 * MINUTE)
    assert notices(house) == ["wednesday"]
    house.roster.switch(made, is_on=False, now=house.clock.at)
    house.roster.switch(made, is_on=True, now=house.clock.at)
    house.add(bot(event(trigger, told("again"))))
    amend(Change(wednesday, Act.UNDO, "Open after all", OPEN + HOUR), "ops", changes)
    live(house, OPEN + timedelta(days=1, hours=1), 15 * MINUTE)
    assert notices(house) == ["wednesday"]
    for day in (DAY, wednesday):
        assert account(day, PostgresSlots(house.database)).forgotten == ()


@pytest.mark.usefixtures("calendar")
def test_what_came_due_before_a_change_of_the_calendar_goes_by_the_one_before(
    house: House,
) -> None:
    """Daily at ten: a minute later, before anybody routed it, Wednesday is closed.

    Tuesday's own is due still, and Wednesday's, which was to run then, is missed and told.
    """
    house.add(bot(event("{every: day, at: '10:00', holiday: before}", told("daily"))))
    changes = PostgresChanges(house.database)
    wednesday, ten = DAY + timedelta(days=1), OPEN + 30 * MINUTE
    house.clock.at = ten + MINUTE
    amend(Change(wednesday, Act.CLOSE, "Mourning", house.clock.at), "ops", changes)
    everything(house)
    assert [at for at, _, _ in happened(house)] == [ten]
    live(house, ten + timedelta(days=2), 15 * MINUTE)
    assert [at for at, _, _ in happened(house)] == [ten, ten + timedelta(days=2)]
    assert [str(one).partition(",")[0] for one in notices(house)] == ["Event", "daily", "daily"]
    for day in (DAY, wednesday, DAY + timedelta(days=2)):
        assert account(day, PostgresSlots(house.database)).forgotten == ()


@pytest.mark.usefixtures("calendar")
def test_what_came_due_before_a_halt_is_done_though_nobody_had_routed_it(house: House) -> None:
    house.add(bot(event("{every: day, at: '10:00'}", told("daily"))))
    changes = PostgresChanges(house.database)
    house.clock.at = OPEN + 31 * MINUTE
    amend(Change(DAY, Act.EARLY, "Halt", house.clock.at, time(10, 2)), "ops", changes)
    everything(house)
    live(house, OPEN + HOUR, 5 * MINUTE)
    assert notices(house) == ["daily"]
    assert account(DAY, PostgresSlots(house.database)).forgotten == ()


@pytest.mark.usefixtures("calendar")
def test_what_a_halt_skips_of_its_own_day_is_accounted_for_and_told(house: House) -> None:
    """Two o'clock was due this morning; that the next is due as ever says nothing of it."""
    house.add(bot(event("{every: day, at: '14:00', holiday: skip}", told("daily"))))
    changes = PostgresChanges(house.database)
    house.clock.at = OPEN + HOUR
    amend(Change(DAY, Act.EARLY, "Halt", house.clock.at, time(12)), "ops", changes)
    two = OPEN + timedelta(hours=4, minutes=30)
    assert house.all("SELECT due_at, state FROM work WHERE kind = 'event'") == [(two, "missed")]
    (message,) = notices(house)
    assert str(message).endswith("was not run: the market is closed then: Halt.")
    live(house, two + timedelta(days=1), 30 * MINUTE)
    assert notices(house)[1:] == ["daily"]
    assert account(DAY, PostgresSlots(house.database)).forgotten == ()


@pytest.mark.usefixtures("calendar")
def test_the_close_event_of_a_halt_is_that_days_even_if_trading_resumes(house: House) -> None:
    house.add(bot(event("market_close", told("close"))))
    changes = PostgresChanges(house.database)
    amend(Change(DAY, Act.EARLY, "Halt", OPEN, time(11)), "ops", changes)
    live(house, OPEN + 85 * MINUTE, 5 * MINUTE)
    assert notices(house) == ["close"]
    amend(Change(DAY, Act.UNDO, "Resumed", house.clock.at), "ops", changes)
    live(house, CLOSE + HOUR, 5 * MINUTE)
    assert notices(house) == ["close"]


@pytest.mark.usefixtures("calendar")
def test_a_day_that_merges_with_the_one_before_is_its_own_again_when_it_opens(
    house: House,
) -> None:
    """Daily at ten: closed, Wednesday's falls together with Tuesday's own, which was all."""
    house.add(bot(event("{every: day, at: '10:00', holiday: before}", told("daily"))))
    changes = PostgresChanges(house.database)
    wednesday = DAY + timedelta(days=1)
    amend(Change(wednesday, Act.CLOSE, "Mourning", OPEN), "ops", changes)
    live(house, OPEN + HOUR, 5 * MINUTE)
    amend(Change(wednesday, Act.UNDO, "Open after all", OPEN + HOUR), "ops", changes)
    live(house, OPEN + timedelta(days=1, hours=1), 15 * MINUTE)
    assert [at for at, _, _ in happened(house)] == [
        OPEN + timedelta(days=day, minutes=30) for day in range(2)
    ]
