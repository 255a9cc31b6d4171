"""Calls from outside, over real HTTP: signed ones start what waits, once; others are strangers."""

from concurrent.futures import ThreadPoolExecutor

from botfleet.adapters.system.clock import wall_s
from botfleet.application.rotate import rotate
from botfleet.domain.bots.calls import sign
from tests.api.caller import ALERT, CLOSE, OTHER, SECRET, Caller
from tests.application.bots import bot
from tests.application.house import MARK


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
