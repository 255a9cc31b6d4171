"""One suite, every brand of the arbiter: the domain's own pool in memory, and its twin in Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botfleet.adapters.memory.pools import MemoryPools
from botfleet.adapters.redis.pools import RedisPools, connect
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.domain.capital.pool import DrawRequest, Granted, Measure, Pool, Refused, Why
from botfleet.domain.ids import BotId, DrawId, derive

DAY = date(2026, 3, 10)
BOT = BotId(derive("bot", "contract"))


def draw(name: object) -> DrawId:
    return DrawId(derive("draw", name))


def ask(
    name: object,
    value: int = 4_500,
    *,
    cost: int = 100,
    measure: Measure = Measure.CENTS,
    epoch: int = 1,
    fence: int = 1,
    least: int = 1,
    most: int = 1_000,
    day: date = DAY,
) -> DrawRequest:
    return DrawRequest(draw(name), BOT, epoch, fence, measure, value, cost, least, most, day)


def fresh(**given: int) -> Pool:
    return Pool(given.get("epoch", 1), 10_000, given.get("open", 99), given.get("daily", 99), DAY)


@pytest.fixture(params=["memory", "redis"])
def pools(request: pytest.FixtureRequest) -> Iterator[Pools]:
    if request.param == "memory":
        yield MemoryPools()
        return
    client = connect(request.getfixturevalue("pool_url"))
    client.flushall()
    yield RedisPools(client)
    client.close()


def reserved(pools: Pools, *asks: DrawRequest) -> list[int | Why]:
    """Cents granted, or why not, one by one."""
    return [
        answer.amount if isinstance(answer, Granted) else answer.why
        for answer in pools.reserve(asks)
    ]


def test_the_founding_example_splits_ten_thousand(pools: Pools) -> None:
    # 45 % of 10,000 each for three symbols: 4,500, 4,500 and what is left, then nothing.
    pools.load({BOT: fresh()})
    wishes = [ask(symbol, 4_500, cost=1) for symbol in ("SPY", "QQQ", "TLT", "IWM")]
    wishes = [replace(wish, units_max=10_000) for wish in wishes]
    assert reserved(pools, *wishes) == [4_500, 4_500, 1_000, Why.NO_CAPITAL]


def test_a_pool_nobody_loaded_is_cold(pools: Pools) -> None:
    assert reserved(pools, ask("a")) == [Why.COLD]
    assert pools.read([BOT]) == {}


def test_asking_twice_grants_once(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    first, again = pools.reserve([ask("a"), ask("a")])
    assert first == again == Granted(45, 4_500, 1, 1)
    assert pools.read([BOT])[BOT].pending == 4_500


def test_a_later_claim_replaces_the_hold_its_dead_predecessor_left(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    assert reserved(pools, ask("a", cost=100, fence=1)) == [4_500]
    assert reserved(pools, ask("a", cost=90, fence=1)) == [Why.FENCED]
    assert reserved(pools, ask("a", cost=50, fence=2)) == [4_500]
    held = pools.read([BOT])[BOT].holds[draw("a")]
    assert (held.units, held.fence, held.seq) == (90, 2, 2)


def test_percentages_are_of_what_the_pool_has_at_that_moment(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    half = [ask(n, 5_000, measure=Measure.AVAILABLE_BPS) for n in range(3)]
    assert reserved(pools, *half) == [5_000, 2_500, 1_200]
    assert reserved(pools, ask("all", 10_000, measure=Measure.ALLOCATION_BPS)) == [1_300]


def test_fewer_units_than_asked_for_at_least_are_none(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    assert reserved(pools, ask("a", 20_000, least=200)) == [Why.NO_CAPITAL]
    assert reserved(pools, ask("b", 20_000, least=100)) == [10_000]


def test_no_more_units_than_asked_for_at_most(pools: Pools) -> None:
    """45 % of 10,000 is 45 units of 100; at most 20 of them leave 8,000 free."""
    pools.load({BOT: fresh()})
    percent = ask("a", 4_500, measure=Measure.ALLOCATION_BPS, most=20)
    assert reserved(pools, percent, ask("b", 10_000, most=100)) == [2_000, 8_000]


def test_what_costs_nothing_takes_slots_alone(pools: Pools) -> None:
    """A call on shares: granted with no money left, one slot each, nothing of it in the sums."""
    pools.load({BOT: fresh(open=3)})
    assert reserved(pools, ask("shares", 10_000)) == [10_000]
    calls = [ask(n, 0, cost=0, least=2, most=2) for n in ("a", "b", "c")]
    assert reserved(pools, *calls) == [0, 0, Why.POSITION_LIMIT]
    held = pools.read([BOT])[BOT]
    assert (held.pending, held.day_n, held.holds[draw("a")].units) == (10_000, 3, 2)
    pools.settle([Settlement(BOT, draw("a"), 0), Settlement(BOT, draw("a"), is_release=True)])
    assert pools.read([BOT])[BOT].pending == 10_000


def test_slots_go_with_the_money(pools: Pools) -> None:
    pools.load({BOT: fresh(open=2, daily=3)})
    assert reserved(pools, ask(1), ask(2), ask(3)) == [4_500, 4_500, Why.POSITION_LIMIT]
    pools.settle([Settlement(BOT, draw(1), 4_000), Settlement(BOT, draw(2))])
    assert reserved(pools, ask(4, 100)) == [100]
    pools.settle([Settlement(BOT, draw(1), is_release=True)])
    # The void gave its day slot back, the release did not: two of three are taken.
    assert reserved(pools, ask(5, 100), ask(6, 100)) == [100, Why.POSITION_LIMIT]
    pools.settle([Settlement(BOT, draw(4), 100), Settlement(BOT, draw(4), is_release=True)])
    assert reserved(pools, ask(7, 100)) == [Why.DAILY_LIMIT]


def test_a_new_day_counts_from_nothing_and_a_past_day_is_refused(pools: Pools) -> None:
    tomorrow = DAY + timedelta(days=1)
    pools.load({BOT: fresh(daily=1)})
    assert reserved(pools, ask(1), ask(2)) == [4_500, Why.DAILY_LIMIT]
    assert reserved(pools, ask(3, 100, day=tomorrow)) == [100]
    assert reserved(pools, ask(4, 100)) == [Why.PAST_DAY]
    pools.settle([Settlement(BOT, draw(1))])  # yesterday's: no slot of today comes back
    assert pools.read([BOT])[BOT].day_n == 1


def test_what_a_fill_did_not_use_is_free_again(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    pools.reserve([ask("a", 10_000)])
    pools.settle([Settlement(BOT, draw("a"), 4_000)] * 2)
    pool = pools.read([BOT])[BOT]
    assert (pool.committed, pool.pending, pool.free) == (4_000, 0, 6_000)


def test_every_end_is_told_once_however_often_it_is_said(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    pools.reserve([ask("a"), ask("b")])
    ends = [Settlement(BOT, draw("a"), 4_000), Settlement(BOT, draw("b"))]
    pools.settle(ends * 3)
    pools.settle([Settlement(BOT, draw("a"), is_release=True)] * 3)
    pools.settle([Settlement(BOT, draw("nobody"), 10), Settlement(BOT, draw("a"), 10)])
    assert pools.read([BOT])[BOT].free == 10_000


def test_an_older_epoch_never_replaces_a_newer_one(pools: Pools) -> None:
    pools.load({BOT: fresh(epoch=3)})
    pools.load({BOT: fresh(epoch=2)})
    assert pools.read([BOT])[BOT].epoch == 3
    assert reserved(pools, ask("a", epoch=2), ask("b", epoch=3)) == [Why.STALE, 4_500]


def test_a_load_keeps_the_holds_it_brings(pools: Pools) -> None:
    pools.load({BOT: fresh()})
    pools.reserve([ask("a"), ask("b")])
    pools.settle([Settlement(BOT, draw("a"), 4_000)])
    before = pools.read([BOT])[BOT]
    pools.load({BOT: Pool(2, 10_000, 99, 99, DAY, before.day_n, 0, before.holds)})
    after = pools.read([BOT])[BOT]
    assert (after.epoch, after.committed, after.pending) == (2, 4_000, 4_500)
    assert dict(after.holds) == dict(before.holds)


def test_a_thundering_herd_never_overdraws(pools: Pools) -> None:
    pools.load({BOT: fresh()})

    def grab(n: int) -> int:
        (answer,) = pools.reserve([ask(n % 150, 600, cost=300)])
        return answer.seq if isinstance(answer, Granted) else 0

    with ThreadPoolExecutor(16) as threads:
        places = [place for place in threads.map(grab, range(300)) if place]
    pool = pools.read([BOT])[BOT]
    assert pool.pending == 9_900
    assert set(places) == set(range(1, 18))  # 16 of 600 and one of 300, each place once


names = st.integers(0, 4)
asks = st.builds(
    ask,
    names,
    st.integers(0, 12_000),
    cost=st.sampled_from([0, 70, 100, 333]),
    measure=st.sampled_from(Measure),
    epoch=st.sampled_from([1, 1, 1, 2]),
    fence=st.integers(1, 3),
    least=st.integers(1, 5),
    most=st.sampled_from([1, 7, 1_000]),
    day=st.sampled_from([DAY, DAY, DAY + timedelta(days=1)]),
)
ends = st.builds(
    Settlement,
    st.just(BOT),
    st.builds(draw, names),
    st.none() | st.integers(0, 5_000),
    st.booleans(),
)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=st.lists(asks | ends, max_size=25))
def test_the_twin_in_redis_gives_the_domains_answers(
    steps: list[DrawRequest | Settlement], pool_url: str
) -> None:
    """Any schedule of asks and ends: same answers, same pools, and never beyond the allocation."""
    client = connect(pool_url)
    client.flushall()
    twins: tuple[Pools, ...] = (MemoryPools(), RedisPools(client))
    for pools in twins:
        pools.load({BOT: fresh(open=3, daily=4)})
    for step in steps:
        if isinstance(step, DrawRequest):
            memory, redis = (list(pools.reserve([step])) for pools in twins)
            assert memory == redis
        else:
            for pools in twins:
                pools.settle([step])
        here, there = (pools.read([BOT])[BOT] for pools in twins)
        assert _seen(here) == _seen(there)
        assert here.committed + here.pending <= here.allocation
    client.close()


def _seen(pool: Pool) -> tuple[object, ...]:
    return (pool.epoch, pool.day, pool.day_n, pool.seq, pool.free, dict(pool.holds))


def test_holds_lapse_by_the_servers_clock(pool_url: str) -> None:
    client = connect(pool_url)
    client.flushall()
    pools = RedisPools(client)
    pools.load({BOT: fresh()})
    pools.reserve([ask("a")])
    assert pools.kept([BOT])[BOT].lapsed == frozenset()
    client.zadd(f"bf:{{{BOT}}}:leases", {str(draw("a")): 1})
    assert pools.kept([BOT])[BOT].lapsed == {draw("a")}
    client.close()


def test_a_flushed_server_is_taught_again(pool_url: str) -> None:
    client = connect(pool_url)
    pools = RedisPools(client)
    client.function_flush()
    client.flushall()
    assert list(pools.reserve([ask("a")])) == [Refused(Why.COLD)]
    client.close()
