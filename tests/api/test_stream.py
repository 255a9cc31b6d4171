"""The stream over real HTTP: what one is told, in order, once, and nobody else's."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.notices import add_notices
from botfleet.api import stream as streaming
from botfleet.application.ports.batches import Notice
from botfleet.domain.ids import UserId
from tests.api.door import Door
from tests.application.house import MARK
from tests.patience import PATIENCE_S


def tell(door: Door, *messages: str, user: str = "ann") -> None:
    house = door.house
    (user_id,) = house.one(f"SELECT user_id FROM users WHERE name = '{user}'")
    (bot_id,) = house.one("SELECT bot_id FROM bots")
    notices = [
        Notice(UserId(user_id), bot_id, "info", "notify", one, one)  # type: ignore[arg-type]
        for one in messages
    ]
    with house.database.transaction() as connection:
        add_notices(connection, notices, MARK)


def events(door: Door, user: str = "ann", after: str = "") -> Iterator[dict[str, str]]:
    headers = {"Authorization": f"Bearer {door.tokens[user]}"}
    headers |= {"Last-Event-ID": after} if after else {}
    url, timeout = str(door.client.base_url.join("/v1/stream")), httpx.Timeout(PATIENCE_S)
    with httpx.stream("GET", url, headers=headers, timeout=timeout) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
            else:
                yield event
                event = {}


def listen(door: Door, count: int, **given: Any) -> list[dict[str, str]]:
    found = []
    for event in events(door, **given):
        if "id" in event:
            found.append(event)
        if len(found) == count:
            break
    return found


def messages(found: list[dict[str, str]]) -> list[str]:
    return [json.loads(one["data"])["message"] for one in found]


def test_what_one_is_told_comes_as_it_happens(door: Door) -> None:
    tell(door, "before")
    stream = events(door)
    assert "retry" in next(stream)
    tell(door, "first")
    tell(door, "second", "third")
    got = [next(stream) for _ in range(3)]
    assert messages(got) == ["first", "second", "third"]
    assert {one["event"] for one in got} == {"info"}
    assert json.loads(got[0]["data"])["user"] == "ann"


def test_who_comes_back_goes_on_after_the_last_event_it_saw(door: Door) -> None:
    stream = events(door)
    next(stream)
    tell(door, *(f"{n}" for n in range(250)))
    first = next(stream)
    rest = listen(door, 249, after=first["id"])
    assert sorted(messages([first, *rest])) == sorted(f"{n}" for n in range(250))
    assert len({one["id"] for one in rest}) == 249
    assert messages(listen(door, 1, after=rest[100]["id"])) == messages(rest[101:102])


def test_a_transaction_that_ends_late_is_not_missed(door: Door) -> None:
    """A later notice is there first; who has seen it must still see the earlier one."""
    stream = events(door)
    next(stream)
    with door.house.database.transaction() as slow:
        execute(slow, "SELECT pg_current_xact_id()")
        tell(door, "later, but committed first")
        add_notices(slow, [_notice(door, "earlier, but committed last")], MARK)
    got = messages([next(stream), next(stream)])
    assert got == ["earlier, but committed last", "later, but committed first"]


def _notice(door: Door, message: str) -> Notice:
    user_id, bot_id = door.house.one("SELECT user_id, bot_id FROM bots")
    return Notice(user_id, bot_id, "info", "notify", message, message)  # type: ignore[arg-type]


def test_nobody_hears_what_another_is_told(door: Door) -> None:
    heard: list[str] = []
    stream = events(door, "eve")
    next(stream)

    def eve() -> None:
        heard.extend(messages([next(stream)]))

    thread = threading.Thread(target=eve)
    thread.start()
    tell(door, "for ann alone")
    tell(door, "for eve", user="eve")
    thread.join()
    assert heard == ["for eve"]


@pytest.mark.parametrize("last", ["7", "x-1", "1-", "-1-1", "1-1-1", "9" * 49, "1 1"])
def test_an_event_id_that_was_never_given_is_refused(door: Door, last: str) -> None:
    answer = door("GET", "/v1/stream", headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


def test_a_stream_needs_its_owners_token(door: Door) -> None:
    answer = door.client.get("/v1/stream", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_too_many_streams_of_one_user_are_refused(door: Door) -> None:
    streams = [events(door) for _ in range(8)]
    for one in streams:
        next(one)
    assert door("GET", "/v1/stream").status_code == 429
    assert next(events(door, "eve")) == {"retry": "2000"}
    for one in streams:
        one.close()  # type: ignore[attr-defined]


def test_a_stream_ends_with_its_session(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copied the cookie hears nothing of what comes after."""
    monkeypatch.setattr(streaming, "ALIVE_S", 0.2)
    with httpx.Client(base_url=door.client.base_url, timeout=PATIENCE_S) as browser:
        browser.post("/signin", data={"token": door.tokens["ann"]})
        with browser.stream("GET", "/v1/stream") as answer:
            lines = answer.iter_lines()
            assert "retry" in next(lines)
            browser.post("/signout")
            tell(door, "a secret")
            assert "a secret" not in "".join(lines)  # which ends
