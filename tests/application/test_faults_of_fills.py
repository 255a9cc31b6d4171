"""Fills: twice, in parts, in a race, after the end (RELIABILITY 3.5, by crash point)."""

from dataclasses import replace

from botfleet.application.sweep import Mender
from tests.application.bots import bot, scanner, spread
from tests.application.crashes import D, expire_leases, late, orders, told
from tests.application.house import MARK, House


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
    late(house, 2, "-0.50")
    assert house.one("SELECT ended_at FROM orders") == ended
    assert house.one("SELECT state, quantity, entry FROM positions") == ("open", 2, D("-0.50"))
    assert house.one("SELECT committed, open_n, day_n FROM pools") == (90_000, 1, 1)
    Mender(house.pools, house.batches, {named}).mend([named])
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
    Mender(house.pools, house.batches, {named}).mend([named])
    assert house.tally(named) == (90_200, 0)
