"""A trading day through which the fleet is given other shapes, as its operators would."""

import json
import subprocess
from datetime import date
from pathlib import Path
from threading import Event

from botfleet.bootstrap import Wiring
from botfleet.cli.demo_operators import SHARES
from botfleet.cli.demo_people import populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from tests.journeys.test_whole_day import CODES
from tests.played import PROGRAM, SHORT_DAY, demo

CHANGES = (
    ("scale", "--pods", "3"),
    ("scale", "--instances", "2"),
    ("drain", "1"),
    ("scale", "--users", "5"),
    ("scale", "--pods", "2"),
    ("drain", "1", "--undo"),
    ("scale", "--instances", "1"),
)


def operator(home: Path, *words: str) -> "subprocess.Popen[str]":
    command = [*PROGRAM, "pod", *words, "--home", str(home), "--yes", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_each_knob_has_its_command_and_of_two_operators_at_once_the_fleet_is_ones(
    home: Path,
) -> None:
    """After all of it the instances that run are those of the layout."""
    changed = Event()
    settings = Settings.read(
        home=home, clock="lockstep", date=date(2026, 11, 27), is_held=True, pods=1, instances=1
    )
    with (
        Fleet(settings, lambda _: changed.set()).running() as fleet,
        Wiring(fleet.settings) as wiring,
    ):
        populate(wiring, fleet.settings, recorded=False, users=8, bots=8)
        for words in CHANGES:
            done = operator(home, *words)
            told, complaint = done.communicate()
            assert done.returncode == 0, (words, complaint)
            assert json.loads(told)["users"] == 8
        both = [operator(home, "scale", "--pods", "3"), operator(home, "scale", "--instances", "2")]
        complaints = [one.communicate()[1] for one in both]
        for one, complaint in zip(both, complaints, strict=True):
            assert one.returncode == 0 or "plan again" in complaint
        assert 0 in {one.returncode for one in both}
        shape = wiring.layouts.layout().shape
        assert shape is not None
        wanted = {f"pod.{seat.pod}.{seat.instance}" for seat in shape.everywhere}
        while instances(fleet) != wanted:
            assert changed.wait(60)
            changed.clear()


def instances(fleet: Fleet) -> set[str]:
    return {one.name for one in fleet.processes() if one.name.startswith("pod.")}


def test_a_day_of_operators_keeps_every_invariant_and_tells_each_change(home: Path) -> None:
    """Each knob there and back, a drain and its end, a kill -9, two operators at once.

    Wherever users came to, and where one was killed, work was committed afterwards; of the two
    operators one was told to plan again; in the end the fleet stands as in the beginning.
    """
    words = ("--users", "8", "--bots", "40", "--pods", "1", "--instances", "1")
    day = demo(home, "--rescale", *words, *SHORT_DAY)
    assert {one["code"]: one["ok"] for one in day["invariants"]} == dict.fromkeys(CODES, True)
    assert day["fills"] > 20
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
    assert sum(one["count"] for one in day["lateness"] if one["kind"] == "mark") > 12
