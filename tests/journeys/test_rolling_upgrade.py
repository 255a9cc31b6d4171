"""A day under way while every part of a fleet is replaced by a newer build, one after another.

The build before is one of our own past, as its commit has it: since then the schema grew by three
steps. It plays the morning; then its schema is migrated under it, and each part is ended in order
and begun as today's build, while the others, old and new, go on. One part goes back once more, as
an operator who has second thoughts would. A run exactly once, books and pools whole, as ever.

    pytest -m upgrade tests/journeys/test_rolling_upgrade.py      # needs the commit; minutes
"""

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from botfleet.adapters.postgres.database import rows
from botfleet.adapters.system import servers
from botfleet.adapters.system.ports import accepts, choose
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk
from botfleet.config import Settings, environment
from tests.journeys.test_resume import PATIENCE_S, until

pytestmark = pytest.mark.upgrade

ROOT = Path(__file__).parents[2]
#: The first build that said which schemas it can live with (0031); today's are later.
BEFORE = "7af5017"
DAY = date(2026, 3, 13)
MORNING = datetime(2026, 3, 13, 14, 30, tzinfo=UTC)
APART = timedelta(minutes=12)
FLEET = "from botfleet.cli.main import main; main()"
PARTS = {
    "router": ("serve", "router"),
    "orders": ("serve", "orders"),
    "beat.1": ("serve", "beat"),
    "beat.2": ("serve", "beat"),
    "pod.1": ("serve", "pod", "--pod", "1"),
    "pod.2": ("serve", "pod", "--pod", "2"),
}
KNOWN = (
    "import json; from botfleet.config import Settings; print(json.dumps([*Settings.model_fields]))"
)
PEOPLE = """
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_people import populate
from botfleet.config import Settings
settings = Settings.read()
with Wiring(settings) as wiring:
    wiring.vault.seal(b"", "made")
    populate(wiring, settings, recorded=False, users=8, bots=40)
"""


@dataclass
class Build:
    """One build of the fleet's code, and how programs of it are begun."""

    name: str
    code: Path
    settings: Settings
    home: Path
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.known = frozenset(json.loads(self.done("-c", KNOWN)))

    def env(self, home: str) -> dict[str, str]:
        given = self.settings.model_copy(update={"home": self.home / home, "build": self.name})
        return {**self._told(environment(given)), "PYTHONPATH": str(self.code)}

    def _told(self, env: dict[str, str]) -> dict[str, str]:
        """Leave out settings this build never heard of, and refuses."""
        known: frozenset[str] = getattr(self, "known", frozenset())
        ours = {f"BOTFLEET_{name.upper()}" for name in known}
        return {n: v for n, v in env.items() if not n.startswith("BOTFLEET_") or n in ours}

    def done(self, *words: str) -> str:
        """Run a program of this build to its end."""
        command, env = [sys.executable, *words], self.env("hands")
        ran = subprocess.run(
            command, env=env, cwd=self.code, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def begin(self, part: str) -> "subprocess.Popen[bytes]":
        words = PARTS.get(part, ())
        program = ["-c", FLEET, *words] if words else ["-m", f"botfleet.{part}"]
        log = (self.home / f"{part}.{self.name}.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, *program],
                env=self.env(part),
                cwd=self.code,
                stdout=log,
                stderr=log,
            )


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The build before, as its commit has it."""
    place = tmp_path / "before"
    archive = ["git", "-C", str(ROOT), "archive", BEFORE]
    packed = subprocess.run(archive, capture_output=True, check=False)
    if packed.returncode != 0:
        pytest.skip(f"commit {BEFORE} is not in this clone")
    place.mkdir()
    subprocess.run(["tar", "-x", "-C", str(place)], input=packed.stdout, check=True)
    return place


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """A Postgres that waits for the disk: one that does not is refused at the begin."""
    server = servers.postgres(tmp_path)
    with servers.running(server, tmp_path / "postgres.log"):
        yield server.url


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[servers.Server]:
    server = servers.valkey(tmp_path)
    with servers.running(server, tmp_path / "valkey.log"):
        yield server


@pytest.fixture
def settings(tmp_path: Path, postgres: str, valkey: servers.Server) -> Settings:
    sandbox, api = choose([0, 0], near=tmp_path.name)
    given = {
        name: secrets.token_urlsafe(32)
        for name in ("oauth_client_secret", "market_token", "sandbox_admin")
    }
    return Settings.read(
        home=tmp_path / "hands",
        clock="lockstep",
        date=DAY,
        is_held=True,
        pods=2,
        instances=2,
        users_per_instance=4,
        database_url=postgres,
        broker_url=valkey.database(0),
        pool_url=valkey.database(1),
        sandbox_port=sandbox,
        api_port=api,
        market_url=f"http://127.0.0.1:{sandbox}",
        broker_base_url=f"http://127.0.0.1:{sandbox}",
        oauth_client_id="upgraded",
        vault_key_file=tmp_path / "vault.json",
        **given,
    )


@pytest.fixture
def running() -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """The parts by name; what is left of them is ended."""
    parts: dict[str, subprocess.Popen[bytes]] = {}
    yield parts
    for one in parts.values():
        one.terminate()
    for one in parts.values():
        one.wait()


def test_every_part_is_replaced_while_bots_trade(
    code: Path, settings: Settings, tmp_path: Path, running: dict[str, "subprocess.Popen[bytes]"]
) -> None:
    before = Build("before", code, settings, tmp_path)
    after = Build("after", ROOT, settings, tmp_path)
    before.done("-c", FLEET, "db", "migrate", "--begin")
    for part in ("sandbox", *PARTS, "api"):
        running[part] = before.begin(part)
    for port in (settings.sandbox_port, settings.api_port):
        while not accepts(port or 0):
            assert all(one.poll() is None for one in running.values())
            time.sleep(0.2)
    before.done("-c", PEOPLE)
    with Wiring(settings) as wiring:
        play(wiring, MORNING)
        after.done("-c", FLEET, "db", "migrate")
        replace(wiring, running, before, after)
        closes_at = datetime(2026, 3, 13, 20, 20, tzinfo=UTC)
        play(wiring, closes_at)
        with wiring.database.transaction() as connection:
            (seen,) = rows(connection, _SEEN)
        proved = findings(wiring, desk(settings).book())
    print(f"\n{dict(seen)}", *proved, sep="\n")  # noqa: T201  figures to be told
    assert [one.code for one in proved if not one.ok] == []
    assert seen["marks_done"] > 50
    assert seen["filled"] > 3
    assert seen["left"] == 0
    assert seen["runs"] == seen["run_ids"]


def replace(
    wiring: Wiring, running: dict[str, "subprocess.Popen[bytes]"], before: Build, after: Build
) -> None:
    """End one part after another in the middle of its work, and begin it as another build."""
    at = MORNING
    turns = [(part, after) for part in ("pod.1", "router", "orders", "beat.1", "api")]
    turns += [("pod.1", before), ("beat.2", after), ("pod.2", after), ("pod.1", after)]
    for part, build in turns:
        at += APART
        wiring.fleet_row.play_to(at)
        running[part].terminate()
        assert running[part].wait(PATIENCE_S) in {0, -signal.SIGTERM}, part
        running[part] = build.begin(part)
        play(wiring, at)


def play(wiring: Wiring, at: datetime) -> None:
    """Let the day go on until an instant, and all that is due by then be done."""
    wiring.fleet_row.play_to(at)
    until(wiring, at)


_SEEN = """
SELECT (SELECT count(*) FROM work WHERE kind = 'mark' AND state = 'done') AS marks_done,
       (SELECT count(*) FROM work WHERE state IN ('due', 'claimed', 'failed')) AS left,
       (SELECT count(*) FROM runs) AS runs, (SELECT count(DISTINCT run_id) FROM runs) AS run_ids,
       (SELECT count(*) FROM orders) AS orders,
       (SELECT count(*) FROM orders WHERE filled > 0) AS filled
"""
