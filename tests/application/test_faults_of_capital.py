"""Redis and the ledger that differ, and what each refuses (RELIABILITY 3.5, by crash point)."""

from datetime import timedelta
from typing import Any

from botfleet.application.sweep import Drift, Mender
from botfleet.domain.bots.bot import Limits
from tests.application.bots import UNIT, bot, closer, looped, scanner, spread
from tests.application.crashes import Deaf, Instead, orders, other_actions, told
from tests.application.house import MARK, House
from tests.application.market import DAY


def test_a_pool_rebuilt_meanwhile_refuses_the_holds_it_does_not_know(house: House) -> None:  # 34
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    slow = house.instance
    commit = house.batches.commit

    def rebuilt(*given: Any) -> Any:
        house.batches.renew([named])
        return commit(*given)

    object.__setattr__(slow, "batches", Instead(house, rebuilt))
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
    strict = Drift(1, 0, UNIT - 45_000, frozenset({"hold"}))
    assert [mender.mend_some(DAY) for _ in range(3)] == [Drift(), strict, Drift()]
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
    assert house.mend(named) == Drift(1, 0, 45_000, frozenset({"hold"}))
    assert house.tally(named) == (0, 0)


def test_a_loaded_hold_whose_end_redis_was_not_told_of_lapses(house: House) -> None:
    named = house.add(bot(scanner(spread())))
    house.run(MARK)
    house.pools.load(house.batches.renew([named]))
    house.broker.mood = ["refuse"]
    pools, house.pools = house.pools, Deaf(house.pools)  # type: ignore[assignment]
    house.send()
    house.pools = pools
    (draw,) = house.pools.read([named])[named].holds
    house.redis.zadd(f"bf:{{{named}}}:leases", {str(draw): 1}, xx=True)
    house.mend(named)
    assert house.tally(named) == (0, 0)


def test_lowering_the_allocation_closes_nothing_and_refuses_more(house: House) -> None:  # 32, R23
    text = bot(scanner(spread()))
    named = house.add(text)
    house.run(MARK)
    house.add(text.replace("allocation: 10000", "allocation: 300"))
    house.run(MARK + timedelta(minutes=15))
    runs = house.all("SELECT outcome FROM runs ORDER BY at")
    assert runs == [("opening",), ("skipped:no_capital",)]
    assert house.tally(named) == (0, UNIT)
