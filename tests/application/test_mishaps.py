"""Ten hard errors in a session turn a bot's automations off; warnings do not count (R37)."""

from datetime import timedelta

from botfleet.adapters.postgres.database import execute
from botfleet.domain.bots.mishaps import ERRORS_MAX
from tests.application.bots import bot, scanner, spread
from tests.application.crashes import expire_leases
from tests.application.house import MARK, House

MINUTE = timedelta(minutes=1)
#: There is no such strike: an error each time.
WRONG = (
    spread()
    .replace("{offset: -10}", "{strike: 999, mode: exactly}")
    .replace("{exactly: 3}", "{at_least: 2}")
)
SLOW = bot(scanner(WRONG)).replace("interval: 15", "interval: 1")


def is_on(house: House) -> object:
    return house.one("SELECT is_on FROM bots")[0]


def told(house: House, code: str) -> int:
    return len(house.all(f"SELECT * FROM notices WHERE code = '{code}'"))


def test_the_tenth_error_of_a_session_turns_the_automations_off(house: House) -> None:
    named = house.add(SLOW)
    for n in range(ERRORS_MAX):
        assert is_on(house)
        house.run(MARK + n * MINUTE)
    assert not is_on(house)
    assert told(house, "no_trade:E2") == ERRORS_MAX
    assert told(house, "automations_off") == 1
    house.run(MARK + 11 * MINUTE)
    assert house.one("SELECT count(*) FROM runs") == (ERRORS_MAX,)
    house.roster.switch(named, is_on=True, now=MARK)
    house.run(MARK + 12 * MINUTE)  # one more the same day
    assert not is_on(house)
    assert told(house, "automations_off") == 2


def test_the_count_begins_again_with_the_next_session(house: House) -> None:
    house.add(SLOW)
    for n in range(ERRORS_MAX - 1):
        house.run(MARK + n * MINUTE)
    house.run(MARK + timedelta(days=1))
    assert is_on(house)
    assert house.one("SELECT errors FROM mishaps") == (1,)


def test_warnings_do_not_count(house: House) -> None:
    house.add(bot(scanner(spread(size="{contracts: 90}"))).replace("interval: 15", "interval: 1"))
    for n in range(ERRORS_MAX + 2):
        house.run(MARK + n * MINUTE)
    assert told(house, "refused:no_capital") == ERRORS_MAX + 2
    assert is_on(house)
    assert house.all("SELECT * FROM mishaps") == []


def test_a_run_that_is_done_twice_counts_once(house: House) -> None:
    house.add(SLOW)
    (pointer,) = house.route(MARK)
    for _ in range(3):
        house.instance.do(pointer.work_id)
        with house.database.transaction() as connection:
            execute(connection, "UPDATE work SET state = 'claimed'")
        expire_leases(house)
    assert house.one("SELECT errors FROM mishaps") == (1,)


def test_a_brokers_rejection_counts_and_is_named_by_its_kind(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.broker.mood = ["refuse"]
    house.run(MARK)
    house.send()
    assert house.one("SELECT errors FROM mishaps") == (1,)
    assert house.one("SELECT level, code FROM notices") == ("error", "rejected")


def test_exits_go_on_when_the_automations_went_off(house: House) -> None:
    named = house.add(bot(scanner(spread(exits="{profit: 10%}")), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.60")
    house.look()
    house.roster.switch(named, is_on=False, now=MARK)
    house.run(MARK + MINUTE)
    assert house.one("SELECT state FROM positions") == ("closing",)


def test_what_the_failsafe_finds_working_is_followed_to_its_end(house: House) -> None:
    """The tenth error turns automations off; an order that works by then goes its way."""
    named = house.add(SLOW.replace("automations:", "automations:" + scanner(spread(), "Right")))
    house.run(MARK)
    house.send()
    house.look()
    for n in range(1, ERRORS_MAX):
        house.run(MARK + n * MINUTE)
    assert not is_on(house)
    assert "cancel" not in house.broker.calls
    house.broker.fill("1", 1, "-0.50")
    house.look(60)
    assert ("open",) in house.all("SELECT state FROM positions")
    assert house.tally(named)[0] == 45_000
