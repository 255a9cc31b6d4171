"""What bots remember, over real stores: changed in the one commit, once a run, seen by the next."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from botfleet.adapters.postgres import memories
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.panels import PostgresPanels
from botfleet.application.explain import explain_run
from botfleet.application.override import override
from botfleet.application.ports.batches import Remembering
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId, PositionId, RunId
from botfleet.domain.trees.facts import ENDED, HISTORY, MEMORY
from botfleet.domain.trees.history import History
from botfleet.domain.trees.memory import BOT, Change, Mark, Memory, Streaks, Verb
from tests.application.bots import bot, closer, scanner, spread
from tests.application.house import MARK, House

QUARTER = timedelta(minutes=15)


def automation(tree: str, name: str = "Remember", lane: str = "monitor") -> str:
    return f"\n  - name: {name}\n    lane: {lane}\n    tree: {tree}\n"


def own(house: House, named: BotId) -> dict[Any, Any]:
    today = day_of(house.clock.at)
    return dict(house.batches.recall([named], [MEMORY, HISTORY], today)[named])


def memory(house: House, named: BotId) -> Memory:
    found: Memory = own(house, named)[MEMORY]
    return found


def outcomes(house: House) -> list[str]:
    return [str(row[0]) for row in house.all("SELECT outcome FROM runs ORDER BY at, automation")]


def test_a_counter_counts_runs_and_a_later_round_sees_it(house: House) -> None:
    count = automation("{counter: {name: runs, add: 1}}")
    seen = automation(
        "{if: {recipe: general_counter, name: runs, relation: at_least, count: 2},"
        " 'yes': {tag: {tags: [second]}, then: {switch: {name: done, to: 'on'}}}, 'no': nothing}",
        "Look",
    )
    named = house.add(bot(count, seen))
    house.run(MARK)
    assert memory(house, named).tags(BOT) == frozenset()
    house.run(MARK + QUARTER)
    kept = memory(house, named)
    assert kept.number(Mark.COUNTER, BOT, "runs") == 2
    assert kept.number(Mark.SWITCH, BOT, "done") == 1
    assert kept.tags(BOT) == {"second"}
    assert outcomes(house) == ["remembered", "nothing", "remembered", "remembered"]


def test_a_run_is_counted_once_however_often_it_is_delivered(house: House) -> None:
    named = house.add(bot(automation("{counter: {name: runs, add: 1}}")))
    house.run(MARK)
    house.all("UPDATE work SET state = 'due', lease_until = NULL RETURNING 1")
    for (work_id,) in house.all("SELECT work_id FROM work"):
        house.instance.do(work_id)  # type: ignore[arg-type]
    assert memory(house, named).number(Mark.COUNTER, BOT, "runs") == 1


def test_a_held_condition_waits_for_its_row_of_runs(house: House) -> None:
    held = "{recipe: stock_price, symbol: SPY, relation: above, value: 1, held_for: 30}"
    tree = f"{{if: {held}, 'yes': {{notify: held}}, 'no': nothing}}"
    house.add(bot(automation(tree)))
    for n in range(3):
        house.run(MARK + n * QUARTER)
    assert outcomes(house) == ["nothing", "nothing", "notified"]


def test_a_position_is_tagged_given_exits_and_found_by_its_tag(house: House) -> None:
    act = automation(
        "{loop: positions, do: {tag: {tags: [late, b], of: position}, then:"
        " {untag: {tags: [b], of: position}, then: {update_exits: {exits: {profit: 25%}}}}}}"
    )
    house.add(bot(scanner(spread()), act))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.49")
    house.look()
    house.run(MARK + QUARTER)
    assert house.one("SELECT tags, exits FROM positions WHERE state = 'open'") == (
        ["late"],
        {"profit": "0.25"},
    )


def test_a_history_tells_what_was_opened_and_closed(house: House) -> None:
    named = house.add(bot(scanner(spread()), closer(), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.49")
    house.look()
    house.run(MARK + QUARTER)
    house.send()
    house.broker.fill("2", 1, "0.29")
    house.look()
    past: History = own(house, named)[HISTORY]
    assert past.last("opened", "SPY") == MARK
    assert (past.closed_today, past.wins, past.losses, past.streak.length) == (1, 1, 0, 1)
    assert (past.realised, past.realised_today, past.earned_before) == (2_000, 2_000, 0)
    assert past.streak.last_why == "Close all"


def test_a_history_counts_what_a_part_of_a_position_brought(house: House) -> None:
    """Three sold at 0.50; two are bought back at 0.30 today, of gains that were 0.10 before."""
    three = spread(size="{contracts: 3}")
    named = house.add(bot(scanner(three), closer(), limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 3, "-0.50")
    house.look()
    house.all(
        """UPDATE positions SET gain = 0.2, watched_on = '2000-01-01',
           opened_at = opened_at - interval '3 days' RETURNING 1"""
    )
    house.run(MARK + QUARTER)
    house.send()
    house.broker.fill("2", 2, "0.30", ends=True)
    house.look()
    past: History = own(house, named)[HISTORY]
    # 40 dollars from the two; before the day each of the three stood 10 dollars in gain.
    assert (past.realised, past.realised_today, past.earned_before) == (4_000, 4_000, 3_000)
    assert (past.wins, past.closed_today, past.streak.last_gain) == (0, 0, None)
    house.clock.at += QUARTER
    house.run(MARK + 2 * QUARTER)
    house.send()
    house.broker.fill("3", 1, "0.60")
    house.look()
    past = own(house, named)[HISTORY]
    assert (past.realised, past.realised_today, past.earned_before) == (3_000, 3_000, 3_000)
    assert (past.wins, past.closed_today, past.streak.last_gain) == (1, 1, 3_000)


def test_a_history_counts_what_its_owner_said_a_position_came_to(house: House) -> None:
    """Net liquidation and total profit are of one sum, whoever ended a position."""
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.49")
    house.look()
    (position,) = house.one("SELECT position_id FROM positions")
    panels = PostgresPanels(house.database)
    told = {"panels": panels, "pools": house.pools}
    override(house.user, PositionId(position), -2_500, house.clock.now(), **told)  # type: ignore[arg-type]
    past: History = own(house, named)[HISTORY]
    assert (past.realised, past.realised_today, past.losses) == (-2_500, -2_500, 0)
    assert house.one("SELECT gains FROM pools") == (-2_500,)


def test_what_a_run_remembered_explains_and_replays_it(house: House) -> None:
    look = automation(
        "{if: {recipe: general_switch, name: risk, state: 'on'},"
        " 'yes': {switch: {name: risk, to: 'off'}}, 'no': {switch: {name: risk, to: 'on'}}}"
    )
    house.add(bot(look))
    for n in range(2):
        house.run(MARK + n * QUARTER)
    journal = PostgresJournal(house.database)
    for (run,) in house.all("SELECT run_id FROM runs"):
        told = explain_run(None, RunId(run), journal=journal, batches=house.batches)  # type: ignore[arg-type]
        assert told.is_same


@pytest.mark.parametrize("verb", [Verb.TAG, Verb.UNTAG, Verb.RESET])
def test_tags_in_the_store_are_those_of_the_domain(house: House, verb: Verb) -> None:
    named = house.add(bot(automation("nothing")))
    before = Change(Mark.TAG, BOT, Verb.TAG, ("a", "b"))
    made = Change(Mark.TAG, BOT, verb, ("b", "c"))
    run = Remembering(RunId(named), house.user, named, (before, made), Streaks())
    with house.database.transaction() as connection:
        memories.keep(connection, [run], MARK)
    expected = {Verb.TAG: {"a", "b", "c"}, Verb.UNTAG: {"a"}, Verb.RESET: {"b", "c"}}
    assert memory(house, named).tags(BOT) == expected[verb]


def test_the_watch_keeps_what_was_gained_until_the_day_before(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.all(
        """UPDATE positions SET state = 'open', gain = 0.5, watched_on = '2000-01-01',
           entry = -1, quantity = 2, opened_at = opened_at - interval '3 days' RETURNING 1"""
    )
    past: History = own(house, named)[HISTORY]
    assert past.earned_before == int(Decimal("0.5") * 100 * 100 * 2)


def test_what_has_ended_is_counted_by_how_it_ended(house: House) -> None:
    """One refused, one opened and closed: the next run's tree sees both, and asks in one go."""
    count = "{{recipe: bot_count, status: {}, relation: exactly, count: 1, structure: {}}}"
    both = ", ".join(count.format(one, "short_put_spread") for one in ("closed", "error"))
    told = automation(f"{{if: {{all: [{both}]}}, 'yes': {{notify: both}}, 'no': nothing}}", "Tell")
    named = house.add(bot(scanner(spread()), closer(), told, limits="10000, 1, 3"))
    house.broker.mood = ["refuse"]
    house.run(MARK)
    house.send()
    house.run(MARK + QUARTER)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(MARK + 2 * QUARTER)
    house.send()
    house.broker.fill("2", 1, "0.40")
    house.look()
    found = house.batches.recall([named], [ENDED], day_of(house.clock.at))[named][ENDED]
    assert isinstance(found, tuple)
    assert [(one.status, one.symbol, one.count) for one in found] == [
        ("closed", "SPY", 1),
        ("error", "SPY", 1),
    ]
    house.run(MARK + 3 * QUARTER)
    assert ("notify", "both") in house.all("SELECT code, message FROM notices")
    (run,) = house.one("SELECT run_id FROM runs WHERE outcome = 'notified'")
    journal = PostgresJournal(house.database)
    told_again = explain_run(None, RunId(run), journal=journal, batches=house.batches)  # type: ignore[arg-type]
    assert told_again.is_same
