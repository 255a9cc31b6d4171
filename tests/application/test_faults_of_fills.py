"""Fills: twice, in parts, in a race, after the end (RELIABILITY 3.5, by crash point)."""

from dataclasses import replace
from datetime import timedelta

from botfleet.application.ports.orders import Word
from botfleet.application.sweep import sweep
from botfleet.domain.orders.life import Happening
from tests.application.bots import bot, closer, scanner, spread
from tests.application.crashes import D, expire_leases, late, orders, other_actions, told
from tests.application.house import MARK, House

QUARTER = timedelta(minutes=15)


def test_a_fill_reported_twice_is_booked_once(house: House) -> None:  # 24, 25
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50", ends=False)
    (order,) = house.orders.take_due(house.clock.at, 9)
    for _ in range(3):
        house.orders.record(told(house, order, "1"), house.clock.at)
    assert house.one("SELECT count(*), sum(quantity)::int FROM fills") == (1, 1)
    expire_leases(house)
    house.broker.fill("1", 1, "-0.49")
    house.look()
    assert house.one("SELECT entry, quantity FROM positions WHERE state = 'open'") == (
        D("-0.495"),
        2,
    )
    assert house.tally(named) == (90_100, 0)


def test_of_an_average_only_what_is_new_is_booked(house: House) -> None:
    """One at 0.50, then the two of them at 0.55 on average: they brought 1.10, not 1.05."""
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50", ends=False)
    house.look()
    house.broker.fill("1", 1, "-0.55")
    whole = house.broker.reports["1"]
    shown = tuple(replace(one, price=D("-0.55")) for one in whole.executions)
    house.broker.reports["1"] = replace(whole, executions=shown)
    house.look(after_s=60)
    assert house.one("SELECT entry, quantity FROM positions WHERE state = 'open'") == (
        D("-0.55"),
        2,
    )
    assert house.tally(named) == (89_000, 0)


def test_an_end_reported_twice_is_booked_once(house: House) -> None:  # 22, 25
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    (order,) = house.orders.take_due(house.clock.at, 9)
    assert len(house.orders.record(told(house, order, "1"), house.clock.at)) == 1
    assert house.orders.record(told(house, order, "1"), house.clock.at) == []
    assert house.one("SELECT committed, pending, open_n FROM pools") == (45_000, 0, 1)
    assert house.roster.bots()[0].bot_id == named


def test_a_fill_that_races_a_cancel_wins(house: House) -> None:  # 28
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.look()
    for _ in range(3):
        house.look(after_s=10)
    house.broker.fills_on_cancel = "-0.48"
    house.look(after_s=120)
    assert house.one("SELECT state FROM positions") == ("open",)


def test_each_partial_fill_restarts_the_rest(house: House) -> None:  # R34
    house.add(bot(scanner(spread(size="{contracts: 3}"))))
    house.run(MARK)
    house.send()
    for _ in range(4):
        house.look(after_s=10)
    house.broker.fill("1", 1, "-0.48", ends=False)
    house.look(after_s=100)  # 10 s before the rest would have ended
    house.look(after_s=100)
    assert orders(house) == ["partial"]
    house.look(after_s=21)
    assert orders(house) == ["cancelled"]
    assert house.one("SELECT state, quantity FROM positions") == ("open", 1)


def test_a_fill_after_the_end_is_charged_and_its_position_opens(house: House) -> None:  # 28
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    house.send()
    house.broker.cancel("1")
    house.look()
    assert house.one("SELECT state FROM positions") == ("dropped",)
    assert house.tally(named) == (0, 0)
    ended = house.one("SELECT ended_at FROM orders")
    house.clock.at += QUARTER
    late(house, 2, "-0.50")
    assert house.one("SELECT ended_at FROM orders") == ended
    assert house.one("SELECT state, quantity, entry FROM positions") == ("open", 2, D("-0.50"))
    assert house.one("SELECT committed, open_n, day_n FROM pools") == (90_000, 1, 1)
    house.mend(named)
    assert house.tally(named) == (90_000, 0)
    assert ("filled_late",) in house.all("SELECT code FROM notices")


def test_the_rest_of_a_partial_fill_that_comes_after_the_end_is_added(house: House) -> None:
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    assert house.tally(named) == (45_000, 0)
    late(house, 1, "-0.48")
    assert house.one("SELECT state, quantity, entry FROM positions") == ("open", 2, D("-0.49"))
    house.mend(named)
    assert house.tally(named) == (90_200, 0)


def closing(house: House, units: int) -> None:
    """Sell so many spreads at 0.50, and let the close of them be on its way."""
    size = f"{{contracts: {units}}}"
    house.add(bot(scanner(spread(size=size), above=1), closer(), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", units, "-0.50")
    house.look()
    close_again(house, 1)


def close_again(house: House, quarters: int) -> None:
    house.run(MARK + quarters * QUARTER)
    assert house.send() == 1


def held(house: House) -> tuple[object, ...]:
    return house.one("SELECT state, quantity FROM positions")


def test_what_is_being_closed_stays_so_when_its_opening_fills_late(house: House) -> None:
    house.add(bot(scanner(spread(size="{contracts: 2}")), closer(), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    close_again(house, 1)
    late(house, 1, "-0.48")
    assert held(house) == ("closing", 2)
    house.broker.fill("2", 1, "0.30")
    house.look()
    assert held(house) == ("open", 1)


def test_a_late_part_of_an_older_close_leaves_the_newer_one_at_work(house: House) -> None:
    """Of three, one was closed at 0.30 after all: 20 dollars; two wait for the second close."""
    closing(house, 3)
    house.broker.cancel("2")
    house.look()
    close_again(house, 2)
    late(house, 1, "0.30", named="2")
    assert held(house) == ("closing", 2)
    assert house.one("SELECT gains FROM pools") == (2_000,)


def test_no_more_is_booked_as_closed_than_is_held(house: House) -> None:
    """Two closes of two: one closed one of them, then the other, given up, closed two."""
    closing(house, 2)
    house.broker.cancel("2")
    house.look()
    close_again(house, 2)
    house.broker.fill("3", 1, "0.30")
    house.look()
    assert held(house) == ("open", 1)
    late(house, 2, "0.30", named="2")
    assert held(house) == ("open", 1)
    assert house.one("SELECT gains FROM pools") == (2_000,)
    assert house.one("SELECT message FROM notices WHERE code = 'filled_late'") == (
        "2 were closed at the broker of a position that is open here.",
    )


def test_an_end_gives_its_slot_back_to_its_own_day_only(house: House) -> None:
    """Held back on Tuesday and withdrawn on Wednesday, whose own opening still counts."""
    house.add(bot(scanner(spread().replace("exactly: 3", "at_least: 1")), limits="10000, 2, 9"))
    house.broker.mood = ["hold back"]
    house.run(MARK)
    house.send()
    other_actions(house)
    house.run(MARK + timedelta(days=1))
    expire_leases(house)
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    house.send()
    assert orders(house) == ["cancelled", "working"]
    assert house.one("SELECT day_n FROM pools") == (1,)


def test_an_older_word_changes_nothing_of_an_order_that_has_ended(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    (order,) = house.orders.take_due(house.clock.at, 9)
    house.orders.record(told(house, order, "1"), house.clock.at)
    rows = "SELECT o.*, (SELECT count(*) FROM order_events) FROM orders o"
    before = house.one(rows)
    slow = Word(order, MARK + QUARTER, Happening.UNHEARD, reason="timed out")
    house.orders.record([slow], house.clock.at)
    assert house.one(rows) == before
