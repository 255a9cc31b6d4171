"""Calls from outside, over real HTTP: signed ones start what waits, once; others are strangers."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from botfleet.adapters.system.clock import wall_s
from botfleet.application.call import CALLS_MAX
from botfleet.application.rotate import rotate
from botfleet.domain.bots.calls import WINDOW_S, sign
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import WorkId
from tests.api.conftest import Door
from tests.application.bots import bot, button, spread
from tests.application.house import MARK, OPEN

SECRET = b"hook-secret-canary"
CLOSE = OPEN + timedelta(hours=6, minutes=30)
ALERT = """
  - name: Told from outside
    lane: event
    trigger: {webhook: alert, feeds: [level]}
    inputs: [{name: level, kind: price, default: 1}]
    tree:
      if: {recipe: stock_price, symbol: SPY, relation: above, value: {input: level}}
      "yes": {notify: "above {level}"}
      "no": {notify: "not above {level}"}
"""
OTHER = """
  - name: Also told
    lane: event
    trigger: {webhook: alert}
    tree: {notify: heard}
"""


class Caller:
    """Somebody outside, with `ann`'s hook."""

    def __init__(self, door: Door) -> None:
        self.door = door
        made = door.operator.hooks.create(door.house.user, "alert", SECRET, MARK)
        assert made is not None
        self.hook: UUID | str = made

    def __call__(
        self,
        body: object = None,
        *,
        secret: bytes = SECRET,
        late_s: float = 0,
        sent: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body).encode()
        stamp = str(int(wall_s() - late_s))
        signed = {
            "X-Botfleet-Timestamp": stamp,
            "X-Botfleet-Signature": sign(secret, stamp, raw),
        }
        content = raw if sent is None else sent
        given = signed | (headers or {})
        return self.door.client.post(f"/v1/hooks/{self.hook}", content=content, headers=given)

    def runs(self) -> list[str]:
        """Do what is due; give the runs there are."""
        for (work_id,) in self.door.house.all("SELECT work_id FROM work WHERE state = 'due'"):
            self.door.house.instance.do(WorkId(work_id))  # type: ignore[arg-type]
        return [str(run) for (run,) in self.door.house.all("SELECT run_id FROM runs")]

    def notices(self) -> list[object]:
        return [one for (one,) in self.door.house.all("SELECT message FROM notices ORDER BY 1")]


@pytest.fixture
def call(door: Door) -> Caller:
    door.house.add(bot(ALERT, name="Listener"))
    return Caller(door)


def test_a_signed_call_starts_what_waits_under_the_id_that_was_promised(call: Caller) -> None:
    answer = call({"inputs": {"level": 9999.5}})
    assert answer.status_code == 202
    assert call.runs() == answer.json()["run_ids"]
    assert call.notices() == ["not above 9999.5"]


def test_a_call_may_have_no_body(call: Caller) -> None:
    assert call().status_code == 202
    call.runs()
    assert call.notices() == ["above 1"]


def test_one_hook_drives_many_automations_of_many_bots_of_one_user(call: Caller) -> None:
    call.door.house.add(bot(ALERT, OTHER, name="Second"))
    answer = call({"inputs": {"level": 2}})
    assert len(answer.json()["run_ids"]) == 3
    assert sorted(call.runs()) == sorted(answer.json()["run_ids"])
    assert call.notices() == ["above 2", "above 2", "heard"]


def test_a_bot_that_is_off_hears_nothing(call: Caller) -> None:
    second = call.door.house.add(bot(OTHER, name="Second"))
    call.door.house.roster.switch(second, is_on=False, now=MARK)
    assert len(call().json()["run_ids"]) == 1
    call.door.house.roster.switch(
        call.door.house.one("SELECT bot_id FROM bots WHERE name = 'Listener'")[0],  # type: ignore[arg-type]
        is_on=False,
        now=MARK,
    )
    before = call.door.state()
    answer = call({"id": "again"})
    assert (answer.status_code, answer.json()["code"]) == (409, "bot_off")
    assert call.door.state() == before


def test_a_call_sent_twice_starts_one_run(call: Caller) -> None:
    stamp = str(int(wall_s()))
    headers = {"X-Botfleet-Timestamp": stamp, "X-Botfleet-Signature": sign(SECRET, stamp, b"")}
    first, second = call(headers=headers), call(headers=headers)
    assert first.json() == second.json()
    assert len(call.runs()) == 1


def test_a_call_that_names_itself_is_the_same_at_another_time(call: Caller) -> None:
    assert call({"id": "7"}).json() == call({"id": "7"}, late_s=20).json()
    assert call({"id": "8"}).json() != call({"id": "7"}).json()
    assert len(call.runs()) == 2


def test_a_replay_runs_nothing_new_even_when_more_bots_wait_by_then(call: Caller) -> None:
    first = call({"id": "7"})
    call.door.house.add(bot(OTHER, name="Second"))
    call.door.set_clock(CLOSE)
    assert call({"id": "7"}).json() == first.json()
    assert call.door.house.one("SELECT count(*) FROM work WHERE kind = 'hook'") == (1,)


def test_many_copies_at_once_are_one_run(call: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: call({"id": "7"}), range(24)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(call.runs()) == 1


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


def test_another_secret_makes_the_old_one_worthless(call: Caller) -> None:
    call.door.operator.hooks.rotate(call.door.house.user, "alert", b"new", MARK)
    assert call().status_code == 401
    assert call(secret=b"new").status_code == 202


def test_a_hook_of_another_user_drives_nothing_of_ours(call: Caller) -> None:
    eve = next(one.user_id for one in call.door.house.roster.users() if one.name == "eve")
    made = call.door.operator.hooks.create(eve, "alert", b"eves", MARK)
    assert made is not None
    call.hook = made
    answer = call(secret=b"eves")
    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
    assert call.runs() == []


def test_a_secret_lies_sealed(call: Caller) -> None:
    (sealed,) = call.door.house.one("SELECT sealed FROM hooks")
    assert SECRET not in bytes(sealed)  # type: ignore[call-overload]


def test_a_secret_moves_with_the_vaults_key(call: Caller) -> None:
    wiring = call.door.operator
    before = call.door.house.one("SELECT sealed FROM hooks")
    for _ in range(2):  # the second forgets the key it was sealed under first
        rotate(wiring.vault, wiring.hooks)
    assert call.door.house.one("SELECT sealed FROM hooks") != before
    assert wiring.hooks.sealed_under() == {wiring.vault.keys[-1]: 1}
    assert call().status_code == 202


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


def switched(door: Door, scope: Scope, mode: Mode, name: str = "Listener") -> None:
    (named,) = door.house.one(f"SELECT bot_id FROM bots WHERE name = '{name}'")
    over = {Scope.USER: door.house.user, Scope.ACCOUNT: door.house.account, Scope.BOT: named}
    by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    door.house.restrain.impose(scope, over.get(scope, FLEET), mode, **by)  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", list(Scope))
def test_a_call_to_what_is_halted_is_refused_and_nothing_waits(call: Caller, scope: Scope) -> None:
    switched(call.door, scope, Mode.HALTED)
    before = call.door.state()
    answer = call({"id": "7"})
    assert (answer.status_code, answer.json()["code"]) == (409, "halted")
    assert call.door.state() == before
    assert call.door.house.all("SELECT * FROM hook_calls") == []
    switched(call.door, scope, Mode.ACTIVE)
    assert call.runs() == []
    assert call({"id": "7"}).status_code == 202  # it was not taken, so it may come again


@pytest.mark.parametrize("scope", list(Scope))
def test_a_call_to_what_is_only_reducing_runs_and_its_open_is_refused(
    call: Caller, scope: Scope
) -> None:
    opening = OTHER.replace("tree: {notify: heard}", "tree:\n      open: " + spread())
    call.door.house.add(bot(opening, name="Opener"))
    switched(call.door, scope, Mode.REDUCING, "Opener")
    assert call().status_code == 202
    call.runs()
    outcomes = {one for (one,) in call.door.house.all("SELECT outcome FROM runs")}
    assert outcomes == {"notified", "refused:reducing"}
    assert call.door.house.all("SELECT * FROM orders") == []


def test_of_several_bots_the_halted_one_hears_nothing(call: Caller) -> None:
    call.door.house.add(bot(OTHER, name="Second"))
    switched(call.door, Scope.BOT, Mode.HALTED)
    assert len(call().json()["run_ids"]) == 1
    call.runs()
    assert call.notices()[-1] == "heard"


@pytest.mark.parametrize("scope", list(Scope))
def test_a_click_on_what_is_halted_says_so_and_leaves_nothing(door: Door, scope: Scope) -> None:
    switched(door, scope, Mode.HALTED, "Test")
    before = door.state()
    answer = door("POST", "/v1/bots/Test/buttons/go/clicks", key="one")
    assert (answer.status_code, answer.json()["code"]) == (409, "halted")
    assert "halted" in answer.json()["detail"]
    assert door.state() == before
    switched(door, scope, Mode.ACTIVE, "Test")
    assert door.house.all("SELECT * FROM work") == []


def test_a_strangers_click_is_as_on_a_bot_that_never_was(door: Door) -> None:
    before = door.state()
    answer = door("POST", "/v1/bots/Test/buttons/go/clicks", key="one", user="eve")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert door.state() == before
