"""Commands run in the process of their test, against the stores of a small fleet."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from botfleet.adapters.redis.clock import ReplayedClock
from botfleet.bootstrap import Wiring
from botfleet.cli import connected
from botfleet.config import Settings
from tests.application.conftest import house, schema
from tests.application.house import MARK, House
from tests.application.market import DAY, OPEN
from tests.cli.shell import FILE, Shell

__all__ = ["house", "schema"]


@pytest.fixture
def shell(
    house: House,
    valkey_url: str,
    pool_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shell]:
    url = house.database._engine.url.render_as_string(hide_password=False)
    given = {"DATABASE_URL": url, "BROKER_URL": valkey_url, "POOL_URL": pool_url}
    given |= {"HOME": str(tmp_path), "CLOCK": "replayed", "DATE": f"{DAY}"}
    for name, value in given.items():
        monkeypatch.setenv(f"BOTFLEET_{name}", value)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    wired: list[Wiring] = []

    def wire(settings: Settings) -> Wiring:
        wired.append(Wiring(settings))
        return wired[-1]

    monkeypatch.setattr(connected, "Wiring", wire)
    ReplayedClock(house.redis, wall_s=lambda: 0.0, recall=lambda: OPEN).set(MARK, speed=0)
    house.clock.at = MARK
    yield Shell(capsys, house)
    for wiring in wired:
        wiring.app.close()
        wiring.redis.close()
        wiring.database.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "bot.yaml"
    path.write_text(FILE)
    return str(path)
