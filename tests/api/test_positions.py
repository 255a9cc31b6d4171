"""One position over HTTP: seen, switched, closed and taken over by its owner, by nobody else."""

from collections.abc import Iterator
from typing import Any

import pytest

from botfleet.application.gather import Gatherer
from tests.api.door import Door
from tests.application.house import MARK
from tests.application.watched import CLOSE, minutes, opened


@pytest.fixture
def position(door: Door) -> Iterator[str]:
    opened(door.house, "{profit: 50%}", name="Held")
    door.wiring.__dict__["gatherer"] = Gatherer(door.house.market)
    door.set_clock(minutes(1))
    (named,) = door.house.one("SELECT position_id FROM positions")
    yield str(named)
    del door.wiring.__dict__["gatherer"]


def test_a_position_tells_what_its_exits_need(door: Door, position: str) -> None:
    seen: dict[str, Any] = door("GET", f"/v1/positions/{position}").json()
    assert seen["exits"] == {"profit": "50%"}
    assert seen["needs"] == [
        {"exit": "profit", "set_to": "50%", "now": "0%", "needs": "a price of 0.25 or less"}
    ]
    assert (seen["exits_on"], seen["bot_exits_on"], seen["why_not"]) == (True, True, [])
    assert [one["effect"] for one in seen["orders"]] == ["open"]


def test_its_exits_are_switched_and_replaced_whole(door: Door, position: str) -> None:
    path = f"/v1/positions/{position}"
    changed = door("PATCH", path, json={"exits_on": False, "exits": {"stop": "90%"}}).json()
    assert (changed["exits"], changed["exits_on"]) == ({"stop": "90%"}, False)
    assert changed["why_not"] == ["its exits are off"]
    again = door("PATCH", path, json={"exits_on": True}).json()
    assert (again["exits"], again["exits_on"]) == ({"stop": "90%"}, True)
    bot = door("PATCH", "/v1/bots/Held", json={"exits_on": False})
    assert bot.json()["bot"]["is_on"] is True
    assert door("GET", path).json()["bot_exits_on"] is False


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"exits": {"profit": 50}}, ["/profit"]),
        ({"exits": {"trail": "5%", "touch": "near"}}, ["/touch"]),
        ({"exits_on": "yes"}, ["/exits_on"]),
        ({"panel": {}}, ["/panel"]),
    ],
)
def test_wrong_exits_change_nothing(
    door: Door, position: str, body: dict[str, Any], places: list[str]
) -> None:
    before = door.house.all("SELECT exits, exits_on FROM positions")
    answer = door("PATCH", f"/v1/positions/{position}", json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]][:1] == places
    assert door.house.all("SELECT exits, exits_on FROM positions") == before


def test_a_close_by_hand_is_one_close_a_key(door: Door, position: str) -> None:
    path = f"/v1/positions/{position}/close"
    answers = [door("POST", path, key="one") for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert len({one.json()["work_id"] for one in answers}) == 1
    door.set_clock(CLOSE)
    refused = door("POST", path, key="two")
    assert (refused.status_code, refused.json()["code"]) == (409, "market_closed")


def test_an_override_is_told_and_its_result_corrected(door: Door, position: str) -> None:
    path = f"/v1/positions/{position}/override"
    first = door("POST", path, json={}).json()["position"]
    assert (first["state"], first["realised_cents"]) == ("overridden", 0)
    again = door("POST", path, json={"result": -12.5}).json()["position"]
    assert again["realised_cents"] == -1_250
    assert door("POST", path, json={"result": 0.001}).status_code == 422


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"exits_on": False}),
        ("POST", "/close", None),
        ("POST", "/override", {"result": 1}),
    ],
)
def test_to_others_it_is_not_there(
    door: Door, position: str, method: str, rest: str, body: dict[str, Any] | None
) -> None:
    before = door.house.all("SELECT md5(p::text) FROM positions p")
    for named in (position, "not-an-id"):
        answer = door(method, f"/v1/positions/{named}{rest}", user="eve", json=body)
        assert answer.status_code == 404, answer.text
    assert door.house.all("SELECT md5(p::text) FROM positions p") == before
    assert door.house.clock.at > MARK
