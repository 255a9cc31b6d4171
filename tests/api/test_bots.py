"""Bots through the door: taken in whole or not at all, given back as they were, one's own only."""

import json
from datetime import timedelta

import pytest

from botfleet.adapters import botfile
from tests.api.door import Door
from tests.api.test_transport import code
from tests.application.bots import bot, scanner, spread
from tests.application.market import OPEN

YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}
FILE = bot(scanner(spread()), name="New one")
CLICKS = "/v1/bots/Test/buttons/go/clicks"


def test_a_bot_file_is_taken_in_and_given_back_the_same(door: Door) -> None:
    taken = door("POST", "/v1/bots", content=FILE, headers=YAML)
    assert taken.status_code == 200
    assert taken.json()["bot"]["is_on"] is False
    named = taken.json()["bot"]["bot_id"]
    for reference in (named, "New one"):
        given = door("GET", f"/v1/bots/{reference}/file")
        assert given.headers["content-type"].startswith("application/yaml")
        assert given.text == botfile.write(botfile.read(FILE))
    again = door("GET", f"/v1/bots/{named}/file", headers={"Accept": "application/json"})
    retaken = door("POST", "/v1/bots?on=true", content=again.content, headers=JSON)
    assert retaken.json()["bot"]["version"] == taken.json()["bot"]["version"]
    assert retaken.json()["bot"]["is_on"] is True


def test_taking_in_again_leaves_the_switch_as_it_was(door: Door) -> None:
    door("POST", "/v1/bots?on=true", content=FILE, headers=YAML)
    again = door("POST", "/v1/bots", content=FILE, headers=YAML, key="another")
    assert again.json()["bot"]["is_on"] is True
    assert len(door("GET", "/v1/bots").json()["items"]) == 2


def test_what_is_dated_in_the_past_is_taken_and_told_of(door: Door) -> None:
    plain = json.loads(botfile.dump(botfile.read(FILE)))
    past = {"date": "2020-03-13", "at": "10:00"}
    gone_by = {"name": "Gone by", "lane": "event", "trigger": past, "tree": "nothing"}
    plain["automations"].append(gone_by)
    (told,) = door("POST", "/v1/bots", json=plain).json()["warnings"]
    assert told["pointer"] == f"/automations/{len(plain['automations']) - 1}/trigger"
    assert told["detail"].startswith("never comes due after 20")
    del plain["automations"][-1]
    assert door("POST", "/v1/bots", json=plain).json()["warnings"] == []


def test_every_fault_of_a_file_is_named_with_a_pointer(door: Door) -> None:
    plain = json.loads(botfile.dump(botfile.read(FILE)))
    plain["limits"] = {"allocation": -1, "daily_positions": 1.5}
    plain["automations"][0]["tree"]["yes"]["open"]["structure"] = "naked_call"
    plain["state"] = "on"
    before = door.state()
    answer = door("POST", "/v1/bots", json=plain)
    assert code(answer) == (422, "bad_input")
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers >= {
        "/limits/allocation",
        "/limits/daily_positions",
        "/limits/open_positions",
        "/automations/0/tree/yes/open/structure",
        "/state",
    }
    assert door.state() == before


def test_a_user_without_an_account_has_nowhere_to_trade(door: Door) -> None:
    answer = door("POST", "/v1/bots", content=FILE, headers=YAML, user="eve")
    assert code(answer) == (409, "refused")


def test_a_bot_is_switched_and_shown(door: Door) -> None:
    shown = door("PATCH", "/v1/bots/Test", json={"is_on": False}).json()
    assert shown["bot"]["is_on"] is False
    assert shown == door("GET", "/v1/bots/Test").json()
    go = {"name": "Press go", "lane": "button", "label": "go", "trigger": ""}
    assert shown["automations"] == [go]


def test_what_is_anothers_is_as_if_it_never_was(door: Door) -> None:
    mine = door("GET", "/v1/bots/Test").json()["bot"]["bot_id"]
    run = door("POST", CLICKS).json()["run_id"]
    door.house.instance.do(door.house.one("SELECT work_id FROM work")[0])  # type: ignore[arg-type]
    order = door("GET", "/v1/orders").json()["items"][0]["order_id"]
    unknown = door("GET", "/v1/bots/nothing", user="eve")
    for method, path in (
        ("GET", f"/v1/bots/{mine}"),
        ("GET", "/v1/bots/Test"),
        ("GET", f"/v1/bots/{mine}/file"),
        ("PATCH", f"/v1/bots/{mine}"),
        ("POST", f"/v1/bots/{mine}/buttons/go/clicks"),
        ("GET", f"/v1/runs/{run}"),
        ("GET", f"/v1/runs/{order}"),
        ("GET", f"/v1/orders/{order}"),
        ("GET", f"/v1/orders/{order}/history"),
        ("GET", f"/v1/runs?bot={mine}"),
    ):
        given = {"is_on": False} if method == "PATCH" else None
        answer = door(method, path, user="eve", json=given)
        assert (answer.status_code, answer.content) == (404, unknown.content), path
    for listing in ("bots", "runs", "orders", "positions", "notices", "connections"):
        assert door("GET", f"/v1/{listing}", user="eve").json()["items"] == []
    assert door.house.one("SELECT is_on FROM bots") == (True,)


def test_a_click_is_one_run_and_can_be_looked_at(door: Door) -> None:
    first, second = door("POST", CLICKS, key="c1"), door("POST", CLICKS, key="c1", json={})
    assert (first.status_code, first.json()) == (202, second.json())
    assert door("POST", CLICKS, key="c2").json() != first.json()
    assert door.house.one("SELECT count(*) FROM work") == (2,)
    where = first.headers["location"]
    assert door("GET", where).status_code == 404
    for (work_id,) in door.house.all("SELECT work_id FROM work ORDER BY due_at"):
        door.house.instance.do(work_id)  # type: ignore[arg-type]
    told = door("GET", where).json()
    assert told["is_same"] is True
    assert told["run"]["cause"] == "click/c1"
    (step,) = told["ends"][0]["steps"]
    (part,) = step["parts"]
    told = (part["sentence"], part["answer"], part["seen"])
    assert told == ("SPY price is above 1", "yes", "$500")


def test_a_click_after_the_close_is_refused_and_never_done(door: Door) -> None:
    door.set_clock(OPEN + timedelta(hours=6, minutes=30))
    before = door.state()
    answer = door("POST", CLICKS)
    assert code(answer) == (409, "market_closed")
    assert answer.json()["next_open_at"] == "2026-03-11T09:30:00-04:00"
    assert "09:30 Eastern" in answer.json()["detail"]
    assert door.state() == before


def test_a_click_on_a_bot_that_is_off_or_with_something_in_it_is_refused(door: Door) -> None:
    assert code(door("POST", CLICKS, json={"size": 3})) == (422, "bad_input")
    door("PATCH", "/v1/bots/Test", json={"is_on": False})
    assert code(door("POST", CLICKS)) == (409, "bot_off")
    assert door.house.one("SELECT count(*) FROM work") == (0,)


def test_pages_follow_each_other_to_the_end(door: Door) -> None:
    for count in range(5):
        door("POST", CLICKS, key=str(count))
    for (work_id,) in door.house.all("SELECT work_id FROM work"):
        door.house.instance.do(work_id)  # type: ignore[arg-type]
    first = door("GET", "/v1/runs?limit=2").json()
    second = door("GET", f"/v1/runs?limit=2&cursor={first['next']}").json()
    third = door("GET", f"/v1/runs?limit=2&cursor={second['next']}").json()
    assert third["next"] is None
    seen = [run["run_id"] for page in (first, second, third) for run in page["items"]]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("listing", ["runs?outcome", "positions?state", "notices?level"])
def test_lines_are_chosen_by_what_they_are(door: Door, listing: str) -> None:
    assert door("GET", f"/v1/{listing}=nothing_of_the_sort").json() == {"items": [], "next": None}
