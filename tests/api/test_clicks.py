"""Clicks on buttons, over real HTTP: once, in time, within limits, of their owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx

from botfleet.domain.ids import WorkId
from tests.api.caller import CLOSE
from tests.api.door import Door
from tests.application.bots import bot, button, spread


def test_fifty_tabs_press_a_button_once(door: Door) -> None:
    def press(_: int) -> httpx.Response:
        return door("POST", "/v1/bots/Test/buttons/go/clicks", key="tab")

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(press, range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert door.house.one("SELECT count(*) FROM work") == (1,)


def test_a_click_in_the_last_second_that_is_reached_after_it_trades_nothing(door: Door) -> None:
    door.set_clock(CLOSE - timedelta(seconds=1))
    assert door("POST", "/v1/bots/Test/buttons/go/clicks").status_code == 202
    door.set_clock(CLOSE)
    (work,) = door.house.one("SELECT work_id FROM work")
    door.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    assert door.house.one("SELECT state FROM work") == ("missed",)
    assert door.house.all("SELECT * FROM orders") == []
    (told,) = door.house.all("SELECT message FROM notices")
    assert "the session was over" in str(told[0])


def test_a_click_at_a_limit_runs_and_its_open_is_refused(door: Door) -> None:  # R10
    door.house.add(bot(button("more", spread()), name="Full", limits="10000, 1, 1"))
    for key in ("1", "2"):
        door("POST", "/v1/bots/Full/buttons/more/clicks", key=key)
    for (work,) in door.house.all("SELECT work_id FROM work ORDER BY told_real"):
        door.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    outcomes = {str(one) for (one,) in door.house.all("SELECT outcome FROM runs")}
    assert "opening" in outcomes
    assert any(one.startswith("refused:") for one in outcomes)


def test_a_strangers_click_is_as_on_a_bot_that_never_was(door: Door) -> None:
    before = door.state()
    answer = door("POST", "/v1/bots/Test/buttons/go/clicks", key="one", user="eve")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert door.state() == before
