"""Owners' switches over HTTP: theirs alone, seen at once, and refused in words."""

import pytest

from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from tests.api.door import Door

HALT = {"mode": "halted", "reason": "earnings tonight"}


def test_an_owner_halts_a_bot_and_lets_it_go_on(door: Door) -> None:
    (line,) = door("PUT", "/v1/bots/Test/switch", json=HALT).json()["items"]
    assert (line["scope"], line["mode"], line["reason"]) == ("bot", "halted", "earnings tonight")
    assert (line["name"], line["set_by"]) == ("Test of ann", "ann")
    assert door("GET", "/v1/bots/Test").json()["bot"]["mode"] == "halted"
    assert door("PUT", "/v1/bots/Test/switch", json={"mode": "active"}).json() == {
        "items": [],
        "doubtful": [],
    }
    assert door("GET", "/v1/bots/Test").json()["bot"]["mode"] == "active"


def test_all_bots_of_an_owner_are_reduced_and_nobody_elses(door: Door) -> None:
    door("PUT", "/v1/switches", json={"mode": "reducing"})
    assert door("GET", "/v1/bots").json()["items"][0]["mode"] == "reducing"
    assert door("GET", "/v1/switches", user="eve").json() == {"items": []}
    assert door("PUT", "/v1/switches", json={"mode": "active"}, user="eve").status_code == 200
    assert door("GET", "/v1/bots").json()["items"][0]["mode"] == "reducing"


def test_an_owner_sees_but_cannot_lift_what_the_operator_holds(door: Door) -> None:
    ours = {"held_by": "operator", "reason": "bad quotes", "set_by": "op"}
    door.house.restrain.impose(Scope.FLEET, FLEET, Mode.HALTED, **ours)
    for path in ("/v1/switches", "/v1/bots/Test/switch"):
        (line,) = door("PUT", path, json={"mode": "active"}).json()["items"]
        assert (line["scope"], line["reason"]) == ("fleet", "bad quotes")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mode": "off"},
        {"mode": None},
        {"mode": ["halted"]},
        {"mode": "halted", "reason": ""},
        {"mode": "halted", "reason": "x" * 201},
        {"mode": "halted", "reason": "a\x1b[31m"},
        {"mode": "halted", "held_by": "operator"},
    ],
)
def test_what_is_no_switch_is_refused_and_nothing_changes(door: Door, body: object) -> None:
    before = door.state()
    answer = door("PUT", "/v1/bots/Test/switch", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert door.state() == before


def test_anothers_bot_is_as_if_it_never_was(door: Door) -> None:
    mine = door("GET", "/v1/bots/Test").json()["bot"]["bot_id"]
    before = door.state()
    for name in (mine, "Test", "nothing"):
        answer = door("PUT", f"/v1/bots/{name}/switch", json=HALT, user="eve")
        assert answer.status_code == 404
    assert door.state() == before


def test_an_owner_reads_what_the_operator_did_once_and_without_a_bots_name(door: Door) -> None:
    ours = {"held_by": "operator", "reason": "bad quotes", "set_by": "op"}
    for _ in range(2):
        door.house.restrain.impose(Scope.FLEET, FLEET, Mode.HALTED, **ours)
    (notice,) = door("GET", "/v1/notices").json()["items"]
    assert (notice["bot_id"], notice["bot"], notice["level"]) == (None, "", "warning")
    assert (notice["code"], "bad quotes" in notice["message"]) == ("halted", True)
    assert door("GET", "/v1/notices?bot=Test").json()["items"] == []
    assert door("GET", "/v1/notices", user="eve").json()["items"] == []
