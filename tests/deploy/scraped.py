"""A real Prometheus with the fleet's own rules, that scrapes a demo day as it is played."""

import datetime as dt
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import httpx
import yaml
from rich.console import Console

from botfleet.adapters.market.played import played_session
from botfleet.adapters.system.places import sockets_of
from botfleet.adapters.system.ports import accepts, choose
from botfleet.bootstrap import BROKER, Wiring
from botfleet.cli.demo import Demo
from botfleet.cli.demo_operators import Operators
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from tests.patience import PATIENCE_S

#: How long the visitor rests between looks.
LOOK_S = 0.5
#: How often Prometheus is asked whether it is ready: it tells nobody.
GLANCE_S = 0.05
RULES = Path(__file__).parents[2] / "deploy/prometheus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays on which day."""

    date: dt.date
    users: int
    bots: int
    brokers: tuple[str, ...] = (BROKER,)
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What was scraped, and from when to when it was scraped every second (POSIX seconds)."""

    prometheus: httpx.Client
    start: float
    end: float


@contextmanager
def scraped(
    program: str,
    home: Path,
    cast: Cast,
    edit: Callable[[str], str] = str,
    hosts: Sequence[str] = ("127.0.0.1",),
) -> Iterator[Day]:
    """Play a demo day under the eyes of Prometheus; `edit` may change the text of its rules."""
    fleet_port, port = choose([0, 0], near="prometheus")
    config = yaml.safe_load((RULES / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    targets = [f"{host}:{fleet_port}" for host in hosts]
    config["scrape_configs"][0]["static_configs"] = [{"targets": targets}]
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    for name in ("recording.yml", "alerts.yml"):
        (home / name).write_text(edit((RULES / name).read_text()))
    listening = f"--web.listen-address=127.0.0.1:{port}"
    command = [program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", listening]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log)
    try:
        while not _is_ready(port):
            assert process.poll() is None, (home / "log").read_text()
            time.sleep(GLANCE_S)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=PATIENCE_S) as client:
            start = now(client)
            _play(home / "fleet", fleet_port, cast)
            yield Day(client, start, now(client))
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    """Say whether a Prometheus answers: it listens before it has read what it kept."""
    ready = f"http://127.0.0.1:{port}/-/ready"
    return accepts(port) and httpx.get(ready, timeout=PATIENCE_S).is_success


def now(prometheus: httpx.Client) -> float:
    """Give Prometheus's time."""
    return float(prometheus.get("/query", params={"query": "time()"}).json()["data"]["result"][1])


class Visited(Demo):
    """A day that begins once a user looks around: at listings, a stream, and a few wrong ways."""

    def _operators(self, wiring: Wiring, fleet: Fleet) -> Operators:
        token = wiring.roster.add_users(["visitor"], wiring.clock.now())["visitor"]
        bearer = {"Authorization": f"Bearer {token}"}
        client = httpx.Client(base_url=fleet.urls["API"], headers=bearer, timeout=PATIENCE_S)
        _look_around(client)
        Thread(target=_stay, args=(client,), daemon=True).start()
        return super()._operators(wiring, fleet)


def _stay(client: httpx.Client) -> None:
    """Look on for as long as somebody answers."""
    with suppress(httpx.HTTPError), closing(client), client.stream("GET", "/v1/stream"):
        while True:
            _look_around(client)
            time.sleep(LOOK_S)


def _look_around(client: httpx.Client) -> None:
    for path in ("bots", "positions", "orders", "runs", "bots/none", "connections"):
        client.get(f"/v1/{path}")
    client.get("/v1/bots", headers={"Authorization": "Bearer nobodys"})


def _play(home: Path, metrics_port: int, cast: Cast) -> None:
    settings = Settings.read(
        home=home, clock="lockstep", date=cast.date, is_held=True, metrics_port=metrics_port
    )
    session = played_session(settings)
    assert session is not None
    quiet = Console(quiet=True)
    day = Visited(settings, session, quiet, cast.users, cast.bots, cast.brokers, cast.breaks)
    try:
        summary = day.play()
    finally:
        shutil.rmtree(sockets_of(home))
    assert summary.is_sound, summary.invariants
