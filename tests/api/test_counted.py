"""What the API counts of itself: routes as we wrote them, whatever is asked of whom."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import generate_latest, values
from prometheus_client.parser import text_string_to_metric_families

from botfleet.adapters.postgres.database import DOOR
from botfleet.adapters.telemetry import door as counting
from botfleet.adapters.telemetry import scrape
from botfleet.api.app import create
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from tests.api.door import Door
from tests.patience import PATIENCE_S
from tests.sandbox.running import running

Labels = tuple[tuple[str, str], ...]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of counts; the tests' own process counts in it for a while."""
    before = values.ValueClass
    yield tmp_path
    values.ValueClass = before


@pytest.fixture
def url(door: Door, settings: Settings, home: Path) -> Iterator[str]:  # noqa: ARG001  is there
    """An API that counts; three requests at once and no more."""
    own = str(settings.database_url).replace("//botfleet@", "//at_the_door@")
    given = {"database_url": None, "door_url": own, "api_burst": 3, "api_per_s": 1 / 3600}
    wiring = Wiring(settings.model_copy(update=given), role=DOOR)
    with running(create(wiring, counting.measure(home))) as url:
        yield url
    wiring.database.close()


def counted(home: Path) -> dict[str, dict[Labels, float]]:
    text = generate_latest(scrape.registry(home)).decode()
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(sorted(one.labels.items()))] = one.value
    return found


def asked(home: Path) -> dict[tuple[str, str, str], float]:
    """Give requests by method, route and status."""
    requests = counted(home).get("botfleet_api_requests_total", {})
    return {tuple(value for _, value in labels): n for labels, n in requests.items()}  # type: ignore[misc]


def test_requests_are_counted_by_route_method_and_answer(door: Door, url: str, home: Path) -> None:
    bearer = {"Authorization": f"Bearer {door.tokens['ann']}"}
    with httpx.Client(base_url=url, headers=bearer, timeout=PATIENCE_S) as client:
        for path in ("/v1/bots/Test", "/v1/bots/nobodys-secret", "/v1/bots", "/v1/runs"):
            client.get(path)
        client.request("PROPFIND", "/v1/bots")
        client.get("/etc/passwd")
        client.get("/v1/bots", headers={"Authorization": "Bearer somebodys-token"})
        client.post("/v1/bots", content=b"x" * 70_000)
    assert asked(home) == {
        ("GET", "/v1/bots/{bot}", "200"): 1,
        ("GET", "/v1/bots/{bot}", "404"): 1,
        ("GET", "/v1/bots", "200"): 1,
        ("GET", "/v1/runs", "429"): 1,
        ("other", "/v1/bots", "405"): 1,
        ("GET", "nowhere", "404"): 1,
        ("GET", "/v1/bots", "401"): 1,
        ("POST", "nowhere", "413"): 1,
    }
    found = counted(home)
    problems = {labels[0][1]: n for labels, n in found["botfleet_api_problems_total"].items()}
    assert problems == {
        "not_found": 2,
        "too_often": 1,
        "method_not_allowed": 1,
        "unauthorized": 1,
        "too_large": 1,
        "internal": 0,
        "store_unavailable": 0,
        "too_many_streams": 0,
    }
    answers = found["botfleet_api_answer_seconds_count"]
    assert answers[(("route", "/v1/bots"),)] == 3
    assert "somebodys" not in str(found)
    assert "nobodys" not in str(found)


def test_a_fault_of_ours_is_counted_as_one(home: Path) -> None:
    class Broken:
        """Stands in for a process whose adapters are not what they should be."""

        newsroom = None

    with running(create(Broken(), counting.measure(home))) as url:  # type: ignore[arg-type]
        assert httpx.get(f"{url}/readyz", timeout=PATIENCE_S).status_code == 500
    assert asked(home) == {("GET", "/readyz", "500"): 1}
    assert counted(home)["botfleet_api_problems_total"][(("code", "internal"),)] == 1


def test_streams_are_counted_while_they_are_listened_to(door: Door, url: str, home: Path) -> None:
    bearer = {"Authorization": f"Bearer {door.tokens['ann']}"}

    def streams() -> float:
        return counted(home)["botfleet_api_streams"][()]

    with httpx.stream("GET", f"{url}/v1/stream", headers=bearer, timeout=PATIENCE_S) as answer:
        next(answer.iter_lines())
        assert streams() == 1
    over = threading.Event()
    while streams():
        over.wait(0.05)
    assert asked(home) == {("GET", "/v1/stream", "200"): 1}
