"""What operators ask of pods and cannot have: one sentence, and the fleet stays as it is."""

import json
from typing import Any

import pytest

from botfleet.domain.fleet.seating import Shape
from tests.application.market import OPEN
from tests.cli.shell import Shell

SHOWS = "`botfleet pod list` shows what there is."
USERS = ["bob", "cay", "dan"]


@pytest.fixture
def full(shell: Shell) -> Shell:
    """Ann and three more on the one instance, which has room for ten."""
    shell.house.roster.add_users(USERS, OPEN)
    shell.house.layouts.arrange(Shape(1, 1, 10))
    return shell


def stands(shell: Shell) -> Any:
    told = shell.json("pod", "list")["instances"]
    return [(one["pod"], one["instance"], one["users"]) for one in told]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("scale --users 3", "4 users need seats; that fleet would have 3."),
        ("scale --users 3 --yes", "4 users need seats; that fleet would have 3."),
        ("plan --users 3", "4 users need seats; that fleet would have 3."),
        ("scale --pods 2", "There is nobody to ask; add --yes to do it."),
        ("drain 1 --yes", "4 users need seats; that fleet would have 0."),
        ("drain 7 --yes", f"There is no pod 7; {SHOWS}"),
        ("drain 7 --undo --yes", f"There is no pod 7; {SHOWS}"),
        (
            "move ann --to 9.9",
            f"There is no instance pod.9.9; {SHOWS}",
        ),
        ("move ann --to 2", "'2' is no instance; write it like 2.1."),
        ("move ann --to=", "'' is no instance; write it like 2.1."),
        ("move nobody --to 1.1", "There is no user nobody; `botfleet user add nobody` adds one."),
        ("autoscale --pods-min 5 --pods-max 2", "--pods-min is more than --pods-max."),
        ("autoscale --every 5", "A loop has nobody to ask; add --yes."),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(full: Shell, words: str, said: str) -> None:
    before = stands(full)
    assert full.refused("pod", *words.split()) == said
    assert stands(full) == before


@pytest.mark.parametrize(
    "words",
    [
        *(f"scale --pods {one}" for one in ("0", "-1", "1000000000", "x", "1.5", "nan")),
        *("scale --users 0", "scale --instances 65", "drain 0", "drain two"),
        "autoscale --fill nan",
    ],
)
def test_what_is_no_size_is_wrong_use(full: Shell, words: str) -> None:
    before = stands(full)
    code, _, error = full.end("pod", *words.split())
    assert code == 2
    assert "Invalid value" in error
    assert stands(full) == before


def test_a_fleet_that_stands_like_that_is_left_alone(full: Shell) -> None:
    assert full("pod", "scale", "--pods", "1") == "The fleet stands like that already.\n"
    assert full("pod", "drain", "1", "--undo") == "The fleet stands like that already.\n"
    assert full("pod", "move", "ann", "--to", "1.1") == "ann sits at pod.1.1 now.\n"


def test_a_small_fleet_is_told_in_grammar(full: Shell) -> None:
    assert "1 pod, 1 instance; 0 of 0 bots on\n4 users, 6 seats free, no user" in full(
        "pod", "list"
    )
    assert "1 pod x 1 instance x 10 users  ->  2 pods x 1 instance x 10 users" in full(
        *["pod", "plan", "--pods", "2"]
    )


def test_a_loop_that_fits_pods_says_why_nothing_is_done_and_goes_on(
    full: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too few pods are allowed, or Postgres is away for a moment: both are over some time."""
    full.house.layouts.arrange(Shape(2, 1, 2))
    looks = iter(range(2))

    def sleep(_: float) -> None:
        if next(looks, None) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("botfleet.cli.pod_changes.time.sleep", sleep)
    _, out, error = full.end(
        *["pod", "autoscale", "--every", "5", "--cool-down", "0", "--pods-max", "1", "--yes"]
    )
    assert out.splitlines() == ["4 users, no mark in 60 s: 2 pods now, 1 wanted."] * 2
    said = "4 users need seats; that fleet would have 2; looking again in 5 s."
    assert error.splitlines()[:2] == [said] * 2


@pytest.mark.parametrize("words", ["", " --cool-down 0"])
def test_what_fits_already_is_told_to_a_program_as_a_plan(full: Shell, words: str) -> None:
    full.house.layouts.arrange(Shape(1, 1, 5))
    code, out, error = full.end(*f"pod autoscale --json{words}".split())
    assert code == 0
    assert json.loads(out)["moves"] == 0
    assert error.count("\n") == 1
