"""The slot ledger over real Postgres: every due slot leaves a trace, and says how late it was."""

from datetime import datetime, timedelta

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import Account, Slot, account
from botfleet.application.audit import slots_accounted
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, scanner, spread
from tests.application.house import DAY, MARK, OPEN, House

MINUTE = timedelta(minutes=1)
CLOSE = OPEN + timedelta(hours=6.5)


def ledger(house: House) -> Account:
    return account(DAY, PostgresSlots(house.database))


def slot(house: House, kind: Kind, at: datetime, interval: int = 0) -> Slot:
    key = (kind, at, interval)
    (found,) = [s for s in ledger(house).slots if (s.kind, s.due_at, s.interval_min) == key]
    return found


def test_a_mark_that_ran_says_how_late_it_began(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    house.clock.at = MARK + timedelta(seconds=7)
    house.instance.do(pointer.work_id)
    found = slot(house, Kind.MARK, MARK, 15)
    assert (found.end, found.bots, found.ends, found.late_s) == ("done", 1, {"done": 1}, 7.0)
    assert found.waited_s is not None
    (measured,) = ledger(house).lateness
    assert (measured.kind, measured.done, measured.late_max_s) == (Kind.MARK, 1, 7.0)


def test_a_mark_that_comes_due_while_the_last_one_runs_is_skipped(house: House) -> None:  # R14
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    running = house.work.claim(pointer.work_id, MARK)
    assert running is not None
    later = MARK + 15 * MINUTE
    assert house.route(later) == []
    found = slot(house, Kind.MARK, later, 15)
    assert (found.end, found.why, found.bots) == ("skipped", ("skipped_overlap",), 1)
    assert slot(house, Kind.MARK, MARK, 15).end == "open"


def test_only_the_bots_that_are_still_judged_sit_a_mark_out(house: House) -> None:
    house.add(bot(scanner(spread()), name="Busy"))
    (pointer,) = house.route(MARK)
    house.work.claim(pointer.work_id, MARK)
    house.add(bot(scanner(spread()), name="Idle"))
    (other,) = house.route(MARK + 15 * MINUTE)
    house.instance.do(other.work_id)
    found = slot(house, Kind.MARK, MARK + 15 * MINUTE, 15)
    assert (found.end, found.ends, found.bots) == ("done", {"skipped": 1, "done": 1}, 2)
    assert house.one("SELECT count(*) FROM runs") == (1,)


def test_late_marks_run_the_newest_and_say_so_of_the_others(house: House) -> None:  # R15
    house.add(bot(scanner(spread())))
    house.run(MARK + 40 * MINUTE)
    ends = [
        (s.end, s.why) for s in ledger(house).slots if s.kind is Kind.MARK and s.interval_min == 15
    ]
    newer = ("a newer one came due",)
    assert ends == [("missed", newer), ("missed", newer), ("done", ())]
    assert slot(house, Kind.MARK, MARK + 30 * MINUTE, 15).late_s == 600


def test_a_row_nobody_took_in_time_is_missed_when_a_newer_one_comes_due(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.route(MARK)
    house.run(MARK + 15 * MINUTE)
    assert slot(house, Kind.MARK, MARK, 15).end == "missed"
    assert slot(house, Kind.MARK, MARK + 15 * MINUTE, 15).end == "done"


def test_what_is_taken_after_the_close_is_missed_and_trades_nothing(house: House) -> None:  # I15
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(CLOSE - 15 * MINUTE)
    house.clock.at = CLOSE
    house.instance.do(pointer.work_id)
    found = slot(house, Kind.MARK, CLOSE - 15 * MINUTE, 15)
    assert (found.end, found.why) == ("missed", ("the session was over",))
    assert house.all("SELECT * FROM runs") == house.all("SELECT * FROM orders") == []


def test_a_whole_day_is_accounted_for_however_it_was_routed(house: House) -> None:
    """25 + 75 + 375 marks, 389 watches, 3 expiration checks, settlement and measurement: 869."""
    house.add(bot(scanner(spread())))
    for at in (MARK, MARK + 3 * MINUTE, MARK + 200 * MINUTE, CLOSE - MINUTE, CLOSE + 60 * MINUTE):
        house.run(at)
    found = ledger(house)
    assert len(found.slots) == 869
    assert found.forgotten == ()
    assert not [s for s in found.slots if s.end == "open"]
    assert slots_accounted(found).ok


def test_a_slot_that_was_passed_over_is_found(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    with house.database.transaction() as connection:
        execute(connection, "DELETE FROM work WHERE kind = 'watch' AND due_at = %(at)s", at=MARK)
    (gone,) = ledger(house).forgotten
    assert (gone.kind, gone.due_at) == (Kind.WATCH, MARK)
    assert not slots_accounted(ledger(house)).ok


def test_what_lies_before_the_fleets_first_instant_is_not_expected(house: House) -> None:
    with house.database.transaction() as connection:
        execute(connection, "UPDATE fleet SET begun_at = %(at)s, routed_at = %(at)s", at=MARK)
    house.run(MARK + MINUTE)
    assert {s.due_at for s in ledger(house).slots} == {MARK + MINUTE}
