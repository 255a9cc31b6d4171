"""A real Prometheus with the fleet's own rules, that scrapes a demo day as it is played."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import httpx
import yaml

from botfleet.adapters.system import homes
from botfleet.adapters.system.places import sockets_of
from botfleet.adapters.system.ports import accepts, choose
from tests.played import PROGRAM, demo

#: How long the visitor rests between looks.
LOOK_S = 0.5
#: How often Prometheus is asked whether it is ready: it tells nobody.
GLANCE_S = 0.05
RULES = Path(__file__).parents[2] / "deploy/prometheus"


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
    words: Sequence[str],
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
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
            start = now(client)
            with _visited(home / "fleet"):
                _play(home / "fleet", fleet_port, words)
            yield Day(client, start, now(client))
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    """Say whether a Prometheus answers: it listens before it has read what it kept."""
    return accepts(port) and httpx.get(f"http://127.0.0.1:{port}/-/ready").is_success


def now(prometheus: httpx.Client) -> float:
    """Give Prometheus's time."""
    return float(prometheus.get("/query", params={"query": "time()"}).json()["data"]["result"][1])


@contextmanager
def _visited(home: Path) -> Iterator[None]:
    """Have one more user look at the fleet while it plays: listings, a stream, a few wrong ways."""
    over = Event()
    visitor = Thread(target=_visit, args=(home, over))
    visitor.start()
    try:
        yield
    finally:
        over.set()
        visitor.join()


def _visit(home: Path, over: Event) -> None:
    while not over.wait(LOOK_S):
        fleet = homes.found(home)
        if fleet is None:
            continue
        command = [*PROGRAM, "user", "add", "visitor", "--json", "--home", str(home)]
        added = subprocess.run(command, capture_output=True, text=True, check=False)
        if added.returncode == 0:
            bearer = {"Authorization": f"Bearer {json.loads(added.stdout)['token']}"}
            with suppress(httpx.HTTPError), httpx.Client(base_url=fleet.urls["API"]) as client:
                client.headers.update(bearer)
                with client.stream("GET", "/v1/stream"):
                    _look_around(client, over)
            return


def _look_around(client: httpx.Client, over: Event) -> None:
    while not over.wait(LOOK_S):
        for path in ("bots", "positions", "orders", "runs", "bots/none", "connections"):
            client.get(f"/v1/{path}")
        client.get("/v1/bots", headers={"Authorization": "Bearer nobodys"})


def _play(home: Path, metrics_port: int, words: Sequence[str]) -> None:
    home.mkdir(mode=0o700)
    try:
        day = demo(home, *words, BOTFLEET_METRICS_PORT=str(metrics_port))
    finally:
        shutil.rmtree(sockets_of(home))
    assert all(one["ok"] for one in day["invariants"])
