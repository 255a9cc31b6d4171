"""Killed with capital in the hand: Redis may be told late or never, and never admits too much."""

from datetime import timedelta
from typing import Any

import pytest

from botfleet.adapters.redis.pools import RedisPools, connect
from botfleet.application.sweep import Mender
from botfleet.domain.ids import BotId
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.crashes import (
    Around,
    Deaf,
    agree,
    crashes,
    die,
    expire_leases,
    go_on,
    mend,
    orders,
    other_actions,
)
from tests.application.house import MARK, House
from tests.application.market import EXPIRY
from tests.wires import Loss, Wire, redis_url

QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("lost", [Loss.QUESTION, Loss.ANSWER])
def test_a_reservation_nobody_heard_of_is_the_same_when_it_is_asked_again(
    house: House, pool_url: str, pool_wire: Wire, lost: Loss, times: int
) -> None:  # 9, 10
    """Lost once, the client asks again at once; lost twice, the row is put off and comes back."""
    named = house.add(bot(scanner(spread())))
    house.pools.load(house.batches.renew([named]))
    (pointer,) = house.route(MARK)
    instance, client = house.instance, connect(redis_url(pool_url, pool_wire))
    object.__setattr__(instance, "pools", RedisPools(client))
    pool_wire.lose(lost, b"bf_reserve", times)
    if times == 1:
        instance.do(pointer.work_id)
    else:
        crashes(lambda: instance.do(pointer.work_id))
        held = house.pools.read([named])[named]
        assert held.pending == (UNIT if lost is Loss.ANSWER else 0)
        assert house.one("SELECT state FROM work WHERE fence > 0") == ("due",)
        assert house.all("SELECT * FROM draws") == []
    client.close()
    assert pool_wire.lost_count == times
    go_on(house)
    assert agree(house, named) == (0, UNIT)
    assert house.one("SELECT count(*), max(seq) FROM draws") == (1, 1)


def held_by_nobody(house: House) -> tuple[BotId, Any]:
    """Die between a reservation and its commit; the hold's lease is over. Gives the row, too."""
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    dying = house.instance
    object.__setattr__(dying, "batches", Around(house.batches, "commit", before=die))
    crashes(lambda: dying.do(pointer.work_id))
    (draw,) = house.pools.read([named])[named].holds
    house.redis.zadd(f"bf:{{{named}}}:leases", {str(draw): 1})
    return named, pointer


@pytest.mark.parametrize("comes", ["first the sweeper", "first the late worker"])
def test_a_hold_that_was_buried_and_not_freed_stops_its_late_worker(
    house: House, comes: str
) -> None:  # 12
    named, pointer = held_by_nobody(house)
    Mender(Deaf(house.pools), house.batches).mend([named], MARK.date())
    assert house.all("SELECT state FROM draws") == [("void",)]
    assert house.pools.read([named])[named].pending == UNIT  # too strict, never too generous
    if comes == "first the sweeper":
        house.mend(named)
        assert house.pools.read([named])[named].pending == 0
    expire_leases(house)
    house.instance.do(pointer.work_id)
    assert (house.all("SELECT state FROM draws"), orders(house)) == ([("void",)], [])
    go_on(house)
    mend(house)
    assert agree(house, named) == (0, 0)


def test_a_cut_between_a_reservation_and_its_commit_is_seen_by_the_commit(house: House) -> None:
    """32: what was drawn before stands; what was only reserved does not."""
    text = bot(scanner(spread()))
    named = house.add(text)
    house.run(MARK)
    (pointer,) = house.route(MARK + QUARTER)
    slow = house.instance
    cut = Around(
        house.batches,
        "commit",
        before=lambda: house.add(text.replace("allocation: 10000", "allocation: 600")),
    )
    object.__setattr__(slow, "batches", cut)
    other_actions(house)
    slow.do(pointer.work_id)
    assert house.all("SELECT outcome FROM runs ORDER BY at") == [("opening",), ("vetoed",)]
    go_on(house)
    assert agree(house, named) == (0, UNIT)


def day(house: House, named: BotId) -> tuple[object, ...]:
    """Today's day and count, which Redis and the ledger have alike."""
    memory, ledger = house.pools.read([named])[named], house.batches.ledger([named])[named]
    assert (memory.day, memory.day_n) == (ledger.day, ledger.day_n)
    return memory.day, memory.day_n


@pytest.mark.parametrize("told", ["Redis is told", "Redis is not told"])
def test_what_was_drawn_yesterday_and_ends_today_gives_no_slot_of_today(
    house: House, told: str
) -> None:  # 33
    named = house.add(bot(scanner(spread()), limits="10000, 1, 3"))
    house.run(MARK)
    house.send()
    today = MARK + timedelta(days=1)
    later = {"SPY": (EXPIRY + timedelta(days=1),)}
    house.market.expirations = lambda _: later  # type: ignore[method-assign, assignment]
    other_actions(house)
    house.run(today)
    assert day(house, named) == (today.date(), 1)
    assert house.tally(named) == (0, 2 * UNIT)
    house.broker.cancel("1")
    if told != "Redis is told":
        pools, house.pools = house.pools, Deaf(house.pools)  # type: ignore[assignment]
        house.look()
        house.pools = pools
        assert house.pools.read([named])[named].pending == 2 * UNIT
        house.pools.load(house.batches.renew([named]))
    else:
        house.look()
    assert day(house, named) == (today.date(), 1)
    assert house.tally(named) == (0, UNIT)
    other_actions(house)
    house.run(today + QUARTER)  # one a day
    assert house.one("SELECT outcome FROM runs ORDER BY at DESC LIMIT 1") != ("opening",)
    assert house.one("SELECT count(*) FROM orders") == (2,)


@pytest.mark.parametrize("memory", ["flushed", "left as it was"])
def test_a_rebuild_that_died_between_its_stores_is_done_by_whoever_comes_next(
    house: House, memory: str
) -> None:  # 34
    """Redis has nothing, or an epoch that is over: neither grants anything until it is loaded."""
    named = house.add(bot(scanner(spread()), limits="10000, 9, 9"))
    house.run(MARK)
    old = house.batches.load([named])[named].epoch
    if memory == "flushed":
        house.redis.flushall()
    rebuilding = Around(house.pools, "load", before=die)
    crashes(lambda: rebuilding.load(house.batches.renew([named])))
    assert house.batches.load([named])[named].epoch == old + 1
    seen = house.pools.read([named]).get(named)
    assert seen is None if memory == "flushed" else seen is not None and seen.epoch == old
    other_actions(house)
    house.run(MARK + QUARTER)
    go_on(house)
    assert house.pools.read([named])[named].epoch > old
    assert agree(house, named) == (0, 2 * UNIT)


def test_of_two_rebuilds_the_later_stays_whichever_is_loaded_last(house: House) -> None:  # 35
    named = house.add(bot(scanner(spread()), limits="10000, 9, 9"))
    house.run(MARK)
    first = house.batches.renew([named])
    second = house.batches.renew([named])
    house.pools.load(second)
    other_actions(house)
    house.run(MARK + QUARTER)  # held under the later
    house.pools.load(first)
    assert house.pools.read([named])[named].epoch == second[named].epoch
    go_on(house)
    assert agree(house, named) == (0, 2 * UNIT)
