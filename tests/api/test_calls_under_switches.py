"""Calls and clicks on what is halted or reducing."""

import pytest

from botfleet.domain.bots.safeguards import Mode, Scope
from tests.api.caller import OTHER, Caller, switched
from tests.api.door import Door
from tests.application.bots import bot, spread


@pytest.mark.parametrize("scope", list(Scope))
def test_a_call_to_what_is_halted_is_refused_and_nothing_waits(call: Caller, scope: Scope) -> None:
    switched(call.door, scope, Mode.HALTED)
    before = call.door.state()
    answer = call({"id": "7"})
    assert (answer.status_code, answer.json()["code"]) == (409, "halted")
    assert call.door.state() == before
    assert call.door.house.all("SELECT * FROM hook_calls") == []
    switched(call.door, scope, Mode.ACTIVE)
    assert call.runs() == []
    assert call({"id": "7"}).status_code == 202  # it was not taken, so it may come again


@pytest.mark.parametrize("scope", list(Scope))
def test_a_call_to_what_is_only_reducing_runs_and_its_open_is_refused(
    call: Caller, scope: Scope
) -> None:
    opening = OTHER.replace("tree: {notify: heard}", "tree:\n      open: " + spread())
    call.door.house.add(bot(opening, name="Opener"))
    switched(call.door, scope, Mode.REDUCING, "Opener")
    assert call().status_code == 202
    call.runs()
    outcomes = {one for (one,) in call.door.house.all("SELECT outcome FROM runs")}
    assert outcomes == {"notified", "refused:reducing"}
    assert call.door.house.all("SELECT * FROM orders") == []


def test_of_several_bots_the_halted_one_hears_nothing(call: Caller) -> None:
    call.door.house.add(bot(OTHER, name="Second"))
    switched(call.door, Scope.BOT, Mode.HALTED)
    assert len(call().json()["run_ids"]) == 1
    call.runs()
    assert call.notices()[-1] == "heard"


@pytest.mark.parametrize("scope", list(Scope))
def test_a_click_on_what_is_halted_says_so_and_leaves_nothing(door: Door, scope: Scope) -> None:
    switched(door, scope, Mode.HALTED, "Test")
    before = door.state()
    answer = door("POST", "/v1/bots/Test/buttons/go/clicks", key="one")
    assert (answer.status_code, answer.json()["code"]) == (409, "halted")
    assert "halted" in answer.json()["detail"]
    assert door.state() == before
    switched(door, scope, Mode.ACTIVE, "Test")
    assert door.house.all("SELECT * FROM work") == []
