"""What one user may keep here is bounded: one more is refused, nothing of it is stored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from botfleet.adapters.notify.apprise import AppriseNotifier
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from tests.api.conftest import serving
from tests.api.door import Door
from tests.api.test_connections import broker, leave
from tests.api.test_transport import code
from tests.application.bots import bot, button, spread
from tests.sandbox.running import Sandbox

__all__ = ["broker"]
MOST = 3
TOO_MANY = (409, "too_many")
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture
def served(settings: Settings, broker: Sandbox) -> Iterator[tuple[Wiring, str]]:
    """An API whose users may have three of each, and two accounts."""
    few = {f"{kind}_max": MOST for kind in ("bots", "presets", "hooks", "channels")}
    given = few | {"accounts_max": 2, "broker_base_url": broker.url}
    with serving(settings.model_copy(update=given)) as api:
        api[0].__dict__["notifier"] = AppriseNotifier({"json"})
        yield api


def file(name: str) -> bytes:
    return bot(button("go", spread()), name=name).encode()


def enlist(door: Door, name: str, user: str = "ann") -> httpx.Response:
    return door("POST", "/v1/bots", content=file(name), headers=YAML, user=user)


def test_one_bot_too_many_is_refused_and_what_there_is_may_change(door: Door) -> None:
    for name in ("A", "B"):  # and Test, which there is
        assert enlist(door, name).status_code == 200
    before = door.state()
    refused = enlist(door, "C")
    assert code(refused) == TOO_MANY
    assert refused.json()["detail"] == "There may be 3 bots of one user, and there are."
    wish = {"name": "Test again"}
    assert code(door("POST", "/v1/bots/Test/clones", json=wish)) == TOO_MANY
    assert door.state() == before
    assert enlist(door, "A").status_code == 200
    assert door("PATCH", "/v1/bots/A", json={"name": "C"}).status_code == 200
    names = [one["name"] for one in door("GET", "/v1/bots").json()["items"]]
    assert names == ["B", "C", "Test"]


def test_at_once_there_are_no_more_either(door: Door) -> None:
    """Twelve new bots side by side, where two may be."""
    with ThreadPoolExecutor(12) as side_by_side:
        answers = list(side_by_side.map(lambda n: enlist(door, f"Bot {n}"), range(12)))
    taken = [answer for answer in answers if answer.status_code == 200]
    assert {code(answer) for answer in answers if answer not in taken} == {TOO_MANY}
    assert len(taken) == MOST - 1
    assert len(door("GET", "/v1/bots").json()["items"]) == MOST


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/v1/presets", {"class": "credit", "exits": {"profit": "50%"}}),
        ("/v1/channels", {"url": "json://127.0.0.1:9/x", "levels": ["error"]}),
    ],
)
def test_one_preset_or_channel_too_many_is_refused(
    door: Door, path: str, wish: dict[str, object]
) -> None:
    def keep(name: object, user: str = "ann") -> httpx.Response:
        return door("PUT", f"{path}/{name}", json=wish, user=user)

    with ThreadPoolExecutor(6) as side_by_side:
        answers = list(side_by_side.map(keep, range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * MOST + [409] * MOST
    kept = [one["name"] for one in door("GET", path).json()["items"]]
    assert len(kept) == MOST
    refused = keep("more")
    assert code(refused) == TOO_MANY
    assert refused.json()["detail"].startswith("There may be 3 ")
    assert keep(kept[0]).status_code == 200  # in place of the one of its name
    assert keep("more", "eve").status_code == 200
    assert door("DELETE", f"{path}/{kept[0]}").status_code == 204
    assert keep("more").status_code == 200


def test_one_account_too_many_is_not_kept_and_those_there_are_come_back(
    door: Door, broker: Sandbox
) -> None:
    def connect(login: str, **given: str) -> httpx.Response:
        broker.open_account(login)
        return door.client.get(leave(door, login=login), headers=given)

    assert [connect(login).status_code for login in ("ada", "bob")] == [200, 200]
    refused = connect("cid")
    assert code(refused) == TOO_MANY
    assert "2 accounts" in refused.json()["detail"]
    shown = connect("dot", Accept="text/html")
    assert shown.status_code == 422
    assert "There may be 2 accounts" in shown.text
    assert len(door("GET", "/v1/connections", user="eve").json()["items"]) == 2
    assert door.client.get(leave(door, login="bob")).status_code == 200  # the same, anew


def test_settings_say_how_many_and_an_operator_is_held_to_them(
    settings: Settings, tmp_path: Path
) -> None:
    assert settings.bounds.bots >= 1_000
    few = settings.model_copy(update={"bots_max": 7, "home": tmp_path})
    assert few.bounds.bots == 7
