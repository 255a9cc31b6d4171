"""What happens twice, late, half, or never (RELIABILITY 3.5, by crash point)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.batches import Results
from botfleet.application.ports.orders import Order, Word
from botfleet.application.sweep import Drift, Mender, sweep
from botfleet.domain.bots.bot import Limits
from botfleet.domain.orders.order import Effect, OrderState, Report, Ticket
from botfleet.errors import StoreUnavailable
from tests.application.bots import UNIT, bot, closer, looped, scanner, spread
from tests.application.house import MARK, House

D = Decimal


def orders(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT state FROM orders ORDER BY created_at, order_id")]


def expire_leases(house: House) -> None:
    """As if their holders had been dead for long."""
    with house.database.transaction() as connection:
        execute(connection, "UPDATE work SET lease_until = 'epoch', told_real = 'epoch'")
        execute(connection, "UPDATE orders SET lease_until = 'epoch'")


def told(house: House, order: Order, named: str) -> list[Word]:
    """What the broker says of an order now."""
    return [Word(order, house.clock.at, report=house.broker.order(named))]


def other_actions(house: House) -> None:
    """As if what is under way had been wanted by other actions of the bot."""
    with house.database.transaction() as connection:
        execute(connection, "UPDATE draws SET action = NULL")


def test_a_message_delivered_twice_runs_once(house: House) -> None:  # 5
    house.add(bot(scanner(spread())))
    pointers = house.route(MARK)
    for pointer in pointers * 3:
        house.instance.do(pointer.work_id)
    assert house.one("SELECT count(*) FROM runs") == (1,)
    assert house.one("SELECT count(*) FROM orders") == (1,)


def test_routing_twice_makes_the_rows_once(house: House) -> None:  # 1, 35
    house.add(bot(scanner(spread())))
    assert len(house.route(MARK)) == 1
    assert house.route(MARK) == []
    with house.database.transaction() as connection:
        execute(connection, "UPDATE fleet SET routed_at = routed_at - interval '1 minute'")
    assert house.route(MARK) == []


def test_a_lost_message_is_found_by_the_sweep(house: House) -> None:  # 2, 3, 4
    house.add(bot(scanner(spread())))
    house.route(MARK)
    house.messages.pointers.clear()
    assert sweep(work=house.work, orders=house.orders, messages=house.messages).work == 0
    expire_leases(house)
    assert sweep(work=house.work, orders=house.orders, messages=house.messages).work == 1
    assert len(house.messages.pointers) == 1


def test_a_worker_that_dies_before_its_commit_never_was(house: House) -> None:  # 6, 7, 11
    named = house.add(bot(looped(spread("$symbol", "{percent: 45%, of: net_liquidation}"))))
    (pointer,) = house.route(MARK)
    dying = house.instance
    object.__setattr__(dying, "batches", dies_at_commit(house))
    with pytest.raises(StoreUnavailable):
        dying.do(pointer.work_id)
    assert house.pools.read([named])[named].pending > 0
    assert house.all("SELECT * FROM draws") == []
    assert house.instance.do(pointer.work_id) is None  # its lease still runs
    expire_leases(house)
    house.market.last = D("500.50")  # the second claimant may see other prices
    house.instance.do(pointer.work_id)
    assert house.tally(named) == (0, 22 * UNIT)
    assert house.one("SELECT count(*), max(seq) FROM draws") == (3, 3)


class _Instead:
    """Batches that commit in a way of their own."""

    def __init__(self, house: House, commit: Callable[..., Any]) -> None:
        self._batches, self.commit = house.batches, commit

    def __getattr__(self, name: str) -> object:
        return getattr(self._batches, name)


class _Deaf:
    """Pools that are told how draws end, and forget it."""

    def __init__(self, pools: Any) -> None:
        self._pools = pools

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pools, name)

    def settle(self, _: object) -> None:
        return


def _killed(*_: object) -> None:
    raise StoreUnavailable("as if killed")


def dies_at_commit(house: House) -> _Instead:
    return _Instead(house, _killed)


def test_a_hold_nobody_committed_is_buried_and_its_late_worker_stopped(house: House) -> None:  # 12
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    dying = house.instance
    object.__setattr__(dying, "batches", dies_at_commit(house))
    with pytest.raises(StoreUnavailable):
        dying.do(pointer.work_id)
    (draw,) = house.pools.read([named])[named].holds
    house.redis.zadd(f"bf:{{{named}}}:leases", {str(draw): 1})
    Mender(house.pools, house.batches).mend([named])
    assert house.pools.read([named])[named].holds == {}
    expire_leases(house)
    house.instance.do(pointer.work_id)
    assert house.all("SELECT state FROM draws") == [("void",)]
    assert orders(house) == []


def test_a_row_that_kills_its_workers_is_given_up(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    for _ in range(7):
        house.work.claim(pointer.work_id, house.clock.now())
        expire_leases(house)
    assert house.one("SELECT state, why FROM work WHERE bots <> '{}'") == (
        "failed",
        "claimed too often",
    )


def test_a_claimant_that_was_overtaken_commits_nothing(house: House) -> None:  # paused, then wakes
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    paused = house.work.claim(pointer.work_id, house.clock.now())
    assert paused is not None
    expire_leases(house)
    house.instance.do(pointer.work_id)
    assert house.batches.commit(paused, MARK, Results()) is None
    assert house.one("SELECT count(*) FROM runs") == (1,)


def test_of_two_claimants_at_work_only_the_later_commits(house: House) -> None:
    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    first = house.work.claim(pointer.work_id, house.clock.now())
    expire_leases(house)
    second = house.work.claim(pointer.work_id, house.clock.now())
    assert first is not None
    assert second is not None
    assert house.batches.commit(first, MARK, Results()) is None
    assert house.batches.commit(second, MARK, Results()) is not None


def test_a_pool_rebuilt_meanwhile_refuses_the_holds_it_does_not_know(house: House) -> None:  # 34
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    slow = house.instance
    commit = house.batches.commit

    def rebuilt(*given: Any) -> Any:
        house.batches.renew([named])
        return commit(*given)

    object.__setattr__(slow, "batches", _Instead(house, rebuilt))
    slow.do(pointer.work_id)
    assert house.all("SELECT * FROM draws") == []
    assert house.one("SELECT outcome FROM runs") == ("vetoed",)
    assert orders(house) == []


def test_draws_of_an_epoch_that_ended_between_rounds_are_vetoed_not_forgotten(
    house: House,
) -> None:
    """Found by schedule 0: they stood beside the later round's draws, and were never charged."""
    named = house.add(bot(scanner(spread(), "First"), scanner(spread("QQQ"), "Second")))
    (pointer,) = house.route(MARK)
    reserve, calls = house.pools.reserve, 0

    def flushed_after_the_first(asks: Any) -> Any:
        nonlocal calls
        answers = reserve(asks)
        calls += 1
        if calls == 2:  # cold, then loaded: the first round's draw is held
            house.redis.flushall()
        return answers

    house.pools.reserve = flushed_after_the_first  # type: ignore[method-assign]
    house.instance.do(pointer.work_id)
    outcomes = house.all("SELECT outcome FROM runs ORDER BY automation")
    assert outcomes == [("vetoed",), ("opening",)]
    assert house.tally(named) == (0, UNIT)


def test_the_first_of_two_rounds_keeps_its_draw_when_its_pool_was_cold(house: House) -> None:
    named = house.add(bot(scanner(spread(), "A"), scanner(spread("QQQ"), "B"), limits="500, 9, 9"))
    house.run(MARK)
    outcomes = house.all("SELECT outcome FROM runs ORDER BY automation")
    assert outcomes == [("opening",), ("refused:no_capital",)]
    assert house.tally(named) == (0, UNIT)


def test_money_is_checked_at_the_commit_when_redis_forgot_what_is_drawn(house: House) -> None:
    named = house.add(bot(scanner(spread(size="{percent: 90%, of: allocation}"))))
    house.run(MARK)
    pool = f"bf:{{{named}}}:pool"
    house.redis.hset(pool, items=["pending", "0", "allocation", "9999999"])
    other_actions(house)
    house.run(MARK + timedelta(minutes=15))
    assert house.one("SELECT count(*), sum(amount) <= 1000000 FROM draws") == (1, True)
    assert house.one("SELECT outcome FROM runs ORDER BY at DESC LIMIT 1") == ("vetoed",)


def test_postgres_refuses_what_redis_wrongly_granted(house: House) -> None:  # rule 1, T12
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    pool = f"bf:{{{named}}}:pool"
    house.redis.hset(pool, items=["pending", "0", "allocation", "99999999"])
    for n in range(1, 15):
        other_actions(house)
        house.run(MARK + n * timedelta(minutes=15))
    # Three a day: the daily limit too was checked in Postgres.
    assert house.one("SELECT count(*), sum(amount) <= 1000000 FROM draws") == (3, True)


def test_limits_hold_at_the_commit_when_redis_says_nothing_of_them(house: House) -> None:
    named = house.add(bot(looped(spread("$symbol")), limits="10000, 2, 2"))
    state = house.batches.load([named])[named]
    assert state.limits == Limits(state.limits.allocation, 2, 2)
    (pointer,) = house.route(MARK)
    house.pools.load(house.batches.renew([named]))
    house.redis.hset(f"bf:{{{named}}}:pool", items=["open_max", "99", "day_max", "99"])
    house.instance.do(pointer.work_id)
    assert house.one("SELECT count(*) FROM draws WHERE state = 'pending'") == (2,)
    assert house.one("SELECT pending_n, day_n FROM pools") == (2, 2)
    assert "vetoed" in str(house.one("SELECT detail FROM runs"))


def test_redis_gone_back_in_time_is_seen_by_its_sequence(house: House) -> None:  # F6
    named = house.add(bot(scanner(spread()), limits="10000, 9, 9"))
    house.run(MARK)
    pool, holds = f"bf:{{{named}}}:pool", f"bf:{{{named}}}:holds"
    house.redis.delete(holds)
    house.redis.hset(pool, items=["seq", "0", "pending", "0", "day_n", "0"])
    other_actions(house)
    house.run(MARK + timedelta(minutes=15))
    assert house.one("SELECT count(*) FROM draws WHERE state = 'pending'") == (1,)
    house.run(MARK + timedelta(minutes=30))  # the ended epoch was rebuilt from the ledger
    assert house.tally(named) == (0, 2 * UNIT)


def test_drift_is_mended_when_it_is_seen_twice(house: House) -> None:  # 26, 31
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    lost = house.orders.take_due(house.clock.at, 9)[0]
    house.orders.record(told(house, lost, "1"), house.clock.at)  # and then killed: Redis not told
    assert house.pools.read([named])[named].pending == UNIT
    mender = Mender(house.pools, house.batches)
    strict = Drift(1, 0, UNIT - 45_000)
    assert [mender.mend_some() for _ in range(3)] == [Drift(), strict, Drift()]
    assert house.tally(named) == (45_000, 0)


def test_a_release_redis_was_not_told_of_is_mended(house: House) -> None:  # 31; by schedule 17
    named = house.add(bot(scanner(spread()), closer(), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    house.broker.fill("1", 1, "-0.50")
    house.look()
    house.run(MARK + timedelta(minutes=15))
    house.send()
    house.broker.fill("2", 1, "0.30")
    (order,) = house.orders.take_due(house.clock.at, 9)
    house.orders.record(told(house, order, "2"), house.clock.at)
    assert house.pools.read([named])[named].committed == 45_000
    mender = Mender(house.pools, house.batches)
    assert [mender.mend([named]), mender.mend([named])] == [Drift(), Drift(1, 0, 45_000)]
    assert house.tally(named) == (0, 0)


def test_a_loaded_hold_whose_end_redis_was_not_told_of_lapses(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.pools.load(house.batches.renew([named]))
    house.broker.mood = ["refuse"]
    pools, house.pools = house.pools, _Deaf(house.pools)  # type: ignore[assignment]
    house.send()
    house.pools = pools
    (draw,) = house.pools.read([named])[named].holds
    house.redis.zadd(f"bf:{{{named}}}:leases", {str(draw): 1}, xx=True)
    Mender(house.pools, house.batches).mend([named])
    assert house.tally(named) == (0, 0)


def test_orders_are_sent_once_however_often_they_are_pointed_at(house: House) -> None:  # 15, 22
    house.add(bot(scanner(spread())))
    house.run(MARK)
    handed = list(house.messages.orders)
    house.send()
    house.messages.orders = handed * 3
    assert house.send() == 0
    assert len(house.broker.tickets) == 1


def test_an_order_whose_message_is_lost_is_pointed_at_again(house: House) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.messages.orders.clear()
    expire_leases(house)
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    assert house.send() == 1


def test_accepted_but_not_heard_is_found_by_its_name_and_never_sent_again(
    house: House,
) -> None:  # 19
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    assert orders(house) == ["unknown"]
    assert house.tally(named) == (0, UNIT)
    house.broker.is_deaf = True
    house.look()
    assert orders(house) == ["unknown"]
    house.broker.is_deaf = False
    house.broker.fill("1", 1, "-0.50")
    house.look(after_s=5)
    assert orders(house) == ["filled"]
    assert len(house.broker.tickets) == 1
    assert house.tally(named) == (45_000, 0)


def test_an_order_the_broker_named_wrongly_is_found_by_its_own_name(house: House) -> None:
    """Nobody else's order is booked, changed or cancelled for it."""
    named = house.add(bot(scanner(spread())))
    stranger = Report("1", "theirs", OrderState.WORKING, 1, ())
    house.broker.tickets.append(Ticket("theirs", "SPY", Effect.OPEN, (), 1, D(1)))
    house.broker.reports["1"], house.broker.limits["1"] = stranger, []
    house.broker.mood = ["name another"]
    house.run(MARK)
    house.send()
    assert orders(house) == ["working"]
    house.broker.fill("2", 1, "-0.50")
    house.look(after_s=60)
    assert orders(house) == ["filled"]
    assert (house.broker.reports["1"], house.broker.limits["1"]) == (stranger, [])
    assert house.tally(named) == (45_000, 0)


def test_what_never_arrived_keeps_its_capital_until_every_bound_has_passed(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["lose"]
    house.run(MARK)
    house.send()
    for _ in range(6):
        house.look(after_s=6)
        assert house.tally(named) == (0, UNIT)
    house.look(after_s=60)
    assert orders(house) == ["rejected"]
    assert house.tally(named) == (0, 0)


def test_killed_between_marking_and_sending_is_asked_about_not_sent(house: House) -> None:  # 16, 17
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.orders.begin_sending(house.messages.orders, house.clock.at)
    assert house.send() == 0
    assert house.look() == 0  # its sender's lease still runs
    expire_leases(house)
    assert house.look() == 1
    assert orders(house) == ["sending"] or orders(house) == ["unknown"]
    assert house.broker.tickets == []


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


def test_lowering_the_allocation_closes_nothing_and_refuses_more(house: House) -> None:  # 32, R23
    text = bot(scanner(spread()))
    named = house.add(text)
    house.run(MARK)
    house.add(text.replace("allocation: 10000", "allocation: 300"))
    house.run(MARK + timedelta(minutes=15))
    runs = house.all("SELECT outcome FROM runs ORDER BY at")
    assert runs == [("opening",), ("skipped:no_capital",)]
    assert house.tally(named) == (0, UNIT)


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


def late(house: House, filled: int, price: str) -> None:
    """The broker, asked again about an order that has ended, tells of a fill."""
    house.broker.fill("1", filled, price)
    (order,) = house.orders.listed(house.account, house.clock.at - timedelta(days=1))
    house.orders.record(told(house, order, "1"), house.clock.at)


def test_a_fill_after_the_end_is_charged_and_its_position_opens(house: House) -> None:  # 28
    named = house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.run(MARK)
    house.send()
    house.broker.cancel("1")
    house.look()
    assert house.one("SELECT state FROM positions") == ("dropped",)
    assert house.tally(named) == (0, 0)
    late(house, 2, "-0.50")
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


def test_an_order_to_open_that_waited_too_long_is_withdrawn(house: House) -> None:  # 15
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.clock.at += timedelta(minutes=16)
    house.send()
    assert house.broker.tickets == []
    assert orders(house) == ["cancelled"]
    assert house.tally(named) == (0, 0)
    assert house.all("SELECT code FROM notices") == [("withdrawn",)]


def test_an_order_held_back_is_provably_unsent_and_goes_out_later(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["hold back"]
    house.run(MARK)
    house.send()
    assert orders(house) == ["pending"]
    assert house.tally(named) == (0, UNIT)
    expire_leases(house)
    sweep(work=house.work, orders=house.orders, messages=house.messages)
    assert house.send() == 1
    assert orders(house) == ["working"]


def test_at_a_strict_broker_what_no_list_shows_keeps_its_capital_to_the_close(
    house: House,
) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood, house.broker.is_strict = ["lose"], True
    house.run(MARK)
    house.send()
    for _ in range(5):
        house.look(after_s=1_800)
    assert orders(house) == ["unknown"]
    assert house.tally(named) == (0, UNIT)
    house.look(after_s=6 * 3_600)
    assert orders(house) == ["rejected"]
    assert house.tally(named) == (0, 0)


def test_the_list_of_another_day_says_nothing_of_an_order(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.broker.mood = ["lose"]
    house.run(MARK)
    house.send()
    for _ in range(5):
        house.look(after_s=24 * 3_600)
    assert orders(house) == ["unknown"]
    assert house.tally(named) == (0, UNIT)


def test_an_order_keeps_its_whole_history(house: House) -> None:
    house.add(bot(scanner(spread(size="{contracts: 2}"))))
    house.broker.mood = ["accept and hang"]
    house.run(MARK)
    house.send()
    house.look(after_s=1)
    house.look(after_s=10)
    house.broker.fill("1", 1, "-0.49", ends=False)
    house.look(after_s=10)
    house.broker.fill("1", 1, "-0.48")
    house.look(after_s=10)
    told_of = house.all("SELECT happening, state, price, filled FROM order_events ORDER BY n")
    assert told_of == [
        ("sent", "sending", D("-0.50"), 0),
        ("unheard", "unknown", D("-0.50"), 0),
        ("shown", "working", D("-0.50"), 0),
        ("repriced", "working", D("-0.50"), 0),
        ("part filled, repriced", "partial", D("-0.49"), 1),
        ("filled", "filled", D("-0.49"), 2),
    ]
