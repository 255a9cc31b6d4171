"""Limits of use over a real Valkey and the sandbox: shared by all, orders first, 429s obeyed."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import cast

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters.brokers.gate import SHARE, Gate, allowance
from botfleet.adapters.brokers.sheets import SHEETS, TRADIER, Call, Rate
from botfleet.adapters.brokers.wire import Reply
from botfleet.adapters.redis.limits import RedisLimits
from botfleet.adapters.redis.pools import RedisPools, connect
from botfleet.application.ports.limits import Allowance, Use
from botfleet.domain.orders.order import Accepted, HeldBack, Unheard
from botfleet.errors import BrokerUnavailable
from tests.contracts.tickets import spread
from tests.sandbox.fakes import MovingClock
from tests.sandbox.running import HASTY, WAITS_S, Sandbox

SLOW = Allowance(burst=10, per_s=0.001)
#: Later than the server's clock will ever say.
FAR_MS = "9" * 15


@pytest.fixture
def client(pool_url: str) -> Iterator["redis.Redis"]:
    client = connect(pool_url)
    client.flushall()
    yield client
    client.close()


def gate(client: "redis.Redis") -> Gate:
    """As a worker of its own has it; the sandbox's own limits as Tradier's sheet has them."""
    return Gate(RedisLimits(client), MovingClock(), {"tradier": TRADIER})


def test_all_workers_together_take_what_the_bucket_holds(client: "redis.Redis") -> None:
    workers = [RedisLimits(client) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        turns = list(threads.map(lambda n: workers[n % 8].turn("x", "a:order", SLOW), range(100)))
    assert sum(turn.is_free for turn in turns) == 10
    assert min(turn.wait_s for turn in turns if not turn.is_free) > 900
    assert RedisLimits(client).turn("x", "b:order", SLOW).is_free  # another credential's
    assert RedisLimits(client).turn("y", "a:order", SLOW).is_free  # another broker's


@given(st.integers(1, 1_000), st.integers(1, 600))
def test_no_window_of_any_place_sees_more_than_nine_tenths(count: int, window_s: int) -> None:
    """All at once and then as fast as the bucket fills: the worst a window can see."""
    rate = Rate(count, timedelta(seconds=window_s))
    one = allowance(rate)
    assert one.burst + one.per_s * window_s <= max(1.0, SHARE * count) + 1e-9
    assert one.burst >= 1


def test_every_sheet_lets_calls_through() -> None:
    for sheet in SHEETS.values():
        for rate in sheet.rates.values():
            assert allowance(rate).per_s > 0


def test_questions_leave_room_for_orders_where_they_are_counted_together(
    client: "redis.Redis",
) -> None:
    a_day = Rate(100, timedelta(days=1))
    rates: Mapping[Call, Rate] = MappingProxyType({"order": a_day, "question": a_day})
    at = Gate(RedisLimits(client), MovingClock(), {"tradier": replace(TRADIER, rates=rates)})
    asked = _enters(at, Use.QUESTION)
    sent = _enters(at, Use.ORDER)
    assert (asked, asked + sent) == (13, 18)  # 90 %, a fifth of it at once, a quarter of that kept


def _enters(at: Gate, use: Use) -> int:
    count = 0
    while True:
        try:
            at.enter("tradier", "a", use)
        except BrokerUnavailable:
            return count
        count += 1


def test_a_fresh_or_flushed_server_is_taught(client: "redis.Redis") -> None:
    client.function_flush()
    limits = RedisLimits(client)
    assert limits.turn("x", "a", SLOW).is_free
    client.function_flush()
    assert limits.turn("x", "a", SLOW).is_free
    assert RedisPools(client).read([]) == {}


def test_while_redis_is_silent_nobody_is_held() -> None:
    deaf = RedisLimits(connect("redis://127.0.0.1:1/0"))
    assert deaf.turn("x", "a", SLOW).is_free
    deaf.exceeded("x", "a", 5)


@pytest.mark.parametrize(
    ("given", "wait_s"),
    [
        ("7", 7),
        ("", 15),
        ("soon", 15),
        ("-4", 15),
        ("99999", 900),
        ("Wed, 04 Mar 2026 15:30:30 GMT", 30),
        ("Wed, 04 Mar 2026 15:00:00 GMT", 1),
    ],
)
def test_the_brokers_own_time_is_read(client: "redis.Redis", given: str, wait_s: float) -> None:
    reply = Reply(429, "", b"", {"Retry-After": given})
    assert gate(client).wait_s(reply) == wait_s


def test_a_429_is_obeyed_by_every_worker_and_the_order_waits(
    broker: Sandbox, client: "redis.Redis"
) -> None:
    """429 storm: the order was not taken, provably; nobody calls until the time is over."""
    connection = broker.connected()
    one, other = (broker.brokers(gate=gate(client)).account(connection.account) for _ in "12")
    broker.misbehave("rate_limit", count=20)
    answer = one.submit(spread())
    assert isinstance(answer, HeldBack)
    assert answer.wait_s > 0
    heard = len(broker.heard)
    for _ in range(5):
        held = other.submit(spread())
        assert isinstance(held, HeldBack)
        assert held.wait_s > 0
    assert len(broker.heard) == heard
    _forget(client)
    broker.misbehave("rate_limit", count=0)
    assert isinstance(other.submit(spread()), Accepted)


def _forget(client: "redis.Redis") -> None:
    """As if the time the broker asked for were over."""
    for key in cast("list[str]", client.keys("bf:*")):
        client.delete(key)


def test_a_broker_that_is_down_is_left_alone_and_asked_by_one_when_it_may_be_back(
    broker: Sandbox, client: "redis.Redis"
) -> None:
    connection = broker.connected()
    account = broker.brokers(gate=gate(client)).account(connection.account)
    broker.misbehave("error_before", count=5)
    for _ in range(5):
        assert isinstance(account.submit(spread()), Unheard)
    client.hset("bf:{tradier}:breaker", "til", FAR_MS)  # but for as long as this takes
    heard = len(broker.heard)
    held = account.submit(spread())
    assert isinstance(held, HeldBack)
    assert held.is_down
    with pytest.raises(BrokerUnavailable, match="does not answer"):
        account.orders()
    assert len(broker.heard) == heard
    client.hset("bf:{tradier}:breaker", "til", "0")  # its time is over
    limits = [RedisLimits(client) for _ in range(4)]
    turns = [one.turn("tradier", f"b{n}", Allowance()) for n, one in enumerate(limits)]
    assert [turn.is_free for turn in turns] == [True, False, False, False]
    client.hset("bf:{tradier}:breaker", "probe", "0")
    account.orders()  # the probe finds it well
    assert not client.exists("bf:{tradier}:breaker")
    assert isinstance(account.submit(spread()), Accepted)


def test_a_broker_that_stays_down_is_tried_ever_more_seldom(client: "redis.Redis") -> None:
    limits = RedisLimits(client)
    waits = []
    for _ in range(12):
        waits.append(limits.failed("x"))
        assert limits.turn("x", "a", Allowance()).wait_s <= waits[-1]
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
    assert not limits.turn("x", "a", Allowance()).is_free


def test_an_order_is_posted_once_whatever_comes_back(broker: Sandbox) -> None:
    """No retry of a POST, by us or by a library: not after silence, an error, a 429 or a 401."""
    connection = broker.connected()
    hasty = broker.brokers(timeouts=HASTY).account(connection.account)
    account = broker.brokers().account(connection.account)
    for scenario in ("timeout_before", "timeout_after", "error_before", "error_after"):
        broker.misbehave(scenario)
        before = len(broker.heard)
        with broker.heard_out():
            (hasty if scenario in WAITS_S else account).submit(spread())
        assert posts(broker.heard[before:]) == 1
    for scenario in ("rate_limit", "expire_tokens"):
        broker.misbehave(scenario)
        before = len(broker.heard)
        account.submit(spread())
        assert posts(broker.heard[before:]) == 1


def posts(heard: list[tuple[str, str]]) -> int:
    """Count the orders that were sent."""
    return sum(method == "POST" and "orders" in path for method, path in heard)
