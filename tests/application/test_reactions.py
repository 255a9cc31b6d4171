"""Events that follow from others: what came first, and where it ends."""

from decimal import Decimal

import pytest

from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.explain import explain_run
from botfleet.application.ports.work import Work
from botfleet.domain.ids import RunId, WorkId, derive
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, closer, scanner, spread
from tests.application.happenings import (
    CLOSE,
    HOUR,
    MINUTE,
    chain_on,
    event,
    everything,
    happened,
    live,
    notices,
    opened,
    told,
)
from tests.application.house import MARK, House
from tests.application.market import OPEN


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


def test_a_chain_ends_after_five_and_its_owner_is_told(house: House) -> None:
    """E13: one opening brings the next; the sixth is not started."""
    chain_on(house)
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
    chain_on(house)
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
