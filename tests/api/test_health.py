"""Alive is not ready: each store that does not answer is named."""

import httpx
import pytest

from botfleet.config import Settings
from tests.api.conftest import serving
from tests.api.door import Door
from tests.patience import PATIENCE_S

NOWHERE = {
    "database_url": "postgresql+psycopg://u:canary@127.0.0.1:1/x",
    "pool_url": "redis://:canary@127.0.0.1:1/0",
    "broker_url": "redis://:canary@127.0.0.1:1/0",
}
NAMES = {"database_url": "postgres", "pool_url": "redis", "broker_url": "queue"}


def test_a_fleet_whose_stores_answer_is_ready(door: Door) -> None:
    answer = door.client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json().values()) == {"ready", "answers"}


@pytest.mark.parametrize("store", NOWHERE)
def test_a_store_that_does_not_answer_is_named(settings: Settings, store: str) -> None:
    broken = settings.model_copy(update={store: NOWHERE[store]})
    with serving(broken) as (_, url), httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        answer = client.get("/readyz")
        assert client.get("/healthz").json() == {"status": "alive"}
    assert answer.status_code == 503
    silent = [name for name, word in answer.json().items() if word == "silent"]
    assert silent == [NAMES[store]]
    assert "canary" not in answer.text


def test_a_store_that_does_not_answer_is_no_fault_of_the_asker(settings: Settings) -> None:
    broken = settings.model_copy(update={"database_url": NOWHERE["database_url"]})
    with serving(broken) as (_, url), httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        answer = client.get("/v1/bots", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "canary" not in answer.text
