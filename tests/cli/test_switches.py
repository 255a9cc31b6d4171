"""The fleet, or a part of it, halted, seen to be, and resumed."""

import json
import threading
from typing import Any
from uuid import UUID

import pytest

from botfleet.application import restrain
from botfleet.application.restrain import Restrain
from botfleet.domain.ids import WorkId
from tests.cli.shell import FILE, Shell


def test_the_fleet_is_halted_seen_to_be_and_resumed(shell: Shell) -> None:
    shell.house.add(FILE)
    agreed = "0 accounts were compared; their books agree with their brokers'.\n"
    assert shell("fleet", "reconcile", "--wait", "0") == agreed
    nobody = "5d1c0000-0000-0000-0000-000000000000"
    assert "No such account" in shell.refused("fleet", "reconcile", "--account", nobody)
    assert shell("fleet", "switches") == "Nothing is halted or reducing.\n"
    said = shell("fleet", "halt", "--reason", "bad quotes")
    assert said.startswith("The fleet is halted; nothing is sent: exits and expiration closes")
    assert "on, halted" in shell("bot", "list")
    (line,) = shell.json("fleet", "switches")
    assert (line["scope"], line["reason"], line["held_by"]) == ("fleet", "bad quotes", "operator")
    asked = shell.refused("fleet", "resume")
    assert asked == "Let all of 1 bots trade again? Say --yes where nobody can be asked."
    assert shell.json("fleet", "switches") != []
    assert shell("fleet", "resume", "--yes") == "The fleet goes on.\n"
    again = shell.refused("fleet", "resume", "--yes")
    assert again == "The operator holds no switch over the fleet."


def test_a_part_of_the_fleet_is_named_by_what_it_is(shell: Shell) -> None:
    bot_id = shell.house.add(FILE)
    account = str(shell.house.account)
    for target in (("--user", "ann"), ("--bot", "Test"), ("--account", account)):
        assert shell.json("fleet", "reduce", "--reason", "r", *target)["orders"] == []
    assert [one["scope"] for one in shell.json("fleet", "switches")] == ["user", "account", "bot"]
    assert shell("fleet", "resume", "--user", "ann").endswith("Other switches that stand: 2.\n")
    two = shell.refused("fleet", "halt", "--reason", "r", "--user", "ann", "--bot", str(bot_id))
    assert two == "Name one of --user, --bot and --account, or none for the whole fleet."
    assert shell.refused("fleet", "halt", "--reason", "r", "--account", "7").startswith("An accou")
    nobody = shell.refused("fleet", "halt", "--reason", "r", "--account", str(UUID(int=3)))
    assert nobody == "There is no such account."
    assert shell.refused("fleet", "halt", "--reason", " ").startswith("A reason has 1 to 200")


def test_a_halt_tells_of_each_order_it_ends(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.house.add(FILE)
    shell("button", "press", "Test", "go", "--click", "1")
    (work,) = shell.house.one("SELECT work_id FROM work")
    shell.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    handed, shell.house.messages.orders = shell.house.messages.orders, []

    is_set, impose = threading.Event(), Restrain.impose

    def watched(*given: Any, **more: Any) -> Any:
        ended = impose(*given, **more)
        is_set.set()
        return ended

    monkeypatch.setattr(Restrain, "impose", watched)

    def send() -> None:
        is_set.wait()
        shell.house.messages.orders = handed
        shell.house.send()

    sender = threading.Thread(target=send)
    sender.start()
    said = shell("fleet", "halt", "--reason", "r", "--bot", "Test", "--wait")
    sender.join()
    assert said.splitlines()[0].endswith("Orders that end with it: 1.")
    assert said.splitlines()[1] == "open SPY of Test (ann): cancelled"


def test_a_halt_names_what_may_still_be_accepted(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restrain, "WORD_S_MAX", 0.0)
    shell.house.add(FILE)
    shell("button", "press", "Test", "go", "--click", "1")
    (work,) = shell.house.one("SELECT work_id FROM work")
    shell.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    (order,) = shell.house.messages.orders
    shell.house.orders.begin_sending([order], shell.house.clock.now())  # and its sender dies
    code, said, told = shell.end("fleet", "halt", "--reason", "r")
    assert code == 1
    assert said.endswith("Orders that end with it: 1.\n")
    waits, doubt = told.splitlines()
    assert waits == "Waiting for the brokers' word on 1 on their way …"
    assert doubt.startswith(f"botfleet: The fleet is halted, but of {order} no broker's word")
    code, shown, _ = shell.end("fleet", "halt", "--reason", "r", "--json")
    assert (code, json.loads(shown)["doubtful"]) == (1, [str(order)])
    assert shell.house.one("SELECT mode FROM switches") == ("halted",)
