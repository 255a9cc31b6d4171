"""Old days go, little by little: what is held, owed or may be said again stays."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.past import PostgresPast
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import account
from botfleet.application.trim import Nightly, trim
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.eastern import day_of, instant
from botfleet.errors import BadInput
from tests.application.bots import bot, button, scanner, spread
from tests.application.happenings import event
from tests.application.house import MARK, House
from tests.application.market import DAY
from tests.application.test_asks import ASKING
from tests.application.test_press import press
from tests.application.watched import opened

NEXT = DAY + timedelta(days=1)
EVENING = MARK + timedelta(hours=8)
TABLES = ("facts", "runs", "work", "notices", "order_events", "orders", "fills", "entries")


def counts(house: House) -> dict[str, int]:
    lines = " UNION ALL ".join(f"SELECT '{one}', count(*)::int FROM {one}" for one in TABLES)
    return {str(name): int(str(count)) for name, count in house.all(lines)}


def taken(house: House, before: date, at: datetime = EVENING) -> Counter[str]:
    gone: Counter[str] = Counter()
    for step in trim(before, at, past=PostgresPast(house.database)):
        gone[step.table] += step.count
    return +gone


def traded(house: House) -> None:
    """A bot opens at its first mark, and from then on only looks."""
    opened(house)
    for n in range(1, 4):
        house.run(MARK + timedelta(minutes=15 * n))


def test_a_past_day_goes_but_what_is_held_keeps_how_it_came_to_be(house: House) -> None:
    traded(house)
    before, tally = counts(house), house.all("SELECT * FROM pools ORDER BY 1")
    (first,) = house.one("SELECT run_id FROM orders")
    house.clock.at = EVENING + timedelta(days=1)
    gone = taken(house, NEXT, house.clock.at)
    after = counts(house)
    assert gone["work"] > 0
    assert gone["runs"] == before["runs"] - 1
    assert after["runs"] == after["work"] == after["facts"] == 1
    assert house.one("SELECT run_id FROM runs") == (first,)
    kept = ("orders", "fills", "entries", "order_events")
    assert {one: after[one] for one in kept} == {one: before[one] for one in kept}
    assert house.all("SELECT * FROM pools ORDER BY 1") == tally


def test_what_a_bot_was_long_ago_goes_and_what_is_in_force_stays(house: House) -> None:
    daily = event("{every: day, at: '10:00'}", "nothing")
    made = house.add(bot(daily))
    house.roster.switch(made, is_on=False, now=MARK)
    house.roster.switch(made, is_on=True, now=MARK)
    assert house.one("SELECT count(*) FROM stints") == (2,)
    assert taken(house, NEXT, EVENING + timedelta(days=1))["stints"] == 1
    assert house.all("SELECT ended_at FROM stints") == [(None,)]


def test_once_it_is_closed_only_the_money_is_remembered(house: House) -> None:
    traded(house)
    before = counts(house)
    with house.database.transaction() as connection:
        execute(connection, "UPDATE positions SET state = 'closed', closed_at = opened_at")
    gone = taken(house, NEXT, EVENING + timedelta(days=1))
    after = counts(house)
    assert {after[one] for one in ("facts", "runs", "work", "notices", "order_events")} == {0}
    assert gone["order_events"] == before["order_events"]
    assert {one: after[one] for one in ("orders", "fills", "entries")} == {
        one: before[one] for one in ("orders", "fills", "entries")
    }


def test_the_second_time_there_is_nothing_left_to_take(house: House) -> None:
    traded(house)
    assert taken(house, NEXT, EVENING + timedelta(days=1))
    assert not taken(house, NEXT, EVENING + timedelta(days=1))


def test_days_that_are_kept_are_not_touched(house: House) -> None:
    traded(house)
    before = counts(house)
    assert not taken(house, DAY, EVENING)
    assert counts(house) == before


def test_a_day_that_has_not_begun_is_refused(house: House) -> None:
    with pytest.raises(BadInput, match="has not begun"):
        trim(NEXT, EVENING, past=PostgresPast(house.database))


def test_what_was_taken_away_was_not_forgotten(house: House) -> None:
    traded(house)
    house.run(EVENING)
    slots = PostgresSlots(house.database)
    assert not account(DAY, slots).is_trimmed
    taken(house, NEXT, EVENING + timedelta(days=1))
    found = account(DAY, slots)
    assert found.is_trimmed
    assert found.forgotten == ()
    house.run(EVENING + timedelta(days=1))
    with house.database.transaction() as connection:
        sql = "DELETE FROM work WHERE kind = 'watch' AND due_at > %(at)s"
        execute(connection, sql, at=EVENING)
    assert account(NEXT, slots).forgotten
    assert not account(NEXT, slots).is_trimmed
    taken(house, DAY, EVENING + timedelta(days=1))  # fewer days to keep bring none back
    assert account(DAY, slots).is_trimmed


def test_it_may_be_broken_off_anywhere_and_begun_again(house: House) -> None:
    traded(house)
    for most in range(6):
        steps = trim(NEXT, EVENING + timedelta(days=1), past=PostgresPast(house.database))
        assert len(list(islice(steps, most))) == most
    taken(house, NEXT, EVENING + timedelta(days=1))
    assert counts(house)["runs"] == 1


def test_the_night_takes_a_step_at_a_time_and_none_while_the_market_is_open(house: House) -> None:
    traded(house)
    nightly = Nightly(PostgresPast(house.database), keep_days=2)
    at = instant(DAY + timedelta(days=2), time(12))
    before = counts(house)
    assert nightly.step(at) == 0
    assert nightly.step(EVENING + timedelta(days=2)) == 0
    assert counts(house) == before
    night = EVENING + timedelta(days=3)
    while nightly.done != day_of(night):
        nightly.step(night)
    assert counts(house)["runs"] == 1
    assert nightly.step(night) == 0


def test_a_click_of_a_past_day_is_still_the_same_click(house: House) -> None:
    house.add(bot(button("go", spread()), name="Test"))
    house.clock.at = MARK
    run = press(house, click_id="once")
    ((work,),) = house.all("SELECT work_id FROM work")
    house.instance.do(work)  # type: ignore[arg-type]
    with house.database.transaction() as connection:
        execute(connection, "UPDATE positions SET state = 'dropped'")
    assert taken(house, NEXT, EVENING + timedelta(days=1)).keys() == {"facts", "runs"}
    house.clock.at = MARK + timedelta(days=1)
    assert press(house, click_id="once") == run
    assert house.one("SELECT count(*), min(state) FROM work WHERE kind = 'button'") == (1, "done")


def test_asks_go_with_their_day_and_what_still_waits_stays(house: House) -> None:
    """Never trimmed before: an ask was a row for ever, with all that its action was to be given."""
    house.add(bot(scanner(ASKING)))
    house.run(MARK)
    assert house.one("SELECT count(*) FROM asks") == (1,)
    assert "asks" not in taken(house, DAY)
    assert taken(house, NEXT, EVENING + timedelta(days=1))["asks"] == 1
    assert house.one("SELECT count(*) FROM asks") == (0,)


def test_what_went_to_channels_goes_with_the_notices_it_told(house: House) -> None:
    house.add(bot(scanner(spread())))
    sql = """INSERT INTO channels SELECT %(user)s, %(user)s, 'c', 'json', '', '["open", "info"]',
             now(), '0' FROM bots"""
    with house.database.transaction() as connection:
        execute(connection, sql, user=house.user)
        execute(
            connection,
            "INSERT INTO deliveries SELECT %(user)s, gen_random_uuid(), 'sent'"
            " UNION SELECT %(user)s, gen_random_uuid(), 'due'",
            user=house.user,
        )
    assert taken(house, NEXT, EVENING + timedelta(days=1))["deliveries"] == 1
    assert house.one("SELECT state FROM deliveries") == ("due",)


def test_what_an_owner_was_told_of_no_bot_goes_with_its_day(house: House) -> None:
    traded(house)
    by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    house.restrain.impose(Scope.FLEET, FLEET, Mode.HALTED, **by)
    house.clock.at = EVENING + timedelta(days=1)
    house.restrain.impose(Scope.FLEET, FLEET, Mode.ACTIVE, **by)
    taken(house, NEXT, house.clock.at)
    assert house.all("SELECT code FROM notices WHERE bot_id IS NULL") == [("resumed",)]
