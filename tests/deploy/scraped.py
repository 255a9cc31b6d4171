"""A real Prometheus with the fleet's own rules, that scrapes a demo day as it is played."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from botfleet.adapters.system.places import sockets_of
from botfleet.adapters.system.ports import accepts, choose
from tests.played import demo

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
        while not accepts(port):
            assert process.poll() is None, (home / "log").read_text()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
            start = now(client)
            _play(home / "fleet", fleet_port, words)
            yield Day(client, start, now(client))
    finally:
        process.terminate()
        process.wait()


def now(prometheus: httpx.Client) -> float:
    """Give Prometheus's time."""
    return float(prometheus.get("/query", params={"query": "time()"}).json()["data"]["result"][1])


def _play(home: Path, metrics_port: int, words: Sequence[str]) -> None:
    home.mkdir(mode=0o700)
    try:
        day = demo(home, *words, BOTFLEET_METRICS_PORT=str(metrics_port))
    finally:
        shutil.rmtree(sockets_of(home))
    assert all(one["ok"] for one in day["invariants"])
