"""The compose file as it is shipped, played on: a fleet in containers lives through part of a day.

podman-compose is the only speaker of such files that the registries here have; podman is told no
`--requires`, in whose order podman 4.3 loses its way: the order is compose's to keep, and it does.
"""

import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from botfleet.adapters.system.ports import choose
from botfleet.adapters.vault.envelope import load_or_create
from tests.containers.engine import ROOT, Engine
from tests.deploy.test_nginx import certify

FILES = [ROOT / "deploy" / name for name in ("compose.yaml", "compose.sandbox.yaml")]
COMPOSE = Path(sys.executable).with_name("podman-compose")
NOBODY = 10_001
PATIENCE_S = 600
WITHOUT = """#!/bin/sh
n=$#
while [ $n -gt 0 ]; do
  word=$1; shift; n=$((n - 1))
  case $word in --requires=*) ;; *) set -- "$@" "$word" ;; esac
done
exec podman "$@"
"""
PEOPLE = """
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_people import populate
from botfleet.config import Settings
import os
settings = Settings.read(sandbox_admin=os.environ['ADMIN'])
with Wiring(settings) as wiring:
    populate(wiring, settings, recorded=False, users=3, bots=9)
"""
LET_GO = """
from botfleet.adapters.market.played import played_session, played_to
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
settings = Settings.read()
with Wiring(settings) as wiring:
    wiring.fleet_row.play_to(played_to(played_session(settings)))
"""


LOOK = """
import os, psycopg
url = os.environ.get('BOTFLEET_DATABASE_URL') or os.environ['BOTFLEET_DOOR_URL']
with psycopg.connect(url.replace('+psycopg', '', 1)) as it:
    asked = "SELECT rolname, rolsuper, (SELECT count(*) FROM bots) FROM pg_roles"
    asked += " WHERE rolname = current_user"
    print(*it.execute(asked).fetchone())
"""
SCRAPE = """
import urllib.request as u
print(u.urlopen('http://127.0.0.1:9464/metrics').read().decode())
"""


@dataclass(frozen=True)
class Project:
    """A fleet that compose runs."""

    engine: Engine
    home: Path
    port: int
    words: dict[str, str]

    def compose(self, *words: str) -> None:
        files = [f"--file={file}" for file in FILES]
        how = ["--in-pod=false", f"--podman-path={self.home / 'podman'}", *files]
        command = [str(COMPOSE), *how, f"--env-file={self.home / 'fleet.env'}", *words]
        done = subprocess.run(
            command,
            env={**self.engine.env, **self.words},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def inside(self, part: str, *words: str) -> str:
        return self.engine("exec", f"botfleet_{part}_1", *words)

    def told(self, *words: str) -> Any:
        """Give what a command of ours says, asked where operators ask."""
        return json.loads(self.inside("orders", "botfleet", *words, "--json"))

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.home / "tls/certificate.pem"))
        return httpx.Client(base_url=f"https://localhost:{self.port}", verify=context)


def until(holds: Callable[[], bool], what: str) -> float:
    """Wait; give how long it took."""
    began_s = time.monotonic()
    while not holds():
        assert time.monotonic() - began_s < PATIENCE_S, what
        time.sleep(0.5)
    return time.monotonic() - began_s


@pytest.fixture(scope="module")
def project(
    engine: Engine,
    image: str,
    door_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Project]:
    """The fleet, every container of it started, of images that were built for it."""
    assert engine.has(image.rpartition("/")[2])
    assert engine.has(door_image.rpartition("/")[2])
    if not COMPOSE.exists():
        pytest.skip(f"podman-compose is not in {COMPOSE.parent}")
    home, (port,) = tmp_path_factory.mktemp("compose"), choose([0], near="compose")
    for place in (home, *home.parents[:2]):
        place.chmod(0o711)
    words = {
        name: secrets.token_hex(12)
        for name in (
            *("POSTGRES_PASSWORD", "FLEET_PASSWORD", "DOOR_PASSWORD"),
            *("QUEUE_PASSWORD", "POOL_PASSWORD"),
            *("OAUTH_CLIENT_SECRET", "MARKET_TOKEN", "SANDBOX_ADMIN"),
        )
    }
    plain = {"DOOR_PORT": str(port), "PUBLIC_URL": f"https://localhost:{port}", "IS_HELD": "true"}
    given = {**words, **plain, "VAULT_FILE": str(home / "vault.json"), "TLS": str(home / "tls")}
    (home / "fleet.env").write_text("".join(f"{name}={one}\n" for name, one in given.items()))
    (home / "podman").write_text(WITHOUT)
    (home / "podman").chmod(0o755)
    load_or_create(home / "vault.json")
    certify(home / "tls")
    for path in (home / "vault.json", home / "tls", *(home / "tls").iterdir()):
        os.chown(path, NOBODY, NOBODY)
    fleet = Project(engine, home, port, given)
    fleet.compose("up", "--detach")
    try:
        yield fleet
    finally:
        fleet.compose("--profile", "pod-2", "down", "--volumes", "--timeout", "10")


def ready(fleet: Project) -> bool:
    answer = fleet.engine(
        *("exec", "botfleet_api_1", "python", "-c"),
        "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/readyz').read())",
        is_checked=False,
    )
    return '"status":"ready"' in answer


def test_a_fleet_in_containers_lives_through_part_of_a_day(project: Project) -> None:
    """Up, peopled, traded, grown, hurt, taken down and up again: one story, as starting costs."""
    took_s = until(lambda: ready(project), "the API is ready")
    print(f"\nthe API is ready {took_s:.0f} s after compose was")  # noqa: T201  a figure to be told
    admin = f"--env=ADMIN={project.words['SANDBOX_ADMIN']}"
    project.engine("exec", admin, "botfleet_orders_1", "python", "-c", PEOPLE)
    ask_at_the_door(project)
    the_api_knows_its_own_login_alone(project)
    project.inside("orders", "python", "-c", LET_GO)
    until(lambda: newest(project) is not None, "bots run")
    grow(project)
    kill(project, "pod-1")
    seen = newest(project)
    until(lambda: newest(project) != seen, "bots run on")
    orders = placed(project)
    project.compose("--profile", "pod-2", "down", "--timeout", "30")
    project.compose("--profile", "pod-2", "up", "--detach")
    until(lambda: ready(project), "the API is ready again")
    assert len(instances(project)) == 6, "what operators made of it stays"
    assert orders <= placed(project)
    assert project.told("fleet", "verify")["drifted"] == []


def ask_at_the_door(project: Project) -> None:
    token = project.told("user", "add", "Bob")["token"]
    with project.client() as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        assert client.get("/v1/bots").status_code == 401
        known = client.get("/v1/bots", headers={"Authorization": f"Bearer {token}"})
        assert known.status_code == 200
        assert client.get("/v1/bots?q=<script>alert(1)</script>").status_code == 403


def the_api_knows_its_own_login_alone(project: Project) -> None:
    """It never hears of the fleet's login; its own sees no user's rows; each part is scraped."""
    env = project.inside("api", "env")
    assert "BOTFLEET_DOOR_URL" in env
    assert "BOTFLEET_DATABASE_URL" not in env
    assert project.words["FLEET_PASSWORD"] not in env
    assert project.words["POSTGRES_PASSWORD"] not in env
    look = ("python", "-c", LOOK)
    assert project.inside("api", *look) == "door False 0"
    name, is_superuser, seen = project.inside("orders", *look).split()
    assert (name, is_superuser) == ("fleet", "False")
    assert int(seen) > 0
    for part in ("api", "courier", "beat", "router", "orders", "pod-1"):
        scraped = project.inside(part, "python", "-c", SCRAPE)
        assert "botfleet_" in scraped, part
        assert ("botfleet_up" in scraped) is (part == "courier")


def grow(project: Project) -> None:
    """More instances in the pod there is, then another pod."""
    project.inside("orders", "botfleet", "pod", "scale", "--instances", "3", "--yes")
    assert len(instances(project)) == 3
    project.compose("--profile", "pod-2", "up", "--detach", "--no-recreate", "pod-2")
    project.inside("orders", "botfleet", "pod", "scale", "--pods", "2", "--yes")
    assert len(instances(project)) == 6


def kill(project: Project, part: str) -> None:
    """Kill a container's first process with -9, and wait until the engine has started another."""
    first = pid(project, part)
    os.kill(first, signal.SIGKILL)
    until(lambda: pid(project, part) not in {0, first}, "the container is back")


def newest(project: Project) -> object:
    return next(iter(project.told("run", "list", "--limit", "1")), None)


def placed(project: Project) -> set[str]:
    return {one["order_id"] for one in project.told("order", "list", "--limit", "500")}


def pid(project: Project, part: str) -> int:
    return int(project.engine.seen(f"botfleet_{part}_1")["State"]["Pid"])


def instances(project: Project) -> list[str]:
    return [one["instance"] for one in project.told("pod", "list")["instances"]]
