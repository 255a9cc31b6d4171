"""`botfleet db migrate --begin` beside a fleet that runs: nothing of what runs is turned back."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from botfleet.adapters.postgres.lease import beat_lease
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.domain.fleet.seating import Shape
from tests.databases import fresh

DAY = date(2026, 3, 13)


@pytest.fixture
def wiring(postgres_url: str, valkey_url: str, pool_url: str, tmp_path: Path) -> Iterator[Wiring]:
    """A fleet's stores, in a database of this test's own."""
    with fresh(postgres_url) as url:
        upgrade(url)
        stores = {"database_url": url, "broker_url": valkey_url, "pool_url": pool_url}
        settings = Settings.read(home=tmp_path, clock="replayed", date=DAY, pods=1, **stores)
        with Wiring(settings) as wiring:
            wiring.begin()
            yield wiring


def speed(wiring: Wiring) -> object:
    return wiring.redis.hget("bf:clock", "speed")


def test_a_clock_that_runs_goes_on_and_one_that_nobody_leads_stands(wiring: Wiring) -> None:
    leader = beat_lease(wiring.database, "a beat")
    assert leader.take() is not None
    wiring.replayed_clock.set(wiring.fleet_row.market_at(), speed=60)
    running = speed(wiring)
    wiring.begin(is_sized=False)
    assert speed(wiring) == running
    leader.leave()
    wiring.begin(is_sized=False)
    assert speed(wiring) != running


def test_a_fleet_that_has_begun_stays_as_large_as_its_operators_made_it(wiring: Wiring) -> None:
    made = wiring.layouts.layout()
    wiring.layouts.arrange(Shape(3, 4, 250), version=made.version)
    wiring.begin(is_sized=False)
    shape = wiring.layouts.layout().shape
    assert shape is not None
    assert (shape.pods, shape.instances) == (3, 4)
