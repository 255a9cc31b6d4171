"""The beat's lease and what it fences, over real Postgres and Valkey."""

import threading
from datetime import timedelta

import pytest

from botfleet.adapters.postgres import lease as leases
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.fleet import FleetRow
from botfleet.adapters.postgres.lease import PostgresLease, beat_lease, stand_in_lease
from botfleet.adapters.redis.clock import ReplayedClock
from tests.application.conftest import house, schema
from tests.application.house import House
from tests.application.market import OPEN

__all__ = ["house", "schema"]
LATER = OPEN + timedelta(hours=1)


#: How much longer everything lasts here than it does: nobody's time is over by itself.
SLOWER = 600


@pytest.fixture(autouse=True)
def slower(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BEAT_S", "STAND_IN_S", "PATIENCE_S"):
        monkeypatch.setattr(leases, name, getattr(leases, name) * SLOWER)


@pytest.fixture
def lease(house: House) -> PostgresLease:
    return beat_lease(house.database, "one/1")


def lapse(house: House, seconds: float = 0) -> None:
    """As if the holder had been silent for long, and `seconds` longer."""
    sql = "UPDATE fleet SET beat_until = clock_timestamp() - make_interval(secs => %(s)s)"
    with house.database.transaction() as connection:
        execute(connection, sql, s=seconds * SLOWER)


def test_one_leads_and_the_other_waits(house: House, lease: PostgresLease) -> None:
    other = beat_lease(house.database, "two/2")
    first = lease.take()
    assert first is not None
    assert other.take() is None
    assert lease.take() == first


def test_silence_gives_the_lease_to_the_next_with_a_higher_fence(
    house: House, lease: PostgresLease
) -> None:
    first = lease.take()
    lapse(house, 0.1)
    second = beat_lease(house.database, "two/2").take()
    assert first is not None
    assert second == first + 1
    assert lease.take() is None


def test_a_lease_that_is_left_is_the_next_ones_at_once(house: House, lease: PostgresLease) -> None:
    lease.take()
    lease.leave()
    assert beat_lease(house.database, "two/2").take() is not None


def test_of_many_that_ask_at_once_one_leads(house: House) -> None:
    fences: list[int | None] = []

    def ask(name: str) -> None:
        fences.append(beat_lease(house.database, name).take())

    threads = [threading.Thread(target=ask, args=(f"host/{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fence is not None for fence in fences) == [False] * 7 + [True]


def test_a_worker_stands_in_only_once_the_beats_are_surely_gone(
    house: House, lease: PostgresLease
) -> None:
    worker = stand_in_lease(house.database, "pod/3")
    lease.take()
    assert worker.take() is None
    lapse(house, 1)
    assert worker.take() is None  # a follower has not had its time yet
    lapse(house, 4)
    assert worker.take() is not None


def test_workers_take_turns_and_yield_to_a_beat(house: House, lease: PostgresLease) -> None:
    lapse(house, 4)
    assert stand_in_lease(house.database, "pod/3").take() is not None
    assert stand_in_lease(house.database, "pod/4").take() is None
    lapse(house, 0.1)
    assert stand_in_lease(house.database, "pod/4").take() is not None
    lapse(house, 0.1)
    assert lease.take() is not None


def test_a_paused_leader_moves_neither_the_row_nor_the_clock(
    house: House, lease: PostgresLease
) -> None:
    row = FleetRow(house.database)
    clock = ReplayedClock(house.redis, wall_s=lambda: 0.0, recall=row.market_at)
    old = lease.take()
    lapse(house, 0.1)
    new = beat_lease(house.database, "two/2").take()
    assert old is not None
    assert new is not None
    assert row.keep(LATER, fence=new)
    assert clock.set(LATER, speed=0, fence=new)
    assert not row.keep(OPEN, fence=old)
    assert not clock.set(OPEN, speed=0, fence=old)
    assert (row.market_at(), clock.now()) == (LATER, LATER)


def test_a_fleet_that_begins_puts_the_clock_where_it_stood(house: House) -> None:
    row = FleetRow(house.database)
    clock = ReplayedClock(house.redis, wall_s=lambda: 0.0, recall=row.market_at)
    assert clock.set(LATER, speed=60, fence=7)
    assert clock.set(OPEN, speed=0)
    assert clock.now() == OPEN
    assert not clock.set(LATER, speed=0, fence=6)
