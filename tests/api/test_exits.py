"""Presets and accounts' rules over HTTP: a user's own, checked, and seen by nobody else."""

from typing import Any

import pytest

from tests.api.door import Door
from tests.application.bots import bot, scanner, spread
from tests.application.happenings import event

PANEL = {"class": "credit", "exits": {"profit": "50%", "stop": "200%"}}


def test_a_preset_is_kept_filled_in_and_forgotten(door: Door) -> None:
    assert door("PUT", "/v1/presets/Careful", json=PANEL).status_code == 200
    kept = door("GET", "/v1/presets").json()["items"]
    assert kept == [
        {"name": "Careful", "position_class": "credit", "exits": PANEL["exits"]},
    ]
    file = bot(scanner(spread(exits="{preset: Careful, profit: 25%}")), name="Preset")
    headers = {"Content-Type": "application/yaml"}
    assert door("POST", "/v1/bots", content=file, headers=headers).status_code == 200
    exported = door("GET", "/v1/bots/Preset/file").text
    assert "preset: " not in exported
    assert "stop: 200%" in exported
    assert door("DELETE", "/v1/presets/Careful").status_code == 204
    assert door("GET", "/v1/presets").json()["items"] == []
    assert door("DELETE", "/v1/presets/Careful").status_code == 404
    refused = door("POST", "/v1/bots", content=file, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
        422,
        "/automations/0/tree/yes/open/exits/preset",
    )


def test_presets_are_their_users_own(door: Door) -> None:
    door("PUT", "/v1/presets/Careful", json=PANEL)
    assert door("GET", "/v1/presets", user="eve").json()["items"] == []
    assert door("DELETE", "/v1/presets/Careful", user="eve").status_code == 404
    assert len(door("GET", "/v1/presets").json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({**PANEL, "class": "butterfly"}, "/class"),
        ({"class": "credit"}, "/exits"),
        ({**PANEL, "exits": {"profit": 50}}, "/profit"),
        ({**PANEL, "exits": {"preset": "Other"}}, "/preset"),
        ({**PANEL, "more": 1}, "/more"),
    ],
)
def test_a_wrong_preset_is_not_kept(door: Door, body: dict[str, Any], place: str) -> None:
    answer = door("PUT", "/v1/presets/Careful", json=body)
    assert answer.status_code == 422
    assert place in [one["pointer"] for one in answer.json()["errors"]]
    assert door("GET", "/v1/presets").json()["items"] == []


def test_an_account_has_rules_for_exits(door: Door) -> None:
    path = f"/v1/connections/{door.house.account}/exits"
    usual = {"begins": "09:31:00", "ends_min": 1, "attempts_max": 0, "at_expiration": "close"}
    assert door("GET", path).json() == usual
    wanted = {"begins": "09:45:00", "ends_min": 15, "attempts_max": 25, "at_expiration": "release"}
    assert door("PUT", path, json=wanted).json() == wanted
    assert door("GET", path).json() == wanted
    assert door("GET", path, user="eve").status_code == 404
    assert door("PUT", path, user="eve", json=usual).status_code == 404
    assert door("GET", path).json() == wanted


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"begins": "09:30:00"}, "/begins"),
        ({"begins": "15:31:00"}, "/begins"),
        ({"ends_min": 0}, "/ends_min"),
        ({"ends_min": 61}, "/ends_min"),
        ({"ends_min": 11}, "/ends_min"),
        ({"attempts_max": 11}, "/attempts_max"),
        ({"at_expiration": "auto"}, "/at_expiration"),
    ],
)
def test_rules_that_cannot_be_are_refused(door: Door, body: dict[str, Any], place: str) -> None:
    path = f"/v1/connections/{door.house.account}/exits"
    answer = door("PUT", path, json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [place]
    assert door("GET", path).json()["ends_min"] == 1


def test_an_account_has_hours(door: Door) -> None:
    path = f"/v1/connections/{door.house.account}/hours"
    assert door("GET", path).json() == {"begins": "09:40:00", "ends_min": 10}
    wanted = {"begins": "10:15:00", "ends_min": 45}
    assert door("PUT", path, json=wanted).json() == wanted
    assert door("GET", path).json() == wanted
    assert door("GET", path, user="eve").status_code == 404
    assert door("PUT", path, user="eve", json={"ends_min": 5}).status_code == 404
    assert door("GET", path).json() == wanted
    assert door("PUT", path, json={}).json() == {"begins": "09:40:00", "ends_min": 10}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"begins": "09:30:00"}, "/begins"),
        ({"begins": "15:31:00"}, "/begins"),
        ({"begins": "noon"}, "/begins"),
        ({"ends_min": 4}, "/ends_min"),
        ({"ends_min": 12}, "/ends_min"),
        ({"ends_min": "10"}, "/ends_min"),
        ({"begins": "15:30:00", "ends_min": 60}, "/begins"),
        ({"until": "15:00:00"}, "/until"),
    ],
)
def test_hours_that_cannot_be_are_refused_and_nothing_changes(
    door: Door, body: dict[str, Any], place: str
) -> None:
    path = f"/v1/connections/{door.house.account}/hours"
    before = door.state()
    answer = door("PUT", path, json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [place]
    assert door.state() == before


def test_an_owner_moves_the_open_event_of_the_bots_of_an_account(door: Door) -> None:
    opening = event("market_open", "{notify: open}", "Opening")
    named = door.house.add(bot(opening, name="Morning"))
    path = f"/v1/connections/{door.house.account}/hours"
    assert door("PUT", path, json={"begins": "11:00:00", "ends_min": 10}).status_code == 200
    sql = f"SELECT rule->>'begins' FROM events WHERE bot_id = '{named}'"
    assert door.house.one(sql) == ("11:00:00",)
