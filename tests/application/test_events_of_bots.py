"""Events of bots that are off, edited, taken in again, or many."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from botfleet.adapters.botfile import dump, read, version
from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.roster import NewBot
from tests.application.bots import bot, closer
from tests.application.happenings import (
    HOUR,
    MINUTE,
    event,
    everything,
    happened,
    live,
    notices,
    told,
)
from tests.application.house import House, rename
from tests.application.market import OPEN


def test_a_bot_that_is_off_has_no_events_and_none_are_made_up_for(house: House) -> None:
    made = house.add(bot(event("{every: day, at: '10:00'}", told("daily"))))
    house.roster.switch(made, is_on=False, now=OPEN)
    assert house.route(OPEN + 31 * MINUTE) == []
    house.roster.switch(made, is_on=True, now=OPEN + 32 * MINUTE)
    live(house, OPEN + HOUR)
    assert happened(house) == []
    assert notices(house) == []
    live(house, OPEN + timedelta(days=1, hours=1), HOUR)
    assert [at for at, _, _ in happened(house)] == []
    assert house.one("SELECT next_at FROM events") == (datetime(2026, 3, 12, 14, tzinfo=UTC),)


def test_turned_on_after_an_outage_nothing_old_comes_due(house: House) -> None:
    """Off at its time and on within the grace: it was not this bot's to run."""
    made = house.add(bot(event("{every: day, at: '10:00'}", told("daily"))))
    house.roster.switch(made, is_on=False, now=OPEN)
    house.roster.switch(made, is_on=True, now=OPEN + 35 * MINUTE)
    house.route(OPEN + 36 * MINUTE)
    everything(house)
    assert happened(house) == []


def test_another_definition_has_its_own_events(house: House) -> None:
    house.add(bot(event("{date: 2026-03-10, at: '10:00'}", told("old"))))
    house.add(bot(event("{date: 2026-03-10, at: '11:00'}", told("new"))))
    live(house, OPEN + 2 * HOUR, 5 * MINUTE)
    assert notices(house) == ["new"]


def test_a_row_of_an_edited_bot_starts_nothing_that_is_no_event(house: House) -> None:
    house.add(bot(event("{date: 2026-03-10, at: '10:00'}", told("old"))))
    pointer, *_ = house.route(OPEN + 30 * MINUTE)
    house.add(bot(closer()))
    house.instance.do(pointer.work_id)
    assert happened(house) == []
    assert house.one("SELECT state FROM work WHERE kind = 'event'") == ("done",)


def test_a_row_of_a_renamed_bot_starts_what_it_was_to_start(house: House) -> None:
    made = house.add(bot(event("{date: 2026-03-10, at: '10:00'}", told("still"))))
    pointer, *_ = house.route(OPEN + 30 * MINUTE)
    rename(house, made, "Another")
    house.instance.do(pointer.work_id)
    assert notices(house) == ["still"]


def test_a_row_of_an_edited_bot_starts_no_other_event_that_took_the_place(house: House) -> None:
    """Another event stands first by now; what the row was to start is told to be missed."""
    house.add(bot(event("{date: 2026-03-10, at: '10:00'}", told("old"), "Old")))
    pointer, *_ = house.route(OPEN + 30 * MINUTE)
    close = event("market_close", told("wrong"), "Close")
    house.add(bot(close, event("{date: 2026-03-10, at: '10:00'}", told("old"), "Old")))
    house.instance.do(pointer.work_id)
    assert happened(house) == []
    (message,) = notices(house)
    assert "changed just then" in str(message)


def test_users_take_turns_at_an_event_and_no_row_holds_too_much(house: House) -> None:
    """Ann's many bots at ten do not stand before Bob's one; large bots fill a row sooner."""
    house.roster.add_users(["bob"], OPEN)
    bob = next(one.user_id for one in house.roster.users() if one.name == "bob")
    house.layouts.welcome()
    at_ten = event("{date: 2026-03-10, at: '10:00'}", "nothing")
    for n in range(4):
        house.add(bot(at_ten, name=f"Bot {n}"))
    his = house.add(bot(at_ten), bob)
    with house.database.transaction() as connection:
        execute(connection, "UPDATE bots SET burden = 1500")
    house.route(OPEN + 30 * MINUTE)
    rows = house.all("SELECT bots FROM work WHERE kind = 'event' ORDER BY batch")
    assert [len(bots) for (bots,) in rows] == [2, 2, 1]  # type: ignore[arg-type]
    assert his in rows[0][0]  # type: ignore[operator]


def test_a_bot_taken_in_again_keeps_what_is_due_and_a_changed_one_tells_of_it(
    house: House,
) -> None:
    """Due at ten, not routed yet: the same bot again runs it, another definition cannot."""
    text = bot(event("{every: day, at: '10:00'}", told("ten"), "Ten"))
    made = house.add(text)
    house.clock.at = OPEN + 30 * MINUTE + timedelta(seconds=2)
    again = NewBot(
        house.user, house.account, read(text), dump(read(text)), version(read(text)), is_on=True
    )
    house.roster.add_bots([again], house.clock.at)
    other = read(text.replace("notify: ten", "notify: other"))
    house.route(house.clock.at)
    everything(house)
    assert notices(house) == ["ten"]
    changed = replace(again, definition=other, body=dump(other), version=version(other))
    tomorrow = OPEN + timedelta(days=1, minutes=30, seconds=2)
    house.roster.add_bots([changed], tomorrow)
    house.route(tomorrow)
    everything(house)
    assert len(notices(house)) == 2
    assert "its bot was changed just then" in str(notices(house)[-1])
    assert made == house.roster.bots()[0].bot_id
