"""A slot is many rows and more bots, each ending in its own way: the ledger tells of every one."""

from datetime import datetime

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.events import NO_SEAT
from botfleet.adapters.postgres.work import CLAIMS_MAX
from botfleet.application.define import WAS_CHANGED
from botfleet.application.ports.slots import Lateness
from botfleet.domain.fleet.seating import Seat, Shape
from botfleet.domain.ids import UserId
from botfleet.domain.schedules.agenda import OFF, SUPERSEDED, Kind, TriggerKind
from tests.application.bots import bot, button, scanner, spread
from tests.application.happenings import event, everything, notices, told
from tests.application.house import MARK, House
from tests.application.market import OPEN
from tests.application.test_press import press
from tests.application.test_slots import MINUTE, ledger, slot

QUARTER = 15 * MINUTE


def add_user(house: House, name: str) -> UserId:
    house.roster.add_users([name], OPEN)
    (user,) = [one.user_id for one in house.roster.users() if one.name == name]
    return user


def two_places(house: House) -> None:
    """Ann's two bots at one instance, Bea's one at another: each mark is two rows."""
    bea = add_user(house, "bea")
    house.layouts.arrange(Shape(1, 2, 10))
    house.layouts.move(house.user, Seat(1, 1))
    house.layouts.move(bea, Seat(1, 2))
    for name in ("First", "Second"):
        house.add(bot(scanner(spread()), name=name))
    house.add(bot(scanner(spread()), name="Third"), user=bea)


def do_one(house: House, at: datetime, instance: int) -> None:
    """Route, and do only what is at one instance."""
    for pointer in house.route(at):
        if pointer.instance == instance:
            house.instance.do(pointer.work_id)


def late(house: House, trigger: TriggerKind) -> Lateness:
    (found,) = [one for one in ledger(house).lateness if one.trigger is trigger]
    return found


def test_a_slot_half_of_whose_rows_were_missed_is_not_done(house: House) -> None:
    two_places(house)
    do_one(house, MARK, instance=1)
    do_one(house, MARK + QUARTER, instance=1)
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.why) == ("missed", (SUPERSEDED,))
    assert found.ends == {"done": 1, "missed": 1}
    assert (found.bots, found.bots_ended) == (3, {"done": 2, "missed": 1})
    assert found.late_s == QUARTER.total_seconds()


def test_lateness_counts_what_was_given_up_with_what_was_done_a_bot_at_a_time(
    house: House,
) -> None:
    """Two bots done at once, one given up after a quarter of an hour; then all three at once."""
    two_places(house)
    do_one(house, MARK, instance=1)
    house.run(MARK + QUARTER)
    measured = late(house, TriggerKind.INTERVAL)
    assert (measured.done, measured.missed, measured.skipped, measured.failed) == (5, 1, 0, 0)
    assert (measured.late_p50_s, measured.late_p99_s, measured.late_max_s) == (0, 900, 900)


def test_a_row_that_failed_makes_its_slot_fail_beside_others_that_were_done(house: House) -> None:
    two_places(house)
    (gone,) = [one for one in house.route(MARK) if one.instance == 2]
    for pointer in house.messages.pointers:
        if pointer != gone:
            house.instance.do(pointer.work_id)
    for _ in range(CLAIMS_MAX):
        assert house.work.claim(gone.work_id, MARK) is not None
        house.work.reclaim(1, 2, is_new=True)
    assert house.work.claim(gone.work_id, MARK + MINUTE) is None
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.why) == ("failed", ("claimed too often",))
    assert found.bots_ended == {"done": 2, "failed": 1}
    assert found.late_s == MINUTE.total_seconds()
    assert late(house, TriggerKind.INTERVAL).failed == 1


def test_bots_whose_owner_had_no_seat_in_time_were_missed(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.layouts.arrange(Shape(1, 1, 1))
    eve = add_user(house, "eve")
    house.add(bot(scanner(spread()), name="Early"), user=eve)
    assert house.layouts.welcome() == 1
    house.run(MARK)
    house.layouts.arrange(Shape(1, 1, 2))
    house.run(MARK + QUARTER)
    first, then = (slot(house, Kind.MARK, at, 15) for at in (MARK, MARK + QUARTER))
    assert (first.end, first.why) == ("missed", (NO_SEAT,))
    assert first.bots_ended == {"done": 1, "missed": 1}
    assert (then.end, then.bots_ended) == ("done", {"done": 2})


def test_a_slot_of_nobody_but_bots_without_a_seat_is_missed_not_nobodys(house: House) -> None:
    house.layouts.arrange(Shape(1, 1, 1))
    house.add(bot(scanner(spread())), user=add_user(house, "eve"))
    house.run(MARK)
    house.run(MARK)
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.ends, found.bots) == ("missed", {"missed": 1}, 1)
    assert slot(house, Kind.MARK, MARK, 5).why == ("nobody",)


def test_one_bot_of_a_row_that_was_changed_just_then_was_missed(house: House) -> None:
    """Two bots at ten in one row; one is another by the time the row is taken."""
    text = bot(event("{every: day, at: '10:00'}", told("daily")), name="Changed")
    house.add(bot(event("{every: day, at: '10:00'}", told("daily")), name="Stays"))
    house.add(text)
    ten = OPEN + 30 * MINUTE
    pointers = house.route(ten)
    house.add(text.replace("notify: daily", "notify: other"), at=ten)
    for pointer in pointers:
        house.instance.do(pointer.work_id)
    found = slot(house, Kind.EVENT, ten)
    assert (found.end, found.why) == ("missed", (WAS_CHANGED,))
    assert (found.ends, found.bots_ended) == ({"done": 1}, {"done": 1, "missed": 1})
    measured = late(house, TriggerKind.REPEATING)
    assert (measured.done, measured.missed) == (1, 1)


def test_what_was_passed_over_while_nobody_rang_counts_each_bot_it_concerned(house: House) -> None:
    two_places(house)
    house.run(MARK + 2 * QUARTER)
    for n in (0, 1):
        missed = slot(house, Kind.MARK, MARK + n * QUARTER, 15)
        assert (missed.end, missed.ends) == ("missed", {"missed": 1})
        assert (missed.bots, missed.bots_ended) == (3, {"missed": 3})
    measured = late(house, TriggerKind.INTERVAL)
    assert (measured.done, measured.missed) == (3, 6)
    assert (measured.late_p50_s, measured.late_max_s) == (900, 1800)


def test_what_concerned_nobody_is_no_bots_lateness(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK + QUARTER)
    assert slot(house, Kind.MARK, MARK, 5).why == ("nobody",)
    measured = late(house, TriggerKind.INTERVAL)
    assert (measured.done, measured.missed, measured.skipped) == (1, 1, 0)


def test_a_row_whose_claimant_died_is_missed_when_a_newer_one_comes_due(house: House) -> None:
    """R15: of the two only the newest runs, though the first was begun."""
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    dead = house.work.claim(pointer.work_id, MARK)
    assert dead is not None
    with house.database.transaction() as connection:
        execute(connection, "UPDATE work SET lease_until = clock_timestamp() - interval '1 s'")
    house.run(MARK + QUARTER)
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.late_s) == ("missed", 900)
    assert slot(house, Kind.MARK, MARK + QUARTER, 15).end == "done"
    house.work.reclaim(1, 1, is_new=True)
    assert house.instance.do(pointer.work_id) is None
    assert house.one("SELECT count(*) FROM runs") == (1,)


def test_who_is_still_at_a_row_keeps_it(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    assert house.work.claim(pointer.work_id, MARK) is not None
    house.route(MARK + QUARTER)
    assert slot(house, Kind.MARK, MARK, 15).end == "open"


def test_what_was_given_back_and_then_given_up_is_late_until_then(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    claimed = house.work.claim(pointer.work_id, MARK + 2 * MINUTE)
    assert claimed is not None
    house.work.put_off(claimed)
    house.route(MARK + QUARTER)
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.late_s) == ("missed", 900)


def test_a_bot_that_was_turned_off_since_its_row_was_written_opens_nothing(house: House) -> None:
    """The feed was away: the row waits, and what it wants is no more wanted when it comes."""
    stays = house.add(bot(scanner(spread()), name="Stays"))
    off = house.add(bot(scanner(spread()), name="Off"))
    (pointer,) = house.route(MARK)
    house.roster.switch(off, is_on=False, now=MARK)
    house.instance.do(pointer.work_id)
    assert house.all("SELECT bot_id, outcome FROM runs") == [(stays, "opening")]
    assert house.all("SELECT bot_id FROM orders") == [(stays,)]
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.why) == ("skipped", (OFF,))
    assert found.bots_ended == {"done": 1, "skipped": 1}
    assert house.all("SELECT * FROM notices WHERE level <> 'info'") == []


def test_an_event_of_a_bot_that_was_turned_off_before_it_ran_is_missed_and_told(
    house: House,
) -> None:
    named = house.add(bot(event("{every: day, at: '10:00'}", told("daily"))))
    ten = OPEN + 30 * MINUTE
    pointers = house.route(ten)
    house.roster.switch(named, is_on=False, now=ten)
    for pointer in pointers:
        house.instance.do(pointer.work_id)
    found = slot(house, Kind.EVENT, ten)
    assert (found.end, found.why, found.bots_ended) == ("missed", (OFF,), {"missed": 1})
    assert notices(house) == [f"What was started was not run: {OFF}."]
    assert house.all("SELECT * FROM runs") == []


def test_a_click_on_a_bot_that_was_turned_off_before_it_ran_ends_as_one_that_did_not(
    house: House,
) -> None:
    named = house.add(bot(button("go", spread())))
    house.clock.at = MARK
    run = press(house)
    house.roster.switch(named, is_on=False, now=MARK)
    everything(house)
    assert house.all("SELECT run_id, outcome FROM runs") == [(run, "skipped:off")]
    assert house.all("SELECT * FROM orders") == []
    assert notices(house) == [f"What was started was not run: {OFF}."]
