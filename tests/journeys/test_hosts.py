"""The parts of a fleet on hosts of their own: between them Postgres, Redis and HTTP (S3, S5)."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from botfleet.adapters.postgres.database import rows
from botfleet.adapters.postgres.migrate import upgrade
from botfleet.adapters.system.ports import choose
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_day import findings
from botfleet.cli.demo_people import desk, populate
from botfleet.config import Settings, environment
from tests.databases import fresh
from tests.journeys.hosts import Network, network
from tests.journeys.test_resume import PATIENCE_S, until

LATE_MORNING = datetime(2026, 3, 13, 14, 50, tzinfo=UTC)
PROGRAM = [sys.executable, "-c", "from botfleet.cli.main import main; main()"]
#: Which part runs where; only one host is handed the vault's key.
PARTS = {
    "hub": (("router",), ("beat",)),
    "desk": (("orders",),),
    "one": (("pod", "--pod", "1"),),
    "two": (("pod", "--pod", "2", "--join"),),
}


def settings_at(
    hosts: Network, home: Path, postgres_url: str, valkey_url: str, stack: ExitStack
) -> Settings:
    """Give the settings that every host shares: servers at the bridge, and the sandbox there."""
    asked = urlsplit(stack.enter_context(fresh(postgres_url)))
    (folder,) = parse_qs(asked.query)["host"]
    database = hosts.forward(f"{folder}/.s.PGSQL.5432")
    kept = urlsplit(valkey_url)
    queue = hosts.forward((str(kept.hostname), int(kept.port or 0)))
    (sandbox,) = choose([0], near=home.name)
    where = f"{hosts.gate}:{queue}"
    shared = Settings.read(
        home=home,
        clock="lockstep",
        date=date(2026, 3, 13),
        is_held=True,
        pods=1,
        instances=1,
        users_per_instance=4,
        database_url=f"postgresql+psycopg://{asked.username}@{hosts.gate}:{database}{asked.path}",
        broker_url=f"redis://:{kept.password}@{where}/2",
        pool_url=f"redis://:{kept.password}@{where}/3",
        sandbox_host="0.0.0.0",  # noqa: S104  on this machine and at the bridge
        sandbox_port=sandbox,
        market_url=f"http://sandbox:{sandbox}",
        broker_base_url=f"http://sandbox:{sandbox}",
        oauth_client_id="hosts",
        **{
            name: secrets.token_urlsafe(32)
            for name in ("oauth_client_secret", "market_token", "sandbox_admin")
        },
    )
    upgrade(str(shared.database_url))
    with Wiring(shared) as wiring:
        wiring.begin()
    command = [sys.executable, "-m", "botfleet.sandbox"]
    served = subprocess.Popen(command, env=environment(shared))
    stack.callback(served.wait)
    stack.callback(served.terminate)
    return shared


def test_parts_on_hosts_of_their_own_play_a_morning(
    tmp_path: Path, postgres_url: str, valkey_url: str
) -> None:
    """Nobody shares a disk, a host name, a process number or a loopback with anybody else.

    Users sit on two pods, the second of which joined by itself; both did their users' work, the one
    host with the key sent all orders, and every instance tells the operator what it weighs.
    """
    home = tmp_path / "home"
    with network() as hosts, ExitStack() as stack:
        shared = settings_at(hosts, home, postgres_url, valkey_url, stack)
        near = shared.model_copy(
            update={"broker_base_url": f"http://127.0.0.1:{shared.sandbox_port}"}
        )
        with Wiring(near) as wiring:
            wiring.vault.seal(b"", "made")
            key = (home / "vault.json").read_bytes()
            for name, parts in PARTS.items():
                place = hosts.host(name)
                for part in parts:
                    handed, log = key if name == "desk" else b"", tmp_path / f"{name}-{part[0]}.log"
                    command, env = [*PROGRAM, "serve", *part], environment(shared)
                    hosts.run(place, command, env, home, key=handed, log=log)
            layout = wiring.layouts.layout
            wait(lambda: (shape := layout().shape) is not None and shape.pods == 2)
            populate(wiring, near, recorded=False, users=8, bots=32)
            wiring.fleet_row.play_to(LATE_MORNING)
            until(wiring, LATE_MORNING)
            with wiring.database.transaction() as connection:
                worked = rows(connection, _WORKED)
                (filled,) = rows(connection, "SELECT count(*) AS n FROM orders WHERE filled > 0")
            assert [row["pod"] for row in worked] == [1, 2]
            assert filled["n"] > 3
            weights = wiring.loads.read(["pod.1.1", "pod.2.1", "pod.3.1"])
            assert set(weights) == {"pod.1.1", "pod.2.1"}
            assert all(load.memory_bytes > 10 * 2**20 for load in weights.values())
            proved = findings(wiring, desk(near).book())
            assert [one.code for one in proved if not one.ok] == []


_WORKED = """
SELECT DISTINCT pod FROM work WHERE kind = 'mark' AND state = 'done' AND cardinality(bots) > 0
ORDER BY 1
"""


def wait(happened: Callable[[], bool]) -> None:
    """Wait for what another host does: no event tells of it here."""
    ends_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < ends_s
        time.sleep(0.1)
