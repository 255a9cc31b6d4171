from datetime import UTC, datetime, timedelta
from typing import Any

import fakeredis
import pytest

from botfleet.adapters.redis.bell import RINGS_MAX, Bell
from botfleet.adapters.redis.clock import ReplayedClock

NOON = datetime(2026, 3, 13, 16, tzinfo=UTC)
KEPT = NOON - timedelta(minutes=1)


@pytest.fixture
def server() -> fakeredis.FakeServer:
    return fakeredis.FakeServer()


def client(server: fakeredis.FakeServer) -> Any:
    return fakeredis.FakeRedis(server=server, decode_responses=True)


class Wall:
    def __init__(self) -> None:
        self.at_s = 1_000.0

    def __call__(self) -> float:
        return self.at_s


def clock(server: fakeredis.FakeServer, wall: Wall) -> ReplayedClock:
    return ReplayedClock(client(server), wall_s=wall, recall=lambda: KEPT)


def test_every_process_sees_the_same_instant(server: fakeredis.FakeServer) -> None:
    wall = Wall()
    one, other = clock(server, wall), clock(server, wall)
    one.set(NOON, speed=0)
    wall.at_s += 100
    assert one.now() == other.now() == NOON


def test_a_running_clock_runs_at_its_speed_and_never_back(server: fakeredis.FakeServer) -> None:
    wall = Wall()
    one = clock(server, wall)
    one.set(NOON, speed=60)
    wall.at_s += 1.5
    assert one.now() == NOON + timedelta(seconds=90)
    wall.at_s -= 10  # a wall clock that is set back does not turn market time round
    assert one.now() == NOON


def test_a_forgotten_or_silent_clock_is_recalled_from_what_was_written_down(
    server: fakeredis.FakeServer,
) -> None:
    one = clock(server, Wall())
    assert one.now() == KEPT
    assert not one.is_kept()
    one.set(NOON, speed=0)
    assert one.is_kept()
    server.connected = False
    assert one.now() == KEPT


def test_a_bell_rung_often_is_heard_a_few_times_at_most(server: fakeredis.FakeServer) -> None:
    bell = Bell(client(server))
    assert not bell.wait(0.01)
    for _ in range(RINGS_MAX * 2):
        bell.ring()
    heard = 0
    while bell.wait(0.01):
        heard += 1
    assert heard == RINGS_MAX


def test_a_bell_on_a_dead_server_is_no_error(server: fakeredis.FakeServer) -> None:
    bell = Bell(client(server))
    server.connected = False
    bell.ring()
    assert not bell.wait(0.01)
