"""An instance that is asked to end in the middle of its work finishes it, or hands it back."""

import os
import signal
import time
from pathlib import Path

from botfleet.adapters.postgres.database import rows
from botfleet.adapters.system.keeper import Happening
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from tests.journeys.test_resume import DAY, NOON, until

NAME = "pod.1.1"
TIMES, PATIENCE_S = 3, 600


def ask_to_end(fleet: Fleet, wiring: Wiring, known: set[object]) -> None:
    """Wait until the instance is at work on a row it was never stopped at, and ask it to end."""
    ends_s = time.monotonic() + PATIENCE_S
    sql = "SELECT work_id FROM work WHERE state = 'claimed' AND pod = 1 AND instance = 1"
    while True:
        with wiring.database.transaction() as connection:
            claimed = {row["work_id"] for row in rows(connection, sql)} - known
        pid = next(one.pid for one in fleet.processes() if one.name == NAME)
        if claimed and pid is not None:
            os.kill(pid, signal.SIGTERM)
            known |= claimed
            return
        assert time.monotonic() < ends_s, "the instance has no work"


def test_nothing_is_lost_or_doubled_by_instances_asked_to_end_at_work(home: Path) -> None:
    endings: list[str] = []

    def hear(one: Happening) -> None:
        if one.name == NAME and one.state == "resting":
            endings.append(one.words)

    settings = Settings.read(
        home=home, clock="lockstep", date=DAY, is_held=True, pods=1, instances=1
    )
    with Fleet(settings, hear).running() as fleet, Wiring(fleet.settings) as wiring:
        populate(wiring, fleet.settings, recorded=False, users=3, bots=12)
        wiring.fleet_row.play_to(NOON)
        known: set[object] = set()
        for _ in range(TIMES):
            ask_to_end(fleet, wiring, known)
        until(wiring, NOON)
        proved = findings(wiring, desk(fleet.settings).book())
        assert [one.code for one in proved if not one.ok] == []
        sql = "SELECT state, count(*) AS n FROM work WHERE work_id = ANY(%(known)s) GROUP BY 1"
        with wiring.database.transaction() as connection:
            stopped_at = {row["state"]: row["n"] for row in rows(connection, sql, known=[*known])}
    assert stopped_at == {"done": len(known)}
    assert len(endings) >= TIMES
    assert all(words.startswith("ended well") for words in endings), endings
