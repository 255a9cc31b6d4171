"""Actions that wait for their owner's yes (R42): no capital held, and every check once more."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from botfleet.adapters.postgres.asks import PostgresAsks
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.explain import explain_run
from botfleet.application.ports.asks import AskLine
from botfleet.application.reply import Reply
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import AskId, RunId
from botfleet.errors import BotIsOff, Halted, NotFound, Refusal
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.crashes import expire_leases
from tests.application.house import MARK, House, rename
from tests.application.test_day import outcomes

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
ASKING = spread() + "            ask: true\n"
CLOSER = """
  - name: Ask to close
    lane: monitor
    tree:
      loop: positions
      do: {close: {ask: true}}
"""
LOOP = """
  - name: Loop
    lane: scanner
    tree:
      loop: {symbols: [SPY, QQQ]}
      do:
        open:
"""


def asks(house: House) -> list[AskLine]:
    return list(PostgresAsks(house.database).asks(None, waiting_at=house.clock.at))


def reply(house: House, ask: AskLine, *, yes: bool = True) -> RunId | None:
    journal, store = PostgresJournal(house.database), PostgresAsks(house.database)
    answering = Reply(store, journal, house.batches, house.messages, house.clock)
    return answering.reply(house.user, ask.ask_id, yes=yes)


def work(house: House) -> None:
    while house.messages.pointers:
        house.instance.do(house.messages.pointers.pop(0).work_id)


def test_an_action_that_asks_holds_nothing_until_its_yes(house: House) -> None:
    named = house.add(bot(scanner(ASKING)))
    house.run(MARK)
    house.messages.pointers.clear()
    assert outcomes(house) == ["asked"]
    assert house.tally(named) == (0, 0)
    (ask,) = asks(house)
    legs = "+1 2026-03-13 485 put, -1 2026-03-13 490 put"
    assert ask.words == f"Open SPY short put spread ({legs}) for about 0.50 received a share"
    (level, message) = house.one("SELECT level, message FROM notices")
    assert level == "ask"
    assert "Answer by 09:55 Eastern" in str(message)
    run = reply(house, ask)
    assert run is not None
    work(house)
    assert outcomes(house) == ["asked", "opening"] or outcomes(house) == ["opening", "asked"]
    assert house.tally(named) == (0, UNIT)
    assert house.send() == 1
    told = explain_run(None, run, journal=PostgresJournal(house.database), batches=house.batches)
    assert told.is_same
    assert told.run.cause == f"ask/{ask.ask_id}"
    first = house.one("SELECT run_id FROM runs WHERE outcome = 'asked'")[0]
    told = explain_run(
        None,
        RunId(UUID(str(first))),
        journal=PostgresJournal(house.database),
        batches=house.batches,
    )
    assert told.is_same


def test_a_yes_is_one_run_however_often_it_is_said(house: House) -> None:
    house.add(bot(scanner(ASKING)))
    house.run(MARK)
    (ask,) = asks(house)
    house.messages.pointers.clear()
    runs = {reply(house, ask) for _ in range(3)}
    assert len(runs) == 1
    assert len(house.messages.pointers) == 1
    (pointer,) = house.messages.pointers
    for _ in range(3):
        house.instance.do(pointer.work_id)
        with house.database.transaction() as connection:
            execute(connection, "UPDATE work SET state = 'claimed' WHERE kind = 'button'")
        expire_leases(house)
    assert house.one("SELECT count(*) FROM draws") == (1,)
    with pytest.raises(Refusal, match="answered yes already"):
        reply(house, ask, yes=False)


def test_a_no_ends_it(house: House) -> None:
    house.add(bot(scanner(ASKING)))
    house.run(MARK)
    (ask,) = asks(house)
    assert reply(house, ask, yes=False) is None
    assert reply(house, ask, yes=False) is None
    assert asks(house) == []
    with pytest.raises(Refusal, match="answered no already"):
        reply(house, ask)
    assert house.one("SELECT count(*) FROM work WHERE kind = 'button'") == (0,)


def test_it_lapses_when_its_mark_is_ten_minutes_old(house: House) -> None:
    house.add(bot(scanner(ASKING)))
    house.run(MARK)
    (ask,) = asks(house)
    house.clock.at = MARK + timedelta(minutes=9, seconds=59)
    assert asks(house) == [ask]
    house.clock.at = MARK + timedelta(minutes=10)
    assert asks(house) == []
    for yes in (True, False):
        with pytest.raises(Refusal, match="lapsed at 09:55 Eastern"):
            reply(house, ask, yes=yes)


def test_what_waits_already_does_not_ask_again(house: House) -> None:
    house.add(bot(scanner(ASKING)).replace("interval: 15", "interval: 1"))
    for n in range(4):
        house.run(MARK + n * MINUTE)
    assert outcomes(house) == ["asked"] * 4
    assert len(asks(house)) == 1
    assert house.one("SELECT count(*) FROM notices") == (1,)
    house.run(MARK + 11 * MINUTE)
    assert len(asks(house)) == 1
    assert house.one("SELECT count(*) FROM notices") == (2,)


def test_at_a_yes_every_check_runs_again(house: House) -> None:
    named = house.add(bot(scanner(ASKING), limits="10000, 9, 1"))
    house.run(MARK)
    (ask,) = asks(house)
    house.messages.pointers.clear()
    with house.database.transaction() as connection:  # meanwhile the only slot is taken
        execute(connection, "UPDATE pools SET open_max = 0")
    reply(house, ask)
    work(house)
    assert "refused:open_positions" in outcomes(house)
    assert house.tally(named) == (0, 0)


def test_prices_are_those_of_the_yes(house: House) -> None:
    house.add(bot(scanner(ASKING)))
    house.run(MARK)
    (ask,) = asks(house)
    house.messages.pointers.clear()
    house.market.last += 2  # ten dollars below is another strike by now
    reply(house, ask)
    work(house)
    (legs,) = house.one("SELECT legs::text FROM positions")
    assert "P00492000" in str(legs)


def test_what_a_bot_asked_is_done_though_it_has_another_name_by_then(house: House) -> None:
    named = house.add(bot(scanner(ASKING)))
    house.run(MARK)
    (ask,) = asks(house)
    rename(house, named, "Another")
    reply(house, ask)
    rename(house, named, "A third")
    work(house)
    assert house.one("SELECT state FROM positions") == ("opening",)


def test_a_bot_that_was_changed_or_is_off_does_nothing_it_asked_before(house: House) -> None:
    text = bot(scanner(ASKING))
    named = house.add(text)
    house.run(MARK)
    (ask,) = asks(house)
    house.add(bot(scanner(ASKING), limits="9000, 3, 3"))
    with pytest.raises(Refusal, match="changed since it asked"):
        reply(house, ask)
    house.add(text)
    house.roster.switch(named, is_on=False, now=house.clock.at)
    with pytest.raises(BotIsOff):
        reply(house, ask)
    assert asks(house) == [ask]


def test_a_close_that_asks_is_of_the_position_it_was_about(house: House) -> None:
    house.add(bot(scanner(spread()), CLOSER, limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(MARK + QUARTER)
    (ask,) = asks(house)
    assert ask.words == "Close 1 SPY short put spread"
    house.messages.pointers.clear()
    run = reply(house, ask)
    work(house)
    assert house.one("SELECT state FROM positions") == ("closing",)
    assert run is not None
    told = explain_run(None, run, journal=PostgresJournal(house.database), batches=house.batches)
    assert told.is_same
    assert house.send() == 1


def test_each_item_of_a_loop_asks_for_itself(house: House) -> None:
    named = house.add(bot(LOOP + ASKING.replace("symbol: SPY", "symbol: $symbol")))
    house.run(MARK)
    house.messages.pointers.clear()
    waiting: list[Any] = sorted(asks(house), key=lambda one: one.words)
    assert [one.words.split()[1] for one in waiting] == ["QQQ", "SPY"]
    reply(house, waiting[0])
    work(house)
    assert house.all("SELECT symbol FROM positions") == [("QQQ",)]
    assert house.tally(named) == (0, UNIT)
    reply(house, waiting[1], yes=False)


def test_an_ask_nobody_has_is_not_there(house: House) -> None:
    journal, store = PostgresJournal(house.database), PostgresAsks(house.database)
    with pytest.raises(NotFound):
        Reply(store, journal, house.batches, house.messages, house.clock).reply(
            None, AskId(UUID(int=1)), yes=True
        )


def test_a_yes_after_a_halt_is_refused_and_the_ask_goes_on_waiting(house: House) -> None:
    named = house.add(bot(scanner(ASKING)))
    house.run(MARK)
    house.messages.pointers.clear()
    (ask,) = asks(house)
    by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    house.restrain.impose(Scope.FLEET, FLEET, Mode.HALTED, **by)
    with pytest.raises(Halted):
        reply(house, ask)
    assert house.messages.pointers == []
    house.restrain.impose(Scope.FLEET, FLEET, Mode.REDUCING, **by)
    reply(house, ask)
    work(house)
    assert sorted(map(str, outcomes(house))) == ["asked", "refused:reducing"]
    assert house.tally(named) == (0, 0)


def test_a_yes_just_before_a_halt_opens_nothing(house: House) -> None:
    house.add(bot(scanner(ASKING)))
    house.run(MARK)
    house.messages.pointers.clear()
    reply(house, asks(house)[0])
    by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    house.restrain.impose(Scope.FLEET, FLEET, Mode.HALTED, **by)
    work(house)
    assert sorted(map(str, outcomes(house))) == ["asked", "refused:halted"]
    assert house.all("SELECT * FROM orders") == []
