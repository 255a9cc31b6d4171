"""Killed between a ring and a commit: what is due is done once all the same (docs/crashes.md).

Replies are lost on the wire to the real Postgres and Valkey; a message is lost in the real queue.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import redis

from botfleet.adapters.botfile import load
from botfleet.adapters.celery.app import make_app
from botfleet.adapters.celery.messages import CeleryMessages
from botfleet.adapters.postgres.batches import PostgresBatches
from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.work import PostgresWorkBook
from botfleet.adapters.redis.pools import connect
from botfleet.application.route import route
from botfleet.application.sweep import sweep
from botfleet.application.work import Instance
from tests.application.bots import UNIT, bot, looped, scanner, spread
from tests.application.crashes import (
    Around,
    agree,
    crashes,
    die,
    expire_leases,
    go_on,
    nth,
    orders,
)
from tests.application.house import MARK, House
from tests.wires import Loss, Wire

TWO_ROUNDS = (scanner(spread()), looped(spread("$symbol")))


@pytest.mark.parametrize("lost", [Loss.QUESTION, Loss.ANSWER])
def test_a_router_killed_at_its_commit_leaves_each_row_made_once(
    house: House, wire: Wire, far: Database, lost: Loss
) -> None:  # 1, 2
    """Before it there is no row, and the next router makes it; after it there is one, untold."""
    named = house.add(bot(scanner(spread())))
    house.clock.at = MARK
    wire.lose(lost, b"COMMIT")
    crashes(lambda: route(MARK, work=PostgresWorkBook(far), messages=house.messages))
    rows = "SELECT work_id FROM work WHERE state = 'due'"
    made = house.all(rows)
    assert len(made) == (lost is Loss.ANSWER)
    assert house.messages.pointers == []
    assert len(house.route(MARK)) == 1 - len(made)
    (row,) = house.all(rows)
    assert made in ([], [row])
    go_on(house)
    assert house.one("SELECT count(*) FROM runs") == (1,)
    assert agree(house, named) == (0, UNIT)


@pytest.fixture
def queue(valkey_url: str) -> "Iterator[redis.Redis]":
    """The fleet's real queue."""
    client = connect(valkey_url)
    client.flushdb()
    yield client
    client.close()


@pytest.mark.parametrize("point", ["queue flushed", "taken and not yet noted as taken"])
def test_a_message_its_queue_lost_is_given_again(
    house: House, queue: "redis.Redis", valkey_url: str, point: str
) -> None:  # 3, 4
    named = house.add(bot(scanner(spread())))
    house.clock.at = MARK
    messages = CeleryMessages(make_app(valkey_url), lambda: None)
    route(MARK, work=house.work, messages=messages)
    ((name,),) = house.all("SELECT 'pod.' || pod || '.' || instance FROM work WHERE state = 'due'")
    if point == "queue flushed":
        queue.flushall()
    else:
        assert queue.brpop([str(name)])
    assert (queue.llen(str(name)), queue.exists("unacked")) == (0, 0)
    assert house.one("SELECT count(*) FROM work WHERE state = 'due'") == (1,)
    expire_leases(house)
    assert sweep(work=house.work, orders=house.orders, messages=messages).work == 1
    assert queue.llen(str(name)) == 1
    go_on(house)
    assert agree(house, named) == (0, UNIT)


def test_of_many_to_whom_one_row_is_given_at_once_one_does_it(house: House) -> None:  # 5
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    together, count = Barrier(6), 6

    def work(_: int) -> bool:
        instance = house.instance
        together.wait(60)
        return instance.do(pointer.work_id) is not None

    with ThreadPoolExecutor(count) as threads:
        assert sum(threads.map(work, range(count))) == 1
    assert house.one("SELECT max(fence) FROM work WHERE state = 'done'") == (1,)
    go_on(house)
    assert agree(house, named) == (0, UNIT)


def killed_at(house: House, point: str) -> Instance:
    """Give an instance that dies there."""
    instance = house.instance
    parts: dict[str, tuple[str, Any]] = {
        "claimed": ("batches", Around(house.batches, "load", before=die)),
        "held": ("pools", Around(house.pools, "reserve", after=nth(2, die))),
    }
    if point == "half walked":
        house.market.chains = nth_of(house.market.chains, 2)  # type: ignore[method-assign]
    else:
        object.__setattr__(instance, *parts[point])
    return instance


def nth_of(verb: Any, count: int) -> Any:
    """Give `verb`, at whose `count`-th time its caller dies."""
    dies = nth(count, die)

    def call(*given: Any) -> Any:
        dies()
        return verb(*given)

    return call


@pytest.mark.parametrize("point", ["claimed", "half walked", "held"])
def test_who_dies_before_its_commit_never_was_and_the_next_does_it_whole(
    house: House, point: str
) -> None:  # 6, 7, 11
    """Of two rounds: the first has drawn already when the second's tree is half walked."""
    named = house.add(bot(*TWO_ROUNDS, limits="10000, 9, 9"))
    (pointer,) = house.route(MARK)
    dying = killed_at(house, point)
    crashes(lambda: dying.do(pointer.work_id))
    for table in ("runs", "draws", "entries", "orders", "positions"):
        assert house.all(f"SELECT * FROM {table}") == [], table
    assert house.instance.do(pointer.work_id) is None  # its lease still runs
    go_on(house)
    assert house.one("SELECT fence, state FROM work WHERE fence > 0") == (2, "done")
    assert house.one("SELECT count(*) FROM runs") == (2,)
    assert agree(house, named) == (0, 4 * UNIT)


@pytest.mark.parametrize("lost", [Loss.QUESTION, Loss.ANSWER])
def test_whoever_does_not_hear_of_its_commit_asks_the_row(
    house: House, wire: Wire, far: Database, lost: Loss
) -> None:  # 13, 14
    """Cut off inside the transaction nothing of it is there; cut off after it, all is, once."""
    named = house.add(bot(*TWO_ROUNDS, limits="10000, 9, 9"))
    (pointer,) = house.route(MARK)
    instance, batches = house.instance, PostgresBatches(far, load)
    armed = Around(batches, "commit", before=lambda: wire.lose(lost, b"COMMIT"))
    object.__setattr__(instance, "batches", armed)
    crashes(lambda: instance.do(pointer.work_id))
    is_there = lost is Loss.ANSWER
    assert wire.lost_count == 1
    assert house.one("SELECT count(*) FROM draws") == (4 * is_there,)
    assert house.one("SELECT count(*) FROM orders") == (4 * is_there,)
    assert house.messages.orders == []
    assert house.one("SELECT state FROM work WHERE fence > 0") == ("done" if is_there else "due",)
    go_on(house)
    assert house.one("SELECT count(*) FROM runs") == (2,)
    assert agree(house, named) == (0, 4 * UNIT)


def test_a_step_that_was_committed_is_not_decided_again(house: House) -> None:  # 8
    """Killed before it could hand its order over; by then the tree would go the other way."""
    named = house.add(bot(scanner(spread(), above=499)))
    (pointer,) = house.route(MARK)
    dying = house.instance
    object.__setattr__(dying, "messages", Around(house.messages, "submit", before=die))
    crashes(lambda: dying.do(pointer.work_id))
    before = house.all("SELECT * FROM runs")
    house.market.last -= 100
    expire_leases(house)
    assert house.instance.do(pointer.work_id) is None
    assert orders(house) == ["pending"]
    go_on(house)
    assert house.all("SELECT * FROM runs") == before
    assert orders(house) == ["working"]
    assert agree(house, named) == (0, UNIT)
