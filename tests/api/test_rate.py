"""How often a user may ask: one count a user, whichever process answers; health is not counted."""

from collections.abc import Iterator

import httpx
import pytest

from botfleet.config import Settings
from tests.api.conftest import serving
from tests.api.door import Door
from tests.api.test_transport import code
from tests.patience import PATIENCE_S

BURST = 5


@pytest.fixture
def narrow(door: Door, settings: Settings) -> Iterator[tuple[str, str]]:  # noqa: ARG001  is there
    """Two processes' worth of API that let five requests in, and the next after an hour."""
    given = {"api_burst": BURST, "api_per_s": 1 / 3600}
    narrow = settings.model_copy(update=given)
    with serving(narrow) as (_, first), serving(narrow) as (_, second):
        yield first, second


def ask(door: Door, url: str, path: str = "/v1/bots", user: str = "ann") -> httpx.Response:
    headers = {"Authorization": f"Bearer {door.tokens[user]}"}
    return httpx.get(url + path, headers=headers, timeout=PATIENCE_S)


def test_a_user_who_asks_too_often_waits_whichever_process_is_asked(
    door: Door, narrow: tuple[str, str]
) -> None:
    for n in range(BURST):
        assert ask(door, narrow[n % 2]).status_code == 200
    for url in narrow:
        answer = ask(door, url)
        assert code(answer) == (429, "too_often")
        assert 3000 < int(answer.headers["retry-after"]) <= 3600
        assert "5 at once" in answer.json()["detail"]
    assert ask(door, narrow[0], user="eve").status_code == 200


def test_a_change_that_is_not_let_in_changes_nothing(door: Door, narrow: tuple[str, str]) -> None:
    for _ in range(BURST):
        ask(door, narrow[0])
    before = door.state()
    headers = {"Authorization": f"Bearer {door.tokens['ann']}", "Idempotency-Key": "k"}
    path = f"{narrow[1]}/v1/bots/Test"
    answer = httpx.patch(path, headers=headers, json={"is_on": False}, timeout=PATIENCE_S)
    assert code(answer) == (429, "too_often")
    assert door.state() == before


def test_health_and_strangers_are_not_counted(door: Door, narrow: tuple[str, str]) -> None:
    for _ in range(2 * BURST):
        assert httpx.get(f"{narrow[0]}/healthz", timeout=PATIENCE_S).status_code == 200
        assert httpx.get(f"{narrow[0]}/readyz", timeout=PATIENCE_S).status_code in {200, 503}
        assert httpx.get(f"{narrow[0]}/v1/bots", timeout=PATIENCE_S).status_code == 401
    assert ask(door, narrow[0]).status_code == 200


def test_who_counts_being_away_lets_everybody_in(
    door: Door, narrow: tuple[str, str], settings: Settings
) -> None:
    for _ in range(BURST):
        ask(door, narrow[0])
    away = {"pool_url": "redis://127.0.0.1:9/1", "api_burst": BURST, "api_per_s": 1 / 3600}
    with serving(settings.model_copy(update=away)) as (_, url):
        assert ask(door, url, "/v1/presets").status_code == 200
