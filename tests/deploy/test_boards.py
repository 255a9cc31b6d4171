"""Rules and boards against a real Prometheus that scraped a fleet through a trading day."""

import datetime as dt
import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import mode
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
import yaml

from tests import metrics
from tests.board_pictures import MISSING
from tests.boards import BOARDS, HERE, written
from tests.deploy.needs import need
from tests.deploy.scraped import RULES, Cast, now, scraped

ROOT = Path(__file__).parents[2]
#: The day after Thanksgiving is a short one.
CAST = Cast(date=dt.date(2026, 11, 27), users=3, bots=12)
ALERTS = [
    rule
    for group in yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]


def test_the_boards_are_as_they_were_written() -> None:
    assert {path.name: path.read_text() for path in HERE.glob("*.json")} == written()


@pytest.mark.parametrize("name", BOARDS)
def test_the_picture_of_a_board_shows_every_panel_of_it(name: str) -> None:
    picture = ET.parse(ROOT / f"docs/boards/{name}.svg")  # noqa: S314  our own
    shown = {text for one in picture.iter() if (text := one.text)}
    assert {panel.title for panel in BOARDS[name]} <= shown
    assert MISSING not in shown


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_every_alert_has_a_runbook(alert: dict[str, Any]) -> None:
    assert (ROOT / "docs/runbooks" / alert["annotations"]["runbook"]).exists()
    assert alert["labels"]["severity"] in {"page", "ticket"}


def test_the_rules_hold_what_their_own_tests_say() -> None:
    (promtool,) = need("promtool")
    for words in (
        ["check", "rules", "recording.yml", "alerts.yml"],
        ["check", "config", "prometheus.yml"],
    ):
        subprocess.run([promtool, *words], cwd=RULES, check=True)
    command = [promtool, "test", "rules", "alerts_test.yml"]
    told = subprocess.run(command, cwd=RULES, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("fires", [True, False], ids=["fires", "is silent"])
def test_every_alert_is_tried_where_it_fires_and_where_it_is_silent(*, fires: bool) -> None:
    tests = yaml.safe_load((RULES / "alerts_test.yml").read_text())["tests"]
    tried = [one for test in tests for one in test.get("alert_rule_test", ())]
    names = {one["alertname"] for one in tried if bool(one.get("exp_alerts")) == fires}
    assert names == {alert["alert"] for alert in ALERTS}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A Prometheus that has scraped a small fleet through a day."""
    (program,) = need("prometheus")
    home = tmp_path_factory.mktemp("prometheus")
    # The same API by two names: as two replicas, which both tell how the whole fleet stands.
    with scraped(program, home, CAST, hosts=("127.0.0.1", "localhost")) as day:
        yield day.prometheus


def _asked(prometheus: httpx.Client, query: str) -> list[Any]:
    """Give every series a query had in the last five minutes."""
    end = now(prometheus)
    params: dict[str, str | float] = {"query": query, "start": end - 300, "end": end, "step": 1}
    answer = prometheus.get("/query_range", params=params).json()
    assert answer["status"] == "success", (query, answer)
    found: list[Any] = answer["data"]["result"]
    return found


def test_every_panel_shows_something(prometheus: httpx.Client) -> None:
    empty = {
        query
        for panels in BOARDS.values()
        for panel in panels
        for query in panel.queries.values()
        if not _asked(prometheus, query)
    }
    assert not empty


def test_every_alert_asks_of_metrics_that_are_there(prometheus: httpx.Client) -> None:
    names = set(prometheus.get("/label/__name__/values").json()["data"])
    for alert in ALERTS:
        _asked(prometheus, alert["expr"])
        for metric in re.findall(r"botfleet[_:][a-z0-9_:]+", alert["expr"]):
            assert metric in names, (alert["alert"], metric)


def test_a_running_fleet_exports_what_the_page_tells_and_nothing_else(
    prometheus: httpx.Client,
) -> None:
    known = prometheus.get("/metadata").json()["data"]
    scraped = {name: kinds[0]["type"] for name, kinds in known.items() if "botfleet" in name}
    exported = {name.removesuffix("_total"): kind for name, kind in scraped.items()}
    assert exported == {name: kind for name, (kind, _) in metrics.told().items()}
    for name, (_, labels) in metrics.told().items():
        found = prometheus.get("/series", params={"match[]": f'{{__name__=~"{name}.*"}}'}).json()
        for series in found["data"]:
            own = series.keys() - {"__name__", "instance", "job", "le"}
            assert own <= labels, series


def test_the_autoscaler_asks_what_this_prometheus_answers(prometheus: httpx.Client) -> None:
    """Its own query, word by word: three users and a visitor, so one pod by the threshold."""
    keda = (ROOT / "deploy/helm/botfleet/templates/keda.yaml").read_text()
    (query,) = re.findall(r"^\s+query: (.+)$", keda, re.MULTILINE)
    (seen,) = _asked(prometheus, query)
    # While users are seated, two replicas that are scraped apart may tell of different moments.
    people = mode(float(value) for _, value in seen["values"])
    assert people == 4
    values = yaml.safe_load((ROOT / "deploy/helm/botfleet/values.yaml").read_text())
    seats_a_pod = values["instances"] * values["usersPerInstance"]
    threshold = seats_a_pod * 8 // 10
    assert math.ceil(people / threshold) == 1
    assert math.ceil((seats_a_pod + 1) / threshold) == 2  # before a second pod must take anybody
