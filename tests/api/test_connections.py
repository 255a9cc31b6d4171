"""A broker account through the door: for the user who left, once, and for nobody else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.adapters.postgres.database import rows
from botfleet.adapters.postgres.tokens import AWAY_MAX
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from botfleet.sandbox.app import create
from botfleet.sandbox.doors import House
from botfleet.sandbox.grants import Client
from tests.api.conftest import serving
from tests.api.door import Door
from tests.api.test_transport import code
from tests.sandbox.fakes import MovingClock, PaperMarket
from tests.sandbox.running import ADMIN, MARKET, SECRET, Sandbox, log_in, running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Sandbox]:
    clock = MovingClock()
    back = "http://127.0.0.1:8000/v1/connections/callback/tradier"
    house = House(MARKET, ADMIN, (Client("botfleet", SECRET, (back,)),))
    market = PaperMarket(clock)
    with running(create(market, clock, tmp_path / "book.sqlite", house)) as url:
        yield Sandbox(url, clock, market, tmp_path)


@pytest.fixture
def served(settings: Settings, broker: Sandbox) -> Iterator[tuple[Wiring, str]]:
    with serving(settings.model_copy(update={"broker_base_url": broker.url})) as api:
        yield api


def leave(door: Door, user: str = "eve", login: str = "ada") -> str:
    """Leave as `user`, log in at the broker; give the path the browser is sent back to."""
    away = door("POST", "/v1/connections", json={"broker": "tradier"}, user=user)
    assert away.status_code == 200
    back = urlsplit(log_in(away.json()["authorize_url"], login))
    return f"{back.path}?{back.query}"


def test_a_browser_comes_back_and_the_account_is_connected(door: Door, broker: Sandbox) -> None:
    number = broker.open_account("ada")
    arrived = door.client.get(leave(door))
    assert arrived.status_code == 200
    listed = door("GET", "/v1/connections", user="eve").json()
    (mine,) = listed["items"]
    assert (mine["is_paper"], listed["is_paper"]) == (True, True)
    assert mine == arrived.json()["account"]
    assert (mine["broker"], mine["number_end"], mine["is_alive"]) == ("tradier", number[-4:], True)
    assert number not in arrived.text


def test_it_is_said_that_an_account_is_one_on_paper(settings: Settings) -> None:
    """So it is at the sandbox, and at the brokers' own paper hosts; not where money is."""
    live = {"broker_base_url": None, "market": "http", "market_url": "http://127.0.0.1:9"}
    for given, is_paper in (({}, True), (live, False), (live | {"brokers_paper": True}, True)):
        assert Wiring(settings.model_copy(update=given)).is_paper is is_paper


def test_a_browser_that_shows_pages_is_led_back_to_the_desk(door: Door, broker: Sandbox) -> None:
    broker.open_account("ada")
    back, page = leave(door), {"Accept": "text/html,application/xhtml+xml"}
    arrived = door.client.get(back, headers=page)
    assert arrived.status_code == 200
    assert "url=/#/accounts" in arrived.text
    assert len(door("GET", "/v1/connections", user="eve").json()["items"]) == 1
    again = door.client.get(back, headers=page)
    assert again.status_code == 422
    assert 'role="alert"' in again.text
    assert "url=" not in again.text


def test_an_answer_at_another_brokers_address_connects_nothing(door: Door, broker: Sandbox) -> None:
    """A mix-up of logins: each broker has an address of its own."""
    broker.open_account("ada")
    back = leave(door).replace("/callback/tradier", "/callback/schwab")
    assert code(door.client.get(back)) == (422, "bad_input")
    assert door("GET", "/v1/connections", user="eve").json()["items"] == []


def test_an_account_that_is_anothers_here_is_not_taken_from_them(
    door: Door, broker: Sandbox
) -> None:
    broker.open_account("ada")
    assert door.client.get(leave(door)).status_code == 200
    refused = door.client.get(leave(door, user="ann"))
    assert code(refused) == (409, "refused")
    assert "somebody else here" in refused.json()["detail"]
    assert len(door("GET", "/v1/connections", user="eve").json()["items"]) == 1


def test_who_leaves_and_leaves_is_remembered_so_many_times(door: Door, broker: Sandbox) -> None:
    broker.open_account("ada")
    first, *_, last = [leave(door) for _ in range(AWAY_MAX + 1)]
    assert len(door.house.all("SELECT FROM consents")) == AWAY_MAX
    assert code(door.client.get(first)) == (422, "bad_input")
    assert door.client.get(last).status_code == 200


def test_a_callback_counts_once(door: Door, broker: Sandbox) -> None:
    broker.open_account("ada")
    back = leave(door)
    assert door.client.get(back).status_code == 200
    assert code(door.client.get(back)) == (422, "bad_input")


def test_a_callback_without_the_cookie_or_with_anothers_connects_nothing(
    door: Door, broker: Sandbox
) -> None:
    broker.open_account("ada")
    back = leave(door)
    door.client.cookies.clear()
    assert code(door.client.get(back)) == (401, "unauthorized")
    for forged in ("", "00", "not hex", "ff" * 100):
        answer = door.client.get(back, headers={"Cookie": f"botfleet_consent={forged}"})
        assert code(answer) == (401, "unauthorized")
    leave(door, user="ann")  # the browser now carries ann's cookie
    assert code(door.client.get(back)) == (422, "bad_input")
    assert door("GET", "/v1/connections", user="eve").json()["items"] == []


def test_the_cookie_goes_nowhere_else(door: Door, broker: Sandbox) -> None:
    broker.open_account("ada")
    away = door("POST", "/v1/connections", json={}, user="eve")
    cookie = away.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/v1/connections/callback" in cookie


def test_an_unknown_broker_is_not_there(door: Door) -> None:
    assert code(door("POST", "/v1/connections", json={"broker": "x"})) == (404, "not_found")


def test_it_is_shown_for_how_long_a_login_lasts(
    door: Door, broker: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.open_account("ada")
    assert door.client.get(leave(door)).json()["account"]["login_left_s"] is None
    monkeypatch.setitem(cast("dict[str, timedelta]", LOGIN_LIVES), "tradier", timedelta(days=7))
    (mine,) = door("GET", "/v1/connections", user="eve").json()["items"]
    assert 7 * 86_400 - 600 < mine["login_left_s"] <= 7 * 86_400


def test_who_disconnects_keeps_no_token_and_may_come_back(door: Door, broker: Sandbox) -> None:
    broker.open_account("ada")
    account = door.client.get(leave(door)).json()["account"]["account_id"]
    wiring = door.operator
    foreign = door("DELETE", f"/v1/connections/{account}", user="ann")
    assert code(foreign) == (404, "not_found")
    assert door("DELETE", f"/v1/connections/{account}", user="eve").status_code == 204
    (mine,) = door("GET", "/v1/connections", user="eve").json()["items"]
    assert (mine["is_alive"], mine["login_left_s"]) == (False, None)
    with wiring.database.transaction() as session:
        kept = rows(session, "SELECT sealed FROM accounts WHERE account_id = %(id)s", id=account)
    assert kept == [{"sealed": b""}]
    assert [one.held_by for one in wiring.switches.standing(None)] == ["login"]
    assert door.client.get(leave(door)).status_code == 200
    assert wiring.switches.standing(None) == []
    assert door("GET", "/v1/connections", user="eve").json()["items"][0]["is_alive"]
