"""Stopped in mid-day, or killed whole, a fleet comes back in exactly the state it had (S8, I13)."""

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from botfleet.adapters.market.played import played_to
from botfleet.application.verify import Verified, verify
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.market.calendar import session_on

#: A short day: its options expire, and it closes an hour after noon.
DAY = date(2026, 11, 27)
NOON = datetime(2026, 11, 27, 17, tzinfo=UTC)
PATIENCE_S = 600


def until(wiring: Wiring, at: datetime) -> Verified:
    """Wait until the fleet's clock stands at `at` and all its work is done."""
    ends_s = time.monotonic() + PATIENCE_S
    row = wiring.fleet_row
    while row.market_at() < at or row.pulse(at).is_busy:
        wiring.bell_named("test").wait(0.2)
        assert time.monotonic() < ends_s, row.pulse(at)
    return verify(wiring.prints, wiring.batches, wiring.pools, at.date())


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.read(home=home, clock="lockstep", date=DAY, is_held=True)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_the_state_before_is_the_state_after(settings: Settings, how: str) -> None:
    session = session_on(DAY)
    assert session is not None
    with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
        populate(wiring, fleet.settings, recorded=False, users=4, bots=24)
        wiring.fleet_row.play_to(NOON)
        before = until(wiring, NOON)
        states = fleet.processes()
        if how == "killed":  # servers and all, as if the box lost its power
            fleet.supervision.end()
            for pid in [state.pid for state in states if state.pid is not None]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
        after = until(wiring, NOON)
        assert (after.bots, after.digest) == (before.bots, before.digest)
        assert before.bots == 24
        wiring.fleet_row.play_to(NOON + timedelta(minutes=30))
        later = until(wiring, NOON + timedelta(minutes=30))
        assert later.digest != after.digest
        wiring.fleet_row.play_to(played_to(session))
        until(wiring, played_to(session))
        proved = findings(wiring, desk(fleet.settings).book())
        assert [one.code for one in proved if not one.ok] == []
