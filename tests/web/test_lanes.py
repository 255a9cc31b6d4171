"""Who sat where: a stretch for each number of users, a ground line for each instance that stood."""

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from botfleet.web.lanes import lanes
from tests.web.parsing import parse
from tests.web.sample import CHANGES, OPENS, SEATS, sample


@pytest.fixture(scope="module")
def drawing() -> Element:
    return parse(lanes(sample(), 1100))


def tips(drawing: Element) -> list[str]:
    return [str(one.get("data-tip")) for one in drawing.iter() if one.get("data-tip")]


def test_a_stretch_lasts_as_long_as_as_many_sit_there(drawing: Element) -> None:
    """The kill moved nobody, so it parts no stretch; instance 1.2 stands from 10:10 to 11:20 only.

    A drained instance stands, and serves nobody.
    """
    assert tips(drawing)[:6] == [
        "pod.1.1\n09:30 to 10:10 ET\t5 users",
        "pod.1.1\n10:10 to 11:20 ET\t3 users",
        "pod.1.1\n11:20 to 13:00 ET\t10 users",
        "pod.1.2\n10:10 to 11:20 ET\t3 users",
        "pod.2.1\n09:30 to 10:10 ET\t5 users",
        "pod.2.1\n10:10 to 11:20 ET\t4 users",
    ]
    assert tips(drawing)[6] == "pod.2.1\n11:20 to 13:00 ET\t0 users"
    floors = [one for one in drawing.iter() if one.get("class") == "floor"]
    assert len(floors) == 7


def test_heights_are_to_one_another_as_users_are(drawing: Element) -> None:
    bars = [one for one in drawing.iter() if one.get("class") == "bar"]
    heights = [float(str(one.get("height"))) for one in bars]
    assert [round(height / max(heights) * 10) for height in heights] == [5, 3, 10, 3, 5, 4, 0]


def test_changes_are_numbered_as_in_their_table_and_a_kill_is_marked(drawing: Element) -> None:
    numbered = [tip for tip in tips(drawing) if tip[0].isdigit()]
    assert numbered == [
        "1. 10:10 ET\ninstances a pod 1 to 2",
        "2. 10:45 ET\npod.1.1 killed with kill -9",
        "3. 11:20 ET\npod 2 drained",
    ]
    assert sum(one.get("class") == "killed" for one in drawing.iter()) == 1


def test_a_day_without_changes_and_without_users_can_be_drawn() -> None:
    assert parse(lanes(replace(sample(), changes=(), seats=()), 380)).get("aria-label")
    nobody = replace(sample(), changes=CHANGES[:1], seats=(replace(SEATS[-1], at=OPENS),))
    assert tips(parse(lanes(nobody, 380)))
