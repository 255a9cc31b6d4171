"""What operators ask of pods and cannot have: one sentence, and the fleet stays as it is."""

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
        ("drain 7 --yes", "There is no pod 7; there are 1."),
        (
            "move ann --to 9.9",
            "There is no instance pod.9.9; `botfleet pod list` shows what there is.",
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
