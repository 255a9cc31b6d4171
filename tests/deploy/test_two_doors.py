"""Two processes of the API behind one nginx: any answers for any, and one may go (S37)."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from botfleet.adapters.system.ports import accepts, choose
from botfleet.config import Settings, environment
from tests.api.conftest import door, served, settings
from tests.api.door import Door
from tests.deploy.test_nginx import Front, fronting
from tests.patience import PATIENCE_S

__all__ = ["door", "served", "settings"]  # the API's own fixtures


PUBLIC = "https://botfleet.example"


@dataclass
class Pair:
    """Two API processes, each at its URL, and nginx before both."""

    front: Front
    urls: tuple[str, str]
    processes: "tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]"


@pytest.fixture
def pair(door: Door, settings: Settings, tmp_path: Path) -> Iterator[Pair]:
    ports = choose([0, 0], near="two doors")
    started = [_started(settings, port, tmp_path) for port in ports]
    try:
        for port, process in zip(ports, started, strict=True):
            while not accepts(port):
                assert process.poll() is None, (tmp_path / f"{port}.log").read_text()
        first, second = (f"127.0.0.1:{port}" for port in ports)
        with fronting(door, tmp_path, first, second) as front:
            urls = (f"http://{first}", f"http://{second}")
            yield Pair(front, urls, (started[0], started[1]))
    finally:
        for process in started:
            process.kill()
            process.wait()


def _started(settings: Settings, port: int, home: Path) -> "subprocess.Popen[bytes]":
    update = {"api_port": port, "public_url": PUBLIC}
    given = environment(settings.model_copy(update=update))
    with (home / f"{port}.log").open("wb") as log:
        command = [sys.executable, "-m", "botfleet.api"]
        return subprocess.Popen(command, env=given, stdout=log, stderr=log)


def test_what_one_process_began_the_other_goes_on_with(pair: Pair, door: Door) -> None:
    """Nothing of a request stays in the process that answered it: no change, version or consent."""
    bearer = {"Authorization": f"Bearer {door.tokens['ann']}", "Idempotency-Key": "once"}
    one, other = (
        httpx.Client(base_url=url, headers=bearer, timeout=PATIENCE_S) for url in pair.urls
    )
    with one, other:
        assert one.patch("/v1/bots/Test", json={"group": "income"}).status_code == 200
        seen = other.get("/v1/bots/Test")
        assert seen.json()["bot"]["group"] == "income"
        assert seen.headers["etag"] == one.get("/v1/bots/Test").headers["etag"]
        clicks = "/v1/bots/Test/buttons/go/clicks"
        assert one.post(clicks).json() == other.post(clicks).json()
        assert door.house.one("SELECT count(*) FROM work") == (1,)
        left = one.post("/v1/connections", json={})
        cookie = {"botfleet_consent": left.cookies["botfleet_consent"]}
    for url, cookies, status in ((pair.urls[1], {}, 401), (pair.urls[1], cookie, 503)):
        asked = httpx.URL(left.json()["authorize_url"]).params
        assert asked["redirect_uri"].startswith(f"{PUBLIC}/v1/connections/callback/")
        back = asked["redirect_uri"].replace(PUBLIC, url)
        answer = httpx.get(
            back,
            params={"code": "c", "state": asked["state"]},
            cookies=cookies,
            timeout=PATIENCE_S,
        )
        assert answer.status_code == status  # known, but its broker is not there to be asked


def test_one_may_go_and_the_other_answers(pair: Pair) -> None:
    with pair.front.client() as client:
        for _ in range(4):
            assert client.get("/v1/bots").status_code == 200
        pair.processes[0].kill()
        pair.processes[0].wait()
        for n in range(6):
            change = client.patch(
                "/v1/bots/Test", json={"notes": str(n)}, headers={"Idempotency-Key": str(n)}
            )
            assert change.json()["bot"]["notes"] == str(n)
            assert client.get("/v1/bots").json()["items"][0]["notes"] == str(n)
