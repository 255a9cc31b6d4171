"""The order of scanners and of monitors: seen, changed by one who knows it, obeyed (S118-S124)."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botfleet.adapters import botfile
from botfleet.domain.bots.bot import Lane
from botfleet.domain.bots.sequence import moved, reordered, sequence
from botfleet.errors import BadInput
from tests.api.door import Door
from tests.api.test_transport import code
from tests.application.bots import bot, button, monitor, scanner, spread
from tests.application.house import MARK

YAML = {"Content-Type": "application/yaml"}
SCANNERS = (scanner(spread(), "First"), scanner(spread("QQQ"), "Second"))
LANES = (SCANNERS[0], button("go", spread()), monitor(spread("TLT")), SCANNERS[1])
FILE = bot(*LANES, name="Laned")
BOT = "/v1/bots/Laned"


def shown(door: Door) -> tuple[list[str], str]:
    answer = door("GET", BOT)
    return [one["name"] for one in answer.json()["automations"]], answer.headers["etag"]


def move(door: Door, name: str, to: object, tag: str, **more: Any) -> httpx.Response:
    path = f"{BOT}/automations/{name}/moves"
    return door("POST", path, json={"to": to}, headers={"If-Match": tag}, **more)


@pytest.fixture
def laned(door: Door) -> Door:
    door("POST", "/v1/bots?on=true", content=FILE, headers=YAML)
    return door


def test_a_scanner_moves_within_its_lane_and_nothing_else_moves(laned: Door) -> None:
    before, tag = shown(laned)
    assert before == ["First", "Press go", "Monitor that opens", "Second"]
    answer = move(laned, "Second", "up", tag)
    assert [one["name"] for one in answer.json()["automations"]] == [
        *("Second", "Press go", "Monitor that opens", "First")
    ]
    _, new = shown(laned)
    assert answer.headers["etag"] == new != tag
    assert move(laned, "Second", "up", new).headers["etag"] == new  # it is on top already
    order = {"lane": "scanner", "names": ["First", "Second"]}
    again = laned("PUT", f"{BOT}/order", json=order, headers={"If-Match": new})
    assert (again.headers["etag"], shown(laned)[0]) == (tag, before)


def test_whoever_knows_another_bot_than_there_is_changes_nothing(laned: Door) -> None:
    _, tag = shown(laned)
    move(laned, "Second", "up", tag)
    before = laned.state()
    assert code(move(laned, "First", "up", tag)) == (412, "overtaken")
    assert laned.state() == before
    assert move(laned, "First", "up", "*").status_code == 200
    path = f"{BOT}/automations/First/moves"
    assert code(laned("POST", path, json={"to": "up"})) == (428, "if_match_missing")
    assert code(move(laned, "First", "up", "*", user="eve")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "order", {"lane": "scanner", "names": ["First"]}),
        ("PUT", "order", {"lane": "scanner", "names": ["First", "First"]}),
        ("PUT", "order", {"lane": "scanner", "names": ["First", "Monitor that opens"]}),
        ("PUT", "order", {"lane": "button", "names": ["Press go"]}),
        ("PUT", "order", {"lane": "nothing", "names": ["First"]}),
        ("POST", "automations/Press go/moves", {"to": "up"}),
        ("POST", "automations/Nothing/moves", {"to": "up"}),
        ("POST", "automations/First/moves", {"to": "sideways"}),
        ("POST", "automations/First/moves", {"to": 2}),
        ("POST", "automations/First/moves", {"to": -1}),
        ("POST", "automations/First/moves", {}),
    ],
    ids=str,
)
def test_an_order_that_cannot_be_is_refused(
    laned: Door, method: str, path: str, body: dict[str, Any]
) -> None:
    before = laned.state()
    answer = laned(method, f"{BOT}/{path}", json=body, headers={"If-Match": "*"})
    assert code(answer) == (422, "bad_input")
    assert laned.state() == before


def test_who_changed_the_order_is_told_and_kept(laned: Door) -> None:
    for _ in range(2):
        move(laned, "Second", "up", "*")
        move(laned, "First", "up", "*")
    told = laned("GET", "/v1/notices?level=info").json()["items"]
    words = {one["message"] for one in told if one["code"] == "reordered"}
    assert "ann changed the order of the scanners to: First, Second." in words
    assert "ann changed the order of the scanners to: Second, First." in words


def test_runs_follow_the_order_and_each_lane_its_own(laned: Door) -> None:
    """Two scanners for one slot: the first takes it, the second is told the limit (S123)."""
    one_slot = bot(*LANES, name="Laned", limits="10000, 3, 1")
    laned("POST", "/v1/bots", content=one_slot, headers=YAML)
    move(laned, "Second", "first", "*")
    laned("PATCH", "/v1/bots/Test", json={"is_on": False})
    laned.house.run(MARK)
    runs = laned("GET", "/v1/runs?bot=Laned").json()["items"]
    came = {one["automation"]: one["outcome"] for one in runs}
    assert came["First"] == "skipped:open_positions"
    assert {came["Second"], came["Monitor that opens"]} == {"opening", "refused:open_positions"}


def test_a_click_of_the_bot_before_is_given_to_no_other_automation(laned: Door) -> None:
    laned("POST", f"{BOT}/buttons/go/clicks")
    move(laned, "Second", "up", "*")
    (work,) = laned.house.one("SELECT work_id FROM work")
    laned.house.instance.do(work)  # type: ignore[arg-type]
    (run,) = laned("GET", "/v1/runs?bot=Laned").json()["items"]
    assert (run["automation"], run["outcome"]) == ("Press go", "skipped:changed")


@given(st.data())
def test_any_row_of_moves_keeps_every_automation_and_the_other_lanes(data: st.DataObject) -> None:
    definition = botfile.read(FILE)
    for _ in range(data.draw(st.integers(0, 6))):
        name = data.draw(st.sampled_from(["First", "Second", "Monitor that opens"]))
        ways: st.SearchStrategy[str | int] = st.sampled_from(["up", "down", "first", "last"])
        to = data.draw(ways | st.integers(0, 1))
        lane = Lane.MONITOR if name == "Monitor that opens" else Lane.SCANNER
        if lane is Lane.MONITOR and to == 1:
            with pytest.raises(BadInput):
                moved(definition, name, to)
            continue
        names = moved(definition, name, to)
        after = reordered(definition, lane, names)
        assert sequence(after, lane) == names
        assert [one for one in after.automations if one.lane is not lane] == [
            one for one in definition.automations if one.lane is not lane
        ]
        assert [one.lane for one in after.automations] == [
            one.lane for one in definition.automations
        ]
        definition = after
