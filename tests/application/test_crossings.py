"""Bots of one account do not cross each other: refused here, not by the broker (R36)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from botfleet.adapters.postgres import objections
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.press import Click, Press
from botfleet.domain.positions.crossings import crossed, sides_of
from tests.application.bots import bot, button, closer, scanner, spread
from tests.application.crashes import orders
from tests.application.house import MARK, House

QUARTER = timedelta(minutes=15)
#: It buys the 490 put that `spread` sells, and sells the 495 put.
OTHER = """
            symbol: SPY
            structure: short_put_spread
            expiration: {exactly: 3}
            strikes: {short_put: {offset: -5}, long_put: {width: -5, of: short_put}}
            size: {contracts: 1}
"""
CONTRACT = "SPY260313P00490000"


def outcomes(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT outcome FROM runs ORDER BY at, bot_id")]


def test_of_two_bots_that_cross_in_one_batch_one_stands(house: House) -> None:
    mine = house.add(bot(scanner(spread()), name="Mine"))
    other = house.add(bot(scanner(OTHER), name="Other"))
    house.run(MARK)
    assert sorted(map(str, outcomes(house))) == ["opening", "refused:overlap"]
    assert house.one("SELECT level, code FROM notices") == ("error", "refused:overlap")
    (message,) = house.one("SELECT message FROM notices")
    assert CONTRACT in str(message)
    assert sum(sum(house.tally(one)) for one in (mine, other)) > 0
    assert house.one("SELECT count(*) FROM draws") == (1,)
    assert house.send() == 1


@pytest.mark.parametrize("filled", [False, True])
def test_what_another_bot_works_or_holds_is_not_crossed_later(house: House, filled: bool) -> None:  # noqa: FBT001
    house.add(bot(scanner(spread()), name="Mine", limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    if filled:
        house.broker.fill("1", 1, "-0.50")
        house.look()
    other = house.add(bot(scanner(OTHER), name="Other"))
    house.run(MARK + QUARTER)
    assert "refused:overlap" in outcomes(house)
    assert house.tally(other) == (0, 0)
    assert len(house.broker.tickets) == 1


def test_a_side_is_free_again_once_nobody_has_it(house: House) -> None:
    mine = house.add(bot(scanner(spread()), name="Mine", limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.cancel("1")
    house.look()
    house.roster.switch(mine, is_on=False, now=MARK)
    house.add(bot(scanner(OTHER), name="Other"))
    house.run(MARK + QUARTER)
    assert outcomes(house) == ["opening", "opening"]


def test_the_same_side_twice_is_no_crossing(house: House) -> None:
    house.add(bot(scanner(spread()), name="Mine"))
    house.add(bot(scanner(spread()), name="Twin"))
    house.run(MARK)
    assert outcomes(house) == ["opening", "opening"]


def test_a_close_is_never_refused_for_crossing_and_bars_both_sides(house: House) -> None:
    mine = house.add(bot(scanner(spread()), closer(), name="Mine", limits="10000, 1, 1"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(MARK + QUARTER)
    assert orders(house) == ["filled", "pending"]
    house.roster.switch(mine, is_on=False, now=MARK)
    house.add(bot(scanner(spread()), name="Twin"))  # its sale would meet the working purchase
    house.run(MARK + 2 * QUARTER)
    assert outcomes(house)[-1] == "refused:overlap"
    assert house.send() == 1


def test_two_that_commit_at_once_are_one_after_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two instances have judged; the second's commit waits for the first's, and sees it."""
    house.add(bot(button("a", spread()), name="Mine"))
    house.add(bot(button("b", OTHER), name="Other"))
    pointers = _click(house, "Mine", "a") + _click(house, "Other", "b")
    waiting: list[Callable[[], Any]] = []
    look = objections._taken

    def second(connection: Any, opens: Any) -> Any:
        if waiting:
            found = look(connection, opens)
            waiting.pop()()
            return found
        return look(connection, opens)

    def overtake() -> None:
        with house.database.transaction() as other:
            sql = "SELECT pg_try_advisory_xact_lock(36, hashtext(%(account)s::text))"
            got = execute(other, sql, account=house.account).scalar_one()
            assert not got, "nobody else may look until this one is committed"

    waiting.append(overtake)
    monkeypatch.setattr(objections, "_taken", second)
    for pointer in pointers:
        house.instance.do(pointer)
    assert waiting == []
    assert sorted(map(str, outcomes(house))) == ["opening", "refused:overlap"]


def _click(house: House, name: str, label: str) -> list[Any]:
    house.clock.at = MARK
    journal = PostgresJournal(house.database)
    press = Press(journal, house.batches, house.work, house.messages, house.clock)
    house.messages.pointers.clear()
    press.press(Click(house.user, name, label, "1"))
    return [pointer.work_id for pointer in house.messages.pointers]


def test_crossing_is_about_opposite_sides_of_one_contract() -> None:
    taken = {"A": frozenset({1}), "B": frozenset({1, -1})}
    assert crossed({"A": 1, "C": -1}, taken) == ""
    assert crossed({"C": 1, "A": -1}, taken) == "A"
    assert crossed({"B": 1}, taken) == crossed({"B": -1}, taken) == "B"
    assert sides_of("SPY", ()) == {}
