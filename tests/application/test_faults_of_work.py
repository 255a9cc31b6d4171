"""Work that comes twice, late, half, or never (RELIABILITY 3.5, by crash point)."""

from typing import NoReturn

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.work import CLAIMS_MAX
from botfleet.application.ports.batches import Results
from botfleet.application.sweep import sweep
from botfleet.errors import MarketUnavailable, StoreUnavailable, Transient
from tests.application.bots import UNIT, bot, looped, scanner, spread
from tests.application.crashes import D, Killed, dies_at_commit, expire_leases, orders
from tests.application.house import MARK, House


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
    with pytest.raises(Killed):
        dying.do(pointer.work_id)
    assert house.pools.read([named])[named].pending > 0
    assert house.all("SELECT * FROM draws") == []
    assert house.instance.do(pointer.work_id) is None  # its lease still runs
    expire_leases(house)
    house.market.last = D("500.50")  # the second claimant may see other prices
    house.instance.do(pointer.work_id)
    assert house.tally(named) == (0, 22 * UNIT)
    assert house.one("SELECT count(*), max(seq) FROM draws") == (3, 3)


def test_a_hold_nobody_committed_is_buried_and_its_late_worker_stopped(house: House) -> None:  # 12
    named = house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    dying = house.instance
    object.__setattr__(dying, "batches", dies_at_commit(house))
    with pytest.raises(Killed):
        dying.do(pointer.work_id)
    (draw,) = house.pools.read([named])[named].holds
    house.redis.zadd(f"bf:{{{named}}}:leases", {str(draw): 1})
    house.mend(named)
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


@pytest.mark.parametrize("away", ["the feed", "the pool"])
def test_what_an_outage_puts_off_is_done_after_it_however_long_it_lasts(
    house: House, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    """A row that nobody could do is no row that kills its workers; nor is it kept for a lease."""

    def fail(*_: object) -> NoReturn:
        raise MarketUnavailable if away == "the feed" else StoreUnavailable

    house.add(bot(scanner(spread())))
    (pointer,) = house.route(MARK)
    with monkeypatch.context() as outage:
        where = house.market if away == "the feed" else house.pools
        outage.setattr(where, "quotes" if away == "the feed" else "reserve", fail)
        for _ in range(3 * CLAIMS_MAX):
            with pytest.raises(Transient):
                house.instance.do(pointer.work_id)
            assert house.one("SELECT state FROM work WHERE bots <> '{}'") == ("due",)
    soon = sweep(work=house.work, orders=house.orders, messages=house.messages)
    assert soon.work == 0  # not at once: what is away would be asked for without a pause
    expire_leases(house)
    assert sweep(work=house.work, orders=house.orders, messages=house.messages).work == 1
    house.instance.do(pointer.work_id)
    assert house.one("SELECT count(*) FROM orders") == (1,)


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
