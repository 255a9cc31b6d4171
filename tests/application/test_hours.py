"""An account's hours over real Postgres: marks heed them at once, its two events from tomorrow."""

from datetime import datetime, time, timedelta
from uuid import UUID

import pytest

from botfleet.adapters.postgres.hours import PostgresAccountHours
from botfleet.domain.ids import AccountId, UserId
from botfleet.domain.schedules.hours import Hours
from botfleet.errors import NotFound
from tests.application.bots import bot, scanner, spread
from tests.application.happenings import event, told
from tests.application.house import MARK, House
from tests.application.market import OPEN
from tests.application.test_slots import ledger

MINUTE, DAY_LONG = timedelta(minutes=1), timedelta(days=1)


def change(house: House, begins: time, ends_min: int) -> None:
    hours = Hours(begins, ends_min)
    PostgresAccountHours(house.database).change(house.user, house.account, hours, house.clock.now())


def began(house: House) -> list[object]:
    """The market times at which automations ran."""
    return [at for (at,) in house.all("SELECT at FROM runs ORDER BY at")]


def live(house: House, until: datetime, by: timedelta = 5 * MINUTE) -> None:
    while house.clock.at < until:
        house.run(min(house.clock.at + by, until))


def test_marks_outside_the_hours_of_the_account_run_nothing(house: House) -> None:
    house.add(bot(scanner(spread(), above=999)))
    change(house, time(10, 15), 10)
    live(house, OPEN + 65 * MINUTE)
    assert began(house) == [OPEN + 45 * MINUTE, OPEN + 60 * MINUTE]


def test_open_and_close_events_come_at_the_accounts_begin_and_end(house: House) -> None:
    change(house, time(10, 5), 60)
    house.add(
        bot(
            event("market_open", told("Opening"), "Opening"),
            event("market_close", told("Closing"), "Closing"),
        )
    )
    live(house, OPEN + 6 * 60 * MINUTE, 15 * MINUTE)
    due = house.all("SELECT due_at FROM work WHERE kind = 'event' ORDER BY 1")
    assert due == [(OPEN + 35 * MINUTE,), (OPEN + 330 * MINUTE,)]
    assert len(began(house)) == 2
    assert ledger(house).forgotten == ()


@pytest.mark.parametrize("changed_at", [5, 20])
@pytest.mark.parametrize("begins", [time(9, 31), time(11, 0)])
def test_a_change_lets_each_event_come_once_that_day_and_by_the_new_hours_from_the_next(
    house: House, changed_at: int, begins: time
) -> None:
    house.add(bot(event("market_open", told("Opening"), "Opening")))
    live(house, OPEN + changed_at * MINUTE)
    change(house, begins, 10)
    change(house, begins, 10)
    live(house, OPEN + 120 * MINUTE)
    assert began(house) == [OPEN + 10 * MINUTE]
    assert ledger(house).forgotten == ()
    house.clock.at = OPEN + DAY_LONG - MINUTE
    live(house, OPEN + DAY_LONG + 120 * MINUTE)
    opens = {time(9, 31): OPEN + DAY_LONG + MINUTE, time(11): OPEN + DAY_LONG + 90 * MINUTE}
    (last,) = house.one("SELECT max(due_at) FROM work WHERE kind = 'event'")
    assert last == opens[begins]
    assert len(began(house)) == 2


def test_two_changes_on_one_day_leave_the_last_one(house: House) -> None:
    house.add(bot(event("market_open", told("Opening"), "Opening")))
    live(house, OPEN + 20 * MINUTE)
    change(house, time(11), 10)
    change(house, time(12), 10)
    (at,) = house.one("SELECT next_at FROM events")
    assert at == OPEN + DAY_LONG + 150 * MINUTE
    house.clock.at = OPEN + DAY_LONG - MINUTE
    live(house, OPEN + DAY_LONG + 180 * MINUTE, 15 * MINUTE)
    assert len(began(house)) == 2


def test_dates_and_recurrences_do_not_heed_hours(house: House) -> None:
    change(house, time(15), 5)
    house.add(bot(event("{every: day, at: '10:00'}", told("Daily"), "Daily")))
    live(house, OPEN + 40 * MINUTE)
    assert began(house) == [OPEN + 30 * MINUTE]


def test_another_users_account_is_not_there(house: House) -> None:
    hours = PostgresAccountHours(house.database)
    for account, user in ((AccountId(UUID(int=5)), None), (house.account, UserId(UUID(int=7)))):
        with pytest.raises(NotFound):
            hours.of(user, account)
        with pytest.raises(NotFound):
            hours.change(user, account, Hours(), MARK)
    assert hours.of(house.user, house.account) == Hours()
