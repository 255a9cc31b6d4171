"""An automation tried on a running fleet: its clock, its feed, its bots as they stand; no trace."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from botfleet.application.verify import verify
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_people import populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from tests.journeys.test_resume import until
from tests.patience import PATIENCE_S

DAY = date(2026, 3, 13)
MORNING = datetime(2026, 3, 13, 14, tzinfo=UTC)
RANKS = str(Path(__file__).parents[2] / "examples/iv_rank_condors.yaml")


def tried(home: Path, *words: str) -> list[dict[str, Any]]:
    """Try automations by the command; give what it tells a program."""
    program = "from botfleet.cli.main import main; main()"
    command = [sys.executable, "-c", program, "automation", "test", *words]
    done = subprocess.run(
        [*command, "--json", "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.read(home=home, clock="lockstep", date=DAY, is_held=True, pods=1, instances=1)


def test_what_is_tried_on_a_living_fleet_is_live_and_leaves_no_trace(settings: Settings) -> None:
    """At 10:00 of the fleet's clock: a file with IV ranks, then bots of the fleet as they stand.

    Each verdict is the same when it is judged again, but where a limit skips it; no bot's state is
    another than before.
    """
    with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
        populate(wiring, fleet.settings, recorded=False, users=2, bots=10)
        wiring.fleet_row.play_to(MORNING)
        before = until(wiring, MORNING)
        (ranked,) = tried(settings.home, RANKS)
        assert ranked["data"] == "live data"
        assert datetime.fromisoformat(ranked["at"]) == MORNING
        assert "iv rank" in json.dumps(ranked["ends"])
        assert "needs implied volatilities" not in json.dumps(ranked["ends"])
        bots = wiring.journal.bots(None)[:3]
        runs = [one for bot in bots for one in tried(settings.home, str(bot.bot_id))]
        assert len(runs) >= len(bots) == 3
        assert ranked["is_same"]
        assert all(one["is_same"] or one["outcome"].startswith("skipped:") for one in runs)
        again = verify(wiring.prints, wiring.batches, wiring.pools, MORNING.date())
        assert again.digest == before.digest
