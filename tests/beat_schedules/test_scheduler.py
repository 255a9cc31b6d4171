"""The metronome: what it rings, and when it moves a lockstep clock."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from beat_schedules.leadership import RENEW_S, Leadership
from beat_schedules.scheduler import FleetScheduler
from botfleet.adapters.postgres.fleet import Pulse
from botfleet.errors import StoreUnavailable

OPEN = datetime(2026, 3, 13, 13, 30, tzinfo=UTC)


class Told:
    """Stands in for the meters of a metronome: remembers what it was told."""

    def __init__(self) -> None:
        self.late: list[tuple[str, float | None]] = []
        self.takeovers = SimpleNamespace(inc=lambda: self.led.append(True))
        self.led: list[bool] = []
        self.ticks: list[bool] = []

    def rang(self, entry: str, *, late_s: float | None) -> None:
        self.late.append((entry, late_s))

    def ticked(self, *, is_leading: bool) -> None:
        self.ticks.append(is_leading)


class Fleet:
    """Stands in for the wiring: a clock, a row and a queue that only remember."""

    def __init__(self) -> None:
        self.at, self.routed, self.to = OPEN, OPEN, OPEN + timedelta(hours=7)
        self.is_busy, self.is_holding, self.check = False, False, None
        self.rings: list[str] = []
        self.clock = SimpleNamespace(now=lambda: self.at)
        self.forgets = False
        self.replayed_clock = SimpleNamespace(
            now=lambda: self.at, set=self.set, is_kept=lambda: not self.forgets
        )
        self.bell = SimpleNamespace(wait=lambda _: False)
        names = ("ring", "resolve", "sweep", "reconcile")
        self.messages = SimpleNamespace(**{name: self.ringer(name) for name in names})
        self.fleet_row = SimpleNamespace(
            market_at=lambda: self.at, keep=self.keep, pulse=self.pulse
        )
        self.changes = SimpleNamespace(version=lambda: 0)
        self.fence: int | None = 1
        self.real_s = 0.0
        self.latest, self.left = 1, 0
        self.beat_lease = SimpleNamespace(take=lambda: self.fence, leave=self.leave)
        self.meters = Told()

    def ringer(self, name: str) -> Any:
        return lambda: self.rings.append(name)

    def set(self, at: datetime, *, speed: float, fence: int) -> None:
        if fence >= self.latest:
            self.at, self.speed = at, speed

    def keep(self, at: datetime, *, fence: int) -> bool:
        if fence == self.latest:
            self.kept = at
        return fence == self.latest

    def leave(self) -> None:
        self.left += 1

    def pulse(self, _: datetime) -> Pulse:
        seen = (self.routed, self.is_busy, False, self.is_holding, self.check)
        return Pulse(*seen, None, self.to)


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def scheduler(fleet: Fleet, kind: str) -> FleetScheduler:
    made = FleetScheduler.__new__(FleetScheduler)
    state = {"_wiring": fleet, "_kind": kind, "_speed": 60.0, "_last": {}, "_is_running": None}
    state |= {"_led_by": None, "_meters": fleet.meters}
    made.__dict__.update(
        state | {"_leadership": Leadership(fleet.beat_lease, lambda: fleet.real_s)}
    )
    return made


def test_an_idle_lockstep_fleet_is_moved_to_the_next_due_instant(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "lockstep")
    metronome.tick()
    assert fleet.at == fleet.kept == OPEN + timedelta(minutes=1)
    assert fleet.rings == ["reconcile", "sweep", "ring", "resolve"]


def test_a_busy_lockstep_fleet_waits(fleet: Fleet) -> None:
    fleet.is_busy = True
    metronome = scheduler(fleet, "lockstep")
    metronome._last["step"] = float("inf")
    metronome.tick()
    assert fleet.at == OPEN
    assert fleet.rings == ["reconcile", "sweep"]


def test_a_lockstep_fleet_that_waits_long_is_rung_again(fleet: Fleet) -> None:
    fleet.is_busy = True
    metronome = scheduler(fleet, "lockstep")
    metronome.tick()
    assert fleet.at == OPEN
    assert fleet.rings == ["reconcile", "sweep", "ring", "resolve"]


def test_an_orders_look_comes_before_the_next_minute(fleet: Fleet) -> None:
    fleet.check = OPEN + timedelta(seconds=9, microseconds=5)  # type: ignore[assignment]
    scheduler(fleet, "lockstep").tick()
    assert fleet.at == OPEN + timedelta(seconds=10)


def test_a_held_or_played_session_stands_still(fleet: Fleet) -> None:
    fleet.to = OPEN
    scheduler(fleet, "lockstep").tick()
    assert fleet.at == OPEN
    assert "ring" not in fleet.rings


def test_a_played_session_never_runs_into_the_next(fleet: Fleet) -> None:
    fleet.at, fleet.to = OPEN + timedelta(hours=6.75), OPEN + timedelta(hours=6.76)
    scheduler(fleet, "lockstep").tick()
    assert fleet.at == fleet.to


def test_a_real_clock_rings_once_a_period(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "real")
    for seconds in (0, 1, 2, 59, 60, 61):
        fleet.at = OPEN + timedelta(seconds=seconds)
        metronome.tick()
    assert fleet.rings.count("ring") == 2
    assert fleet.rings.count("resolve") == 4


def test_a_replayed_clock_that_redis_forgot_goes_on_from_what_was_written_down(
    fleet: Fleet,
) -> None:
    metronome = scheduler(fleet, "replayed")
    metronome.tick()
    fleet.forgets, fleet.speed = True, 0
    metronome.tick()
    assert fleet.speed == 60


def test_a_replayed_clock_runs_until_its_session_is_played(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "replayed")
    metronome.tick()
    assert fleet.speed == 60
    fleet.at = fleet.to
    metronome.tick()
    assert fleet.speed == 0


@pytest.mark.parametrize("kind", ["real", "replayed", "lockstep"])
def test_who_does_not_lead_does_nothing_but_ask_again(fleet: Fleet, kind: str) -> None:
    fleet.fence = None
    assert scheduler(fleet, kind).tick() == RENEW_S
    assert (fleet.rings, fleet.at) == ([], OPEN)


def test_a_follower_goes_on_from_where_the_clock_stands(fleet: Fleet) -> None:
    """A replayed clock runs by itself: who takes over does not turn it back."""
    fleet.fence = None
    metronome = scheduler(fleet, "replayed")
    metronome.tick()
    fleet.at, fleet.fence, fleet.latest = OPEN + timedelta(minutes=10), 2, 2
    fleet.real_s += RENEW_S
    metronome.tick()
    assert (fleet.at, fleet.kept) == (OPEN + timedelta(minutes=10),) * 2
    assert "ring" in fleet.rings


def test_a_leader_that_was_overtaken_moves_nothing_and_asks_again(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "lockstep")
    metronome.tick()
    stood, rings = fleet.at, list(fleet.rings)
    fleet.latest = 2  # while it was paused, another took over
    metronome.tick()
    assert (fleet.at, fleet.rings) == (stood, rings)
    fleet.fence = None
    assert metronome.tick() == RENEW_S


def test_the_lease_is_not_asked_for_at_every_tick(fleet: Fleet) -> None:
    asked: list[float] = []

    def take() -> int:
        asked.append(fleet.real_s)
        return 1

    lease = SimpleNamespace(take=take, leave=fleet.leave)
    leadership = Leadership(lease, lambda: fleet.real_s)
    for fleet.real_s in (0.0, 0.1, 0.4, 0.5, 0.9, 1.0):
        assert leadership.fence() == 1
    assert asked == [0.0, 0.5, 1.0]


def test_a_metronome_that_ends_leaves_the_lease_to_the_next(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "real")
    metronome.tick()
    metronome._leadership.leave()
    assert fleet.left == 1


def test_every_ring_is_counted_and_told_how_late_it_was(fleet: Fleet) -> None:
    """The first of a leader is late by nothing that is known; then by the first that was due."""
    metronome = scheduler(fleet, "real")
    for seconds in (0, 60, 121.5, 300):
        fleet.at = OPEN + timedelta(seconds=seconds)
        metronome.tick()
    assert [late for entry, late in fleet.meters.late if entry == "ring"] == [None, 0, 1.5, 120]
    assert [entry for entry, _ in fleet.meters.late] == fleet.rings


def test_a_played_clocks_lateness_is_told_in_real_seconds(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "replayed")
    metronome.tick()
    fleet.at = OPEN + timedelta(seconds=66)
    metronome.tick()
    assert fleet.meters.late[-2] == ("ring", 0.1)


def test_a_takeover_is_counted_once_and_what_another_rang_makes_nobody_late(fleet: Fleet) -> None:
    metronome = scheduler(fleet, "real")
    told = fleet.meters
    for fleet.fence, minutes in ((1, 0), (1, 1), (None, 5), (3, 9), (3, 10)):
        fleet.real_s += RENEW_S
        fleet.at = OPEN + timedelta(minutes=minutes)
        metronome.tick()
    assert told.ticks == [True, True, False, True, True]
    assert len(told.led) == 2
    assert [late for entry, late in told.late if entry == "ring"] == [None, 0, None, 0]


def test_a_metronome_that_cannot_ask_does_not_lead_but_lives(fleet: Fleet) -> None:
    def silent() -> int:
        raise StoreUnavailable

    metronome = scheduler(fleet, "real")
    fleet.beat_lease.take = silent
    metronome.tick()
    assert fleet.meters.ticks == [False]
