"""Ways in which something dies, or is told wrongly, half way."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

import pytest
from sqlalchemy.exc import SQLAlchemyError

from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.orders import Order, Word
from botfleet.application.sweep import Mender, sweep
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import BotId
from botfleet.errors import StoreUnavailable
from tests.application.house import House

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


class Instead:
    """Batches that commit in a way of their own."""

    def __init__(self, house: House, commit: Callable[..., Any]) -> None:
        self._batches, self.commit = house.batches, commit

    def __getattr__(self, name: str) -> object:
        return getattr(self._batches, name)


class Deaf:
    """Pools that are told how draws end, and forget it."""

    def __init__(self, pools: Any) -> None:
        self._pools = pools

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pools, name)

    def settle(self, _: object) -> None:
        return


class Killed(Exception):
    """Nothing of a worker goes on after this."""


def die(*_: object) -> NoReturn:
    raise Killed


def dies_at_commit(house: House) -> Instead:
    return Instead(house, die)


def late(house: House, filled: int, price: str, named: str = "1") -> None:
    """The broker, asked again about an order that has ended, tells of a fill."""
    house.broker.fill(named, filled, price)
    known = house.orders.listed(house.account, house.clock.at - timedelta(days=1))
    (order,) = (one for one in known if one.broker_order_id == named)
    house.orders.record(told(house, order, named), house.clock.at)


class Around:
    """A port beside one of whose verbs something happens: just before it, or just after."""

    def __init__(
        self,
        port: Any,
        verb: str,
        *,
        before: Callable[[], object] | None = None,
        after: Callable[[], object] | None = None,
    ) -> None:
        self._port, self._verb, self._before, self._after = port, verb, before, after

    def __getattr__(self, name: str) -> Any:
        got = getattr(self._port, name)
        return partial(self._beside, got) if name == self._verb else got

    def _beside(self, verb: Callable[..., Any], *args: Any, **given: Any) -> Any:
        if self._before:
            self._before()
        answer = verb(*args, **given)
        if self._after:
            self._after()
        return answer


def nth(count: int, then: Callable[[], object]) -> Callable[[], object]:
    """Let `then` happen at the `count`-th time, and then only."""
    times = iter(range(1, 1_000))
    return lambda: then() if next(times) == count else None


def crashes(what: Callable[[], object]) -> None:
    """Do what ends in a worker's death, or in the loss of a store."""
    with pytest.raises((Killed, StoreUnavailable, SQLAlchemyError)):
        what()


def go_on(house: House, rounds: int = 3, after_s: float = 5) -> None:
    """Whoever is alive goes on: leases end, the sweep points again, what comes of it is done."""
    for _ in range(rounds):
        expire_leases(house)
        sweep(work=house.work, orders=house.orders, messages=house.messages)
        pointers, house.messages.pointers = house.messages.pointers, []
        for pointer in pointers:
            house.instance.do(pointer.work_id)
        house.send()
        house.look(after_s)


def mend(house: House) -> None:
    """As if every hold's lease were over, and Redis compared with the ledger often enough."""
    for key in house.redis.scan_iter("*:leases"):
        for member, _ in house.redis.zscan_iter(key):
            house.redis.zadd(key, {member: 1})
    mender = Mender(house.pools, house.batches)
    for _ in range(3):
        mender.mend_some(day_of(house.clock.at))


def agree(house: House, bot: BotId) -> tuple[int, int]:
    """Hold the broker's book, the rows, the ledger and Redis together; give what `tally` gives.

    I2: no order is at the broker twice. I3: each of its executions is booked once. I4: no row is
    left, and of one cause there is one run. I5, I7: pools count what positions there are. I8: no
    draw ended twice. I12: no more is closed than was open.
    """
    sent = [ticket.wire_id for ticket in house.broker.tickets]
    assert len(sent) == len(set(sent))
    there = {
        (house.account, one.execution_id, one.quantity)
        for report in house.broker.reports.values()
        for one in report.executions
    }
    booked = house.all("SELECT account_id, execution_id, quantity FROM fills")
    assert set(booked) == there
    filled = {str(tag): filled for tag, filled in house.all("SELECT wire_id, filled FROM orders")}
    assert all(filled[one.wire_id] == one.filled for one in house.broker.reports.values())
    assert house.all("SELECT work_id FROM work WHERE state IN ('due', 'claimed')") == []
    assert (
        house.all("SELECT 1 FROM runs GROUP BY bot_id, work_id, automation HAVING count(*) > 1")
        == []
    )
    assert (
        house.all("SELECT 1 FROM entries WHERE kind = 'final' GROUP BY draw_id HAVING count(*) > 1")
        == []
    )
    ended = "('filled', 'cancelled', 'rejected', 'expired')"
    waiting = f"SELECT count(*) FROM orders WHERE effect = 'open' AND state NOT IN {ended}"
    held = "SELECT count(*) FROM positions WHERE state IN ('open', 'closing')"
    counts = f"SELECT open_n, pending_n FROM pools WHERE bot_id = '{bot}'"
    assert house.one(counts) == (*house.one(held), *house.one(waiting))
    closed = """SELECT 1 FROM orders WHERE effect = 'close' GROUP BY position_id
                HAVING count(*) FILTER (WHERE ended_at IS NULL) > 1"""
    assert house.all(closed) == []
    tally = house.tally(bot)
    counted = house.redis.hmget(f"bf:{{{bot}}}:pool", ["committed", "pending"])
    assert tuple(map(str, tally)) == tuple(counted)  # beside its holds Redis keeps their sums
    return tally
