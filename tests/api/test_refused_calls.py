"""Calls that start nothing: of strangers, out of hours, unfit, too many."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from botfleet.adapters.system.clock import wall_s
from botfleet.application.call import CALLS_MAX
from botfleet.domain.bots.calls import WINDOW_S, sign
from tests.api.caller import CLOSE, SECRET, Caller
from tests.application.market import OPEN


def strangers(call: Caller) -> dict[str, httpx.Response]:
    """Everyone who cannot sign, each in their own way."""
    body = {"inputs": {"level": 2}}
    other = json.dumps({"inputs": {"level": 3}}).encode()
    reordered = b'{ "inputs": {"level": 2} }'
    found = {
        "another secret": call(body, secret=b"guess"),
        "another body": call(body, sent=other),
        "the body written otherwise": call(body, sent=reordered),
        "an old stamp": call(body, late_s=WINDOW_S + 5),
        "a stamp from the future": call(body, late_s=-WINDOW_S - 5),
        "another stamp": call(body, headers={"X-Botfleet-Timestamp": str(int(wall_s()) - 9)}),
        "a stamp that is none": call(body, headers={"X-Botfleet-Timestamp": "soon"}),
        "a negative stamp": call(body, headers={"X-Botfleet-Timestamp": "-1"}),
        "no signature": call(body, headers={"X-Botfleet-Signature": ""}),
        "no scheme": call(body, headers={"X-Botfleet-Signature": "0" * 64}),
        "another scheme": call(body, headers={"X-Botfleet-Signature": "v2=" + "0" * 64}),
        "bad JSON, unsigned": call(body, sent=b"{"),
    }
    known, call.hook = call.hook, UUID(int=7)
    found["an unknown hook"] = call(body)
    call.hook = "alert"
    found["a hook by its name"] = call(body)
    call.hook = known
    return found


def test_strangers_are_turned_away_alike_and_leave_nothing(call: Caller) -> None:
    before = call.door.state()
    answers = strangers(call)
    assert {one.status_code for one in answers.values()} == {401}
    assert len({one.text for one in answers.values()}) == 1
    assert "canary" not in next(iter(answers.values())).text
    assert call.door.state() == before
    assert call.door.house.all("SELECT * FROM hook_calls") == []


@pytest.mark.parametrize("at", [OPEN - timedelta(seconds=1), CLOSE, CLOSE + timedelta(hours=3)])
def test_while_the_market_is_closed_a_call_is_refused_and_nothing_waits(
    call: Caller, at: Any
) -> None:
    call.door.set_clock(at)
    before = call.door.state()
    answer = call({"inputs": {"level": 2}})
    assert (answer.status_code, answer.json()["code"]) == (409, "market_closed")
    assert datetime.fromisoformat(answer.json()["next_open_at"]) > at
    assert call.door.state() == before
    call.door.set_clock(OPEN + timedelta(days=1))
    assert call.runs() == []


def test_the_last_second_counts_and_what_then_comes_too_late_is_told(call: Caller) -> None:
    call.door.set_clock(CLOSE - timedelta(seconds=1))
    assert call().status_code == 202
    call.door.set_clock(CLOSE)
    assert call.runs() == []
    ended = call.door.house.one("SELECT state, why FROM work WHERE kind = 'hook'")
    assert ended == ("missed", "the session was over")
    assert call.notices() != []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"inputs": {"level": "high"}}, "level"),
        ({"inputs": {"level": -1}}, "level"),
        ({"inputs": {"level": {"a": 1}}}, "/inputs/level"),
        ({"inputs": {"level": None}}, "/inputs/level"),
        ({"inputs": {"depth": 1}}, "/inputs/depth"),
        ({"inputs": {str(n): 1 for n in range(21)}}, "/inputs"),
        ({"inputs": []}, "/inputs"),
        ({"user_id": "1"}, "/user_id"),
        ({"id": ""}, "/id"),
        ({"id": "a b"}, "/id"),
        ({"id": "x" * 101}, "/id"),
        ({"id": 7}, "/id"),
    ],
)
def test_a_payload_that_does_not_fit_is_told_where_and_leaves_nothing(
    call: Caller, body: object, pointer: str
) -> None:
    before = call.door.state()
    answer = call(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert pointer in answer.json()["errors"][0]["pointer"]
    assert call.door.state() == before
    assert call.door.house.all("SELECT * FROM hook_calls") == []


@pytest.mark.parametrize("raw", [b"{", b"\xff", b'{"id": NaN}', b'{"id": "a", "id": "b"}'])
def test_a_signed_body_that_is_no_json_is_refused(call: Caller, raw: bytes) -> None:
    stamp = str(int(wall_s()))
    headers = {"X-Botfleet-Timestamp": stamp, "X-Botfleet-Signature": sign(SECRET, stamp, raw)}
    answer = call(sent=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


def test_a_body_beyond_64_kib_is_not_read(call: Caller) -> None:
    assert call(sent=b" " * (64 * 1024 + 1)).status_code == 413


def test_a_hook_nothing_waits_for_says_so(call: Caller) -> None:
    with call.door.house.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM bots WHERE name = 'Listener'")
    answer = call()
    assert (answer.status_code, answer.json()["detail"]) == (409, "No automation waits for alert.")


def test_a_hook_that_calls_too_often_is_told_to_wait(call: Caller) -> None:
    with call.door.house.database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE hooks SET minute_real = date_trunc('minute', clock_timestamp())"
            f" + interval '1 minute', calls = {CALLS_MAX}"
        )
    before = call.door.state()
    answer = call()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert call.door.state() == before


def test_a_minutes_calls_are_counted_up_to_the_bound(call: Caller) -> None:
    hook = call.hook
    assert isinstance(hook, UUID)
    counted = [call.door.operator.hooks.count(hook, 3) for _ in range(7)]
    # A minute may turn meanwhile, after which three more are counted.
    assert counted[:3] == [True] * 3
    assert counted.count(False) in {1, 4}


def test_what_is_wrong_with_a_call_is_said_in_the_words_of_bot_files(call: Caller) -> None:
    assert call({"size": 3}).json()["detail"] == "size: is not known here"
    said = call({"inputs": {"level": [1]}}).json()["detail"]
    assert said == "inputs.level: must be a text, a number, or yes or no"
