"""Events over the whole road: each happens once, at its time, whatever happens to the rings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from botfleet.adapters.botfile import dump, read, version
from botfleet.adapters.postgres.changes import PostgresChanges
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.slots import PostgresSlots
from botfleet.application.account import account
from botfleet.application.advance import next_step
from botfleet.application.amend import amend
from botfleet.application.explain import explain_run
from botfleet.application.ports.roster import NewBot
from botfleet.application.ports.work import Work
from botfleet.application.react import react
from botfleet.domain.ids import BotId, RunId, WorkId, derive
from botfleet.domain.market.calendar import SHIPPED, Act, Change, adopt
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, closer, scanner, spread
from tests.application.house import DAY, MARK, OPEN, House

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CLOSE = OPEN + timedelta(hours=6, minutes=30)


def event(trigger: str, tree: str, name: str = "Event") -> str:
    return f"\n  - name: {name}\n    lane: event\n    trigger: {trigger}\n    tree: {tree}\n"


def told(name: str) -> str:
    return f"{{notify: {name}}}"


def notices(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT message FROM notices ORDER BY at, message")]


def happened(house: House) -> list[tuple[object, ...]]:
    """Event runs: when, which automation, what came of it."""
    return house.all(
        """SELECT w.due_at, r.automation, r.outcome FROM runs r JOIN work w USING (work_id)
           WHERE w.kind IN ('event', 'resultant') ORDER BY w.due_at, r.automation"""
    )


def everything(house: House) -> None:
    """Do whatever is due, until nothing is."""
    for _ in range(50):
        pointers = [*house.messages.pointers, *house.work.overdue(-1)]
        house.messages.pointers.clear()
        house.send()
        house.look()
        if not pointers and not house.messages.pointers:
            return
        for pointer in pointers:
            house.instance.do(pointer.work_id)
    raise AssertionError("there is no end of it")


def live(house: House, until: datetime, step: timedelta = MINUTE) -> None:
    """Ring each minute and do what comes of it."""
    while house.clock.at < until:
        house.route(house.clock.at + step)
        everything(house)


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


def test_an_opening_starts_what_waits_for_it_and_carries_its_position(house: House) -> None:
    tag = "{tag: {of: position, position: opened, tags: [fresh]}}"
    made = house.add(
        bot(
            scanner(spread()),
            event("{position_opened: short_put_spread}", tag, "Tag"),
            event("{position_opened: iron_condor}", told("condor"), "Condor"),
            limits="10000, 1, 1",
        )
    )
    opened(house)
    (pointer,) = house.messages.pointers
    house.look()
    assert house.messages.pointers == [pointer]
    for _ in range(2):
        house.instance.do(pointer.work_id)
    assert [(index, word) for _, index, word in happened(house)] == [(1, "remembered")]
    assert house.one("SELECT tags FROM positions") == (["fresh"],)
    (run,) = house.all(f"SELECT run_id FROM runs WHERE bot_id = '{made}' AND automation = 1")
    journal = PostgresJournal(house.database)
    again = explain_run(None, RunId(run[0]), journal=journal, batches=house.batches)  # type: ignore[arg-type]
    assert again.is_same is True


def test_a_closing_starts_what_waits_for_it_once(house: House) -> None:
    gone = event("{position_closed: any}", told("gone"))
    house.add(bot(scanner(spread()), closer(), gone, limits="10000, 1, 1"))
    opened(house)
    house.run(MARK + 15 * MINUTE)
    house.send()
    house.broker.fill("2", 1, "0.40")
    house.look()
    everything(house)
    assert [(index, word) for _, index, word in happened(house)] == [(2, "notified")]
    assert "gone" in notices(house)


def opened(house: House) -> None:
    """Run the first mark and fill what it opens; what waited for that is handed over."""
    house.run(MARK)
    house.send()
    house.messages.pointers.clear()
    house.broker.fill("1", 1, "-0.50")
    house.look()


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


def chain(house: House) -> BotId:
    """Whatever opens opens another, as long as a decision lets it."""
    maybe = scanner(spread()).split("tree:", 1)[1]
    again = event("{position_opened: any}", maybe, "Again")
    return house.add(bot(scanner(spread()), again, limits="100000, 50, 50"))


def test_a_chain_ends_after_five_and_its_owner_is_told(house: House) -> None:
    """E13: one opening brings the next; the sixth is not started."""
    chain(house)
    house.run(MARK)
    house.send()
    for n in range(1, 8):
        if f"{n}" not in house.broker.reports:
            break
        house.broker.fill(f"{n}", 1, "-0.50")
        house.look(15)
        everything(house)
    rows = house.all(
        "SELECT detail->>'depth', state, why FROM work WHERE kind = 'resultant' ORDER BY 1"
    )
    assert [(depth, state) for depth, state, _ in rows] == [
        *((f"{n}", "done") for n in range(1, 6)),
        ("6", "skipped"),
    ]
    (message,) = house.all("SELECT code, level FROM notices WHERE code = 'event_loop'")
    assert message == ("event_loop", "error")


def test_a_days_budget_of_reactions_ends_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botfleet.adapters.postgres.reactions.BUDGET_MAX", 2)
    chain(house)
    house.run(MARK)
    house.send()
    for n in range(1, 5):
        if f"{n}" not in house.broker.reports:
            break
        house.broker.fill(f"{n}", 1, "-0.50")
        house.look(15)
        everything(house)
    states = house.all("SELECT state FROM work WHERE kind = 'resultant' ORDER BY rung_real")
    assert states == [("done",), ("done",), ("skipped",)]


def test_exits_come_first_then_events_then_marks(house: House) -> None:
    """R16, at 10:00: an instance works the rows in the order it is pointed at them."""
    house.add(
        bot(
            scanner(spread(exits="{profit: '50%'}")),
            event("{date: 2026-03-10, at: '10:00'}", "nothing"),
        )
    )
    opened(house)
    pointers = house.route(OPEN + 30 * MINUTE)
    kinds = {row[0]: row[1] for row in house.all("SELECT work_id, kind FROM work")}
    assert [kinds[one.work_id] for one in pointers] == ["watch", "event", "mark"]


def test_a_call_from_outside_feeds_the_inputs_it_names(house: House) -> None:
    """The seam of a webhook: a row of its kind, like a button's, with the payload's inputs."""
    text = """
  - name: Called
    lane: event
    trigger: {webhook: alert, feeds: [level]}
    inputs: [{name: level, kind: number, default: 1}]
    tree:
      if: {recipe: stock_price, symbol: SPY, relation: above, value: {input: level}}
      "yes": {notify: "above {level}"}
      "no": {notify: "not above {level}"}
"""
    made = house.add(bot(text.replace("kind: number", "kind: price")))
    house.clock.at = MARK
    for n, inputs in enumerate(({}, {"level": 9999})):
        detail = {"automation": 0, "cause": f"hook/{n}", "inputs": inputs}
        work = Work(WorkId(derive("work", "hook", n)), Kind.HOOK, MARK, (made,), 0, detail)
        pointer = house.work.press(work)
        assert pointer is not None
        house.instance.do(pointer.work_id)
    assert notices(house) == ["above 1", "not above 9999"]
    journal = PostgresJournal(house.database)
    for (run,) in house.all("SELECT run_id FROM runs"):
        again = explain_run(None, RunId(run), journal=journal, batches=house.batches)  # type: ignore[arg-type]
        assert again.is_same is True


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


def test_what_expires_has_closed_but_starts_nothing_after_the_close(house: House) -> None:
    """The settlement books it at 16:15: what waits for it is told of, once, and not queued."""
    today = spread().replace("exactly: 3", "exactly: 0")
    gone = event("{position_closed: any}", told("gone"))
    house.add(bot(scanner(today), gone, limits="10000, 1, 1"))
    opened(house)
    house.market.last = Decimal(600)
    live(house, CLOSE + HOUR, HOUR)
    (state,) = house.all("SELECT state, why FROM work WHERE kind = 'resultant'")
    assert state == ("missed", "the session was over")
    assert [one for one in notices(house) if "has closed" in str(one)] == [
        "What a position that has closed was to start was not run: the session was over."
    ]


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
