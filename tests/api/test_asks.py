"""Asks over HTTP: one's own, one answer, refused in words."""

from uuid import UUID

import pytest

from tests.api.door import Door
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK

ASKING = bot(scanner(spread() + "            ask: true\n"), name="Asking")


def asked(door: Door) -> str:
    door.house.add(ASKING)
    door.house.run(MARK)
    (one,) = door("GET", "/v1/asks").json()["items"]
    assert one["words"].startswith("Open SPY short put spread")
    assert (one["bot"], one["answer"]) == ("Asking", "")
    return str(one["ask_id"])


def test_a_yes_starts_a_run_and_the_same_yes_is_the_same_run(door: Door) -> None:
    ask = asked(door)
    first = door("POST", f"/v1/asks/{ask}/answers", json={"answer": "yes"})
    again = door("POST", f"/v1/asks/{ask}/answers", json={"answer": "yes"}, key="other")
    assert (first.status_code, first.json()) == (202, again.json())
    assert door("GET", "/v1/asks").json()["items"] == []
    (line,) = door("GET", "/v1/asks?which=all").json()["items"]
    assert line["answer"] == "yes"
    for (work_id,) in door.house.all("SELECT work_id FROM work WHERE state = 'due'"):
        door.house.instance.do(work_id)  # type: ignore[arg-type]
    run = door("GET", first.headers["location"]).json()
    assert (run["run"]["outcome"], run["is_same"]) == ("opening", True)
    other = door("POST", f"/v1/asks/{ask}/answers", json={"answer": "no"})
    assert (other.status_code, other.json()["code"]) == (409, "refused")


@pytest.mark.parametrize(
    "body", [{}, {"answer": "maybe"}, {"answer": True}, {"answer": "yes", "x": 1}]
)
def test_what_is_no_answer_is_refused(door: Door, body: object) -> None:
    ask = asked(door)
    answer = door("POST", f"/v1/asks/{ask}/answers", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert len(door("GET", "/v1/asks").json()["items"]) == 1


def test_anothers_ask_is_as_if_it_never_was(door: Door) -> None:
    ask = asked(door)
    assert door("GET", "/v1/asks", user="eve").json() == {"items": []}
    assert door("GET", "/v1/asks?which=all", user="eve").json() == {"items": []}
    answers = [
        door("POST", f"/v1/asks/{one}/answers", json={"answer": "yes"}, user="eve")
        for one in (ask, UUID(int=1), "nothing")
    ]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[0].content)}
    assert len(door("GET", "/v1/asks").json()["items"]) == 1
