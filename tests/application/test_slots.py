"""The slot ledger over real Postgres: every due slot leaves a trace, and says how late it was."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from random import Random

import pytest

from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.plans import CHANGED
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import Account, Slot, account
from botfleet.application.amend import amend
from botfleet.application.audit import slots_accounted
from botfleet.domain.market.calendar import SHIPPED, Act, Change, adopt
from botfleet.domain.schedules.agenda import OFF, Kind, TriggerKind
from botfleet.errors import BadInput
from tests.application.bots import bot, scanner, spread
from tests.application.happenings import event, everything, told
from tests.application.house import MARK, House
from tests.application.market import DAY, OPEN

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
    assert (measured.trigger, measured.done, measured.late_max_s) == (TriggerKind.INTERVAL, 1, 7.0)


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
    assert (found.end, found.ends, found.bots) == ("skipped", {"skipped": 1, "done": 1}, 2)
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


TEN = OPEN + 30 * MINUTE
#: 10:00 Eastern by a date and by a rule, 10:05, and what each session brings.
TIMED = (
    event("{date: 2026-03-10, at: '10:00'}", told("date"), "Date"),
    event("{every: day, at: '10:00'}", told("daily"), "Daily"),
    event("{every: week, on: [tuesday], at: '10:05'}", told("weekly"), "Weekly"),
    event("market_open", told("open"), "Open"),
    event("market_close", told("close"), "Close"),
)


def events_of(house: House) -> list[tuple[str, str, str, tuple[str, ...], float | None]]:
    """Each slot of an event: Eastern time, trigger, end, why, how late."""
    eastern = timedelta(hours=4)
    return [
        (f"{s.due_at - eastern:%H:%M}", s.trigger.value, s.end.value, s.why, s.late_s)
        for s in ledger(house).slots
        if s.kind is Kind.EVENT
    ]


def test_events_are_expected_by_what_was_in_force(house: House) -> None:
    house.add(bot(*TIMED))
    for minutes in (10, 30, 35, 380, 390):
        house.run(OPEN + minutes * MINUTE)
    assert events_of(house) == [
        ("09:40", "market_open", "done", (), 0),
        ("10:00", "date", "done", (), 0),
        ("10:00", "repeating", "done", (), 0),
        ("10:05", "repeating", "done", (), 0),
        ("15:50", "market_close", "done", (), 0),
    ]
    measured = {one.trigger: one.done for one in ledger(house).lateness}
    assert measured[TriggerKind.REPEATING] == 2
    assert measured[TriggerKind.MARKET_OPEN] == measured[TriggerKind.DATE] == 1


def test_ten_minutes_without_any_metronome_cost_lateness_and_no_event(house: House) -> None:
    """Nobody rings from 09:58 to 10:08. What its bots were meanwhile says what is owed to whom."""
    house.add(bot(*TIMED, name="Stays"))
    edited = bot(*TIMED, name="Edited")
    house.add(edited)
    off = house.add(bot(*TIMED, name="Off"))
    back = house.add(bot(*TIMED, name="Off and on"))
    house.run(OPEN + 28 * MINUTE)
    house.roster.switch(off, is_on=False, now=TEN + 2 * MINUTE)
    house.roster.switch(back, is_on=False, now=TEN + 2 * MINUTE)
    house.roster.switch(back, is_on=True, now=TEN + 3 * MINUTE)
    house.clock.at = TEN + 2 * MINUTE
    house.add(edited.replace("notify: daily", "notify: other"), at=house.clock.at)
    late = bot(event("now", told("hello"), "Now"), *TIMED, name="Late")
    house.add(late, at=TEN + 4 * MINUTE)
    house.run(TEN + 8 * MINUTE)
    found = ledger(house)
    assert found.forgotten == ()
    assert events_of(house)[1:] == [
        ("10:00", "date", "missed", (CHANGED, OFF), 480),
        ("10:00", "repeating", "missed", (CHANGED, OFF), 480),
        ("10:04", "now", "open", (), None),
        ("10:05", "repeating", "done", (), 180),
    ]
    ended = house.all(
        """SELECT b.name, to_char(w.due_at AT TIME ZONE 'America/New_York', 'HH24:MI'), w.state,
                  jsonb_array_length(w.detail->'automations'->(b.bot_id::text))
           FROM work w JOIN bots b ON b.bot_id = ANY(w.bots)
           WHERE w.kind = 'event' AND w.due_at > '2026-03-10 13:45+00' ORDER BY 1, 2"""
    )
    assert ended == [
        ("Edited", "10:00", "missed", 2),
        ("Edited", "10:05", "done", 1),
        ("Late", "10:04", "due", 1),
        ("Late", "10:05", "done", 1),
        ("Off", "10:00", "missed", 2),
        ("Off and on", "10:00", "missed", 2),
        ("Off and on", "10:05", "done", 1),
        ("Stays", "10:00", "done", 2),
        ("Stays", "10:05", "done", 1),
    ]


@pytest.mark.parametrize("state", ["due", "done"])
def test_an_occurrence_of_one_bot_among_many_that_left_no_trace_is_found(
    house: House, state: str
) -> None:
    """Two bots at ten: the row of one is gone, or names it no more."""
    house.add(bot(TIMED[1], name="First"))
    gone = house.add(bot(TIMED[1], name="Second"))
    house.run(TEN) if state == "done" else house.route(TEN)
    assert ledger(house).forgotten == ()
    with house.database.transaction() as connection:
        sql = """UPDATE work SET detail = detail #- ARRAY['automations', %(bot)s]
                 WHERE kind = 'event'"""
        execute(connection, sql, bot=str(gone))
    (slot,) = ledger(house).forgotten
    assert (slot.kind, slot.trigger, slot.due_at) == (Kind.EVENT, TriggerKind.REPEATING, TEN)
    assert slot.ends["forgotten"] == 1
    assert "the repeating of 10:00:00 left no trace" in slots_accounted(ledger(house)).detail


def test_events_a_metronome_never_rang_for_are_found_by_their_definitions_alone(
    house: House,
) -> None:
    """As if whoever rang had passed over 10:00: no row was ever written, and still it is known."""
    house.add(bot(TIMED[1]))
    with house.database.transaction() as connection:
        execute(connection, "UPDATE events SET next_at = next_at + interval '1 day'")
    house.run(TEN + MINUTE)
    assert events_of(house) == [("10:00", "repeating", "forgotten", (), None)]


@pytest.fixture
def calendar() -> Iterator[None]:
    """What the operator changes is forgotten afterwards."""
    adopt(SHIPPED)
    yield
    adopt(SHIPPED)


#: Wednesday's may run on Tuesday in its place; each of these is one occurrence, wherever it lands.
ONE_EACH = (
    event("{date: 2026-03-11, at: '10:00', holiday: before}", told("a date"), "A date"),
    event("{every: week, on: [wednesday], at: '11:00', holiday: before}", told("weekly"), "A week"),
    event("{date: 2026-03-11, at: '14:00', holiday: after}", told("after"), "After"),
)


class Days:
    """Three days on which anybody does anything at any moment."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.chance, self.at = house, Random(seed), OPEN
        self.changes = PostgresChanges(house.database)
        self.text = bot(event("now", told("hello"), "Now"), *TIMED[1:], *ONE_EACH)
        self.bot, self.edits, self.is_on = house.add(self.text), 0, True
        wednesday = DAY + timedelta(days=1)
        amend(Change(wednesday, Act.CLOSE, "chance", OPEN), "ops", self.changes)

    def step(self) -> None:
        self.at += timedelta(minutes=self.chance.choice((1, 7, 25, 60)))
        if self.at.hour >= 21:  # the night passes
            self.at = self.at.replace(hour=13, minute=30) + timedelta(days=1)
        self.house.clock.at = self.at
        rings = (self.ring,) * 4
        self.chance.choice((*rings, self.switch, self.switch, self.edit, self.say, self.say))()

    def ring(self) -> None:
        """Once or twice; messages are lost, doubled, out of order; each finds a new instance."""
        waiting = self.house.route(self.at) + self.house.route(self.at)
        self.chance.shuffle(waiting)
        for pointer in waiting:
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                self.house.instance.do(pointer.work_id)

    def switch(self) -> None:
        self.is_on = not self.is_on
        self.house.roster.switch(self.bot, is_on=self.is_on, now=self.at)

    def edit(self) -> None:
        """Another tree under the same triggers, and on."""
        self.edits, self.is_on = self.edits + 1, True
        self.house.add(
            self.text.replace("notify: hello", f"notify: hello {self.edits}"), at=self.at
        )

    def say(self) -> None:
        """The operator closes, ends or gives back a day; much of it makes no sense."""
        day = DAY + timedelta(days=self.chance.randrange(3))
        act = self.chance.choice(list(Act))
        closes = time(self.chance.randrange(10, 15)) if act is Act.EARLY else None
        with suppress(BadInput):
            amend(Change(day, act, "chance", self.at, closes), "ops", self.changes)


@pytest.mark.usefixtures("calendar")
@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_rung_changed_or_closed_every_occurrence_ends_and_none_runs_twice(
    house: House, seed: int
) -> None:
    days = Days(house, seed)
    for _ in range(60):
        days.step()
    house.clock.at = max(days.at, OPEN + timedelta(days=3))
    house.route(house.clock.at)
    everything(house)
    slots = PostgresSlots(house.database)
    for n in range(3):
        found = account(DAY + timedelta(days=n), slots)
        assert found.forgotten == ()
        assert [one for one in found.slots if one.end == "open"] == []
    ran = house.all(
        """SELECT r.automation, w.due_at FROM runs r JOIN work w USING (work_id)
           WHERE w.kind = 'event' AND r.outcome = 'notified'"""
    )
    assert len(set(ran)) == len(ran)
    first = len(TIMED)  # the `now` takes the place of the date
    often = Counter(index for index, _ in ran)
    assert all(often[index] <= 1 for index in range(first, first + len(ONE_EACH)))
