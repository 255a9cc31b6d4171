"""A trading day through which the fleet is given other shapes, as its operators would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from botfleet.adapters.system import homes
from botfleet.adapters.system.places import sockets_of
from botfleet.cli.demo_operators import SHARES
from tests.journeys.test_whole_day import CODES, demo

PROGRAM = [sys.executable, "-c", "from botfleet.cli.main import main; main()"]
CHANGES = (
    ("scale", "--pods", "3"),
    ("scale", "--instances", "2"),
    ("drain", "1"),
    ("scale", "--users", "5"),
    ("scale", "--pods", "2"),
    ("drain", "1", "--undo"),
    ("scale", "--instances", "1"),
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    subprocess.run(["rm", "-rf", sockets_of(tmp_path / "home")], check=True)


def operator(home: Path, *words: str) -> "subprocess.Popen[str]":
    command = [*PROGRAM, "pod", *words, "--home", str(home), "--yes", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def pods(home: Path) -> dict[str, Any]:
    command = [*PROGRAM, "pod", "list", "--json", "--home", str(home)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(told.stdout) if told.returncode == 0 else {}
    return found


def test_knobs_turned_in_mid_day_lose_nothing_and_do_nothing_twice(home: Path) -> None:
    command = [*PROGRAM, "demo", "--json", "--users", "8", "--bots", "48", "--home", str(home)]
    command += ["--pods", "1", "--instances", "1", "--report", str(home.with_name("report.html"))]
    day = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    while not pods(home).get("fleet", {}).get("bots_on"):
        assert day.poll() is None, day.communicate()[1]
    for words in CHANGES:
        done = operator(home, *words)
        said, complaint = done.communicate()
        assert done.returncode == 0, (words, complaint)
        assert json.loads(said)["users"] == 8
        if words == ("drain", "1"):
            killed = homes.found(home)
            assert killed is not None
            homes.order(killed.control, {"do": "kill", "name": "pod.2.1"})
    told, complaint = day.communicate()
    assert day.returncode == 0, complaint[-3000:]
    summary = json.loads(told)
    assert all(one["ok"] for one in summary["invariants"]), summary["invariants"]
    assert {one["code"] for one in summary["invariants"]} >= {"I1", "I2", "I4", "I7"}
    assert summary["fills"] > 20


def test_of_two_operators_at_once_the_fleet_is_ones(home: Path) -> None:
    env = {**os.environ, "BOTFLEET_HOME": str(home)}
    words = ["up", "--detach", "--pods", "1", "--instances", "1"]
    words += ["--clock", "lockstep", "--date", "2026-11-20"]
    subprocess.run([*PROGRAM, *words], env=env, check=True, capture_output=True)
    try:
        both = [operator(home, "scale", "--pods", "3"), operator(home, "scale", "--pods", "2")]
        said = [one.communicate() for one in both]
        for one, (_, complaint) in zip(both, said, strict=True):
            assert one.returncode == 0 or "plan again" in complaint
        assert 0 in {one.returncode for one in both}
        layout = {(one["pod"], one["instance"]) for one in pods(home)["instances"]}
        assert until_running(home, layout)
    finally:
        subprocess.run([*PROGRAM, "down"], env=env, check=True, capture_output=True)


def until_running(home: Path, layout: set[tuple[int, int]]) -> bool:
    """Whether the instances that run come to be those of the layout."""
    wanted = {f"pod.{pod}.{instance}" for pod, instance in layout}
    for _ in range(200):
        record = homes.found(home)
        states = homes.order(record.control, {"do": "list"}) if record else []
        if {one["name"] for one in states if one["name"].startswith("pod.")} == wanted:
            return True
        time.sleep(0.05)  # another's process: there is no event to wait for
    return False


def test_a_day_of_operators_keeps_every_invariant_and_tells_each_change(home: Path) -> None:
    """Each knob there and back, a drain and its end, a kill -9, two operators at once.

    Wherever users came to, and where one was killed, work was committed afterwards; of the two
    operators one was told to plan again; in the end the fleet stands as in the beginning.
    """
    day = demo(home, "--rescale", "--users", "8", "--bots", "40", "--pods", "1", "--instances", "1")
    assert {one["code"]: one["ok"] for one in day["invariants"]} == dict.fromkeys(CODES, True)
    changes = day["changes"]
    assert len(changes) == len(SHARES)
    assert [one["what"] for one in changes if one["killed"]] == [
        f"{changes[3]['killed']} killed with kill -9"
    ]
    assert "told to plan again" in changes[5]["what"]
    for one in changes:
        assert (one["first_work_s"] is not None) == bool(one["users_moved"] or one["killed"]), one
    assert day["seats"][0]["seats"] == day["seats"][-1]["seats"]
    assert all(sum(one["users"] for one in point["seats"]) == 8 for point in day["seats"])
    assert sum(one["count"] for one in day["lateness"] if one["kind"] == "mark") > 25
