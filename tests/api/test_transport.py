"""What is not fit to be asked is refused with a problem, and changes nothing (RELIABILITY 7)."""

from collections import defaultdict

import httpx
import pytest

from botfleet.application.ports.journal import BotLine
from botfleet.domain.ids import UserId
from tests.api.door import Door

JSON = {"Content-Type": "application/json"}
BOT = "/v1/bots/Test"


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert "Traceback" not in answer.text
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer nobodys", "Basic YTpi", "Bearer \xe9", "nonsense"]
)
def test_nobody_gets_in_without_a_token_of_somebody(door: Door, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    for path in ("/v1/bots", "/v1/runs", BOT, "/v1/connections"):
        answer = door.client.get(path, headers=headers)
        assert code(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "bad_json")),
        (b"{", (400, "bad_json")),
        (b"\xff\xfe", (400, "bad_json")),
        (b'\xef\xbb\xbf{"is_on": true}', (400, "bad_json")),
        (b'{"is_on": true, "is_on": false}', (400, "bad_json")),
        (b'{"is_on": NaN}', (400, "bad_json")),
        (b'{"is_on": 1e999}', (422, "bad_input")),
        (b'{"is_on": -Infinity}', (400, "bad_json")),
        (b'{"is_on": ' + b"9" * 5000 + b"}", (400, "bad_json")),
        (b'{"is_on": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", (400, "bad_json")),
        (b'{"is_on": "\\ud800"}', (400, "bad_json")),
        (b'{"is_on": "true"}', (422, "bad_input")),
        (b'{"is_on": 1}', (422, "bad_input")),
        (b"{}", (422, "bad_input")),
        (b"[]", (422, "bad_input")),
        (b"null", (422, "bad_input")),
        (b'{"is_on": false, "user_id": "x"}', (422, "bad_input")),
        (b'{"is_on": false, "state": 1, "epoch": 2}', (422, "bad_input")),
        (b'{"is_on": "' + b"x" * 65_536 + b'"}', (413, "too_large")),
    ],
    ids=lambda given: repr(given)[:40],
)
def test_json_is_taken_literally(door: Door, body: bytes, expected: tuple[int, str]) -> None:
    before = door.state()
    assert code(door("PATCH", BOT, content=body, headers=JSON)) == expected
    assert door.state() == before


def test_a_body_that_only_turns_out_too_large_is_refused(door: Door) -> None:
    parts = (b"x" * 10_000 for _ in range(10))  # no length is said, so it is sent in chunks
    assert code(door("PATCH", BOT, content=parts, headers=JSON)) == (413, "too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_a_body_of_another_kind_is_refused(door: Door, headers: dict[str, str]) -> None:
    answer = door("PATCH", BOT, content=b'{"is_on": false}', headers=headers)
    assert code(answer)[0] == 415
    assert door.operator.journal.bot(None, "Test").is_on


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "\xe9"])
def test_a_key_that_is_none_is_refused(door: Door, key: str) -> None:
    bearer = f"Bearer {door.tokens['ann']}".encode()
    headers = {b"Authorization": bearer, b"Idempotency-Key": key.encode("latin-1")}
    answer = door.client.post(f"{BOT}/buttons/go/clicks", headers=headers)
    assert code(answer) == (400, "idempotency_key_invalid")


def test_every_change_needs_a_key_and_just_one(door: Door) -> None:
    spec = door.client.get("/openapi.json").json()
    changes = [
        (method, path)
        for path, methods in spec["paths"].items()
        for method in methods
        if method != "get"
        and not path.startswith("/v1/hooks/")  # named by their signatures
        and not path.startswith("/v1/drafts/")  # these change nothing
    ]
    assert len(changes) >= 6
    bearer = f"Bearer {door.tokens['ann']}"
    before = door.state()
    for method, path in changes:
        parameters = spec["paths"][path][method]["parameters"]
        named = [one["name"] for one in parameters if one["in"] == "header"]
        assert named[:1] == ["Idempotency-Key"]
        where = path.format_map(defaultdict(lambda: "1", bot="Test", label="go"))
        answer = door.client.request(method, where, headers={"Authorization": bearer})
        assert code(answer) == (400, "idempotency_key_missing")
        twice = [("Authorization", bearer), ("Idempotency-Key", "1"), ("Idempotency-Key", "2")]
        answer = door.client.request(method, where, headers=twice)
        assert code(answer) == (400, "idempotency_key_invalid")
    assert door.state() == before


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/nothing", (404, "not_found")),
        ("GET", "/docs", (404, "not_found")),
        ("DELETE", "/v1/bots", (405, "method_not_allowed")),
        ("GET", f"{BOT}/buttons/go/clicks", (405, "method_not_allowed")),
        ("GET", "/v1/runs?limit=0", (422, "bad_input")),
        ("GET", "/v1/runs?limit=201", (422, "bad_input")),
        ("GET", "/v1/runs?user_id=x", (422, "bad_input")),
        ("GET", "/v1/runs?cursor=x", (422, "bad_input")),
        ("GET", "/v1/runs?cursor=MjAyNi0wMS0wMSAwMA==", (422, "bad_input")),
        ("GET", "/v1/orders?bot=Nobodys", (404, "not_found")),
        ("GET", "/v1/bots/Te%00st", (404, "not_found")),
        ("GET", "/v1/bots/%ff%fe", (404, "not_found")),
        ("GET", "/v1/runs/'; DROP TABLE runs; --", (404, "not_found")),
        ("POST", f"{BOT}/buttons/%00/clicks", (404, "not_found")),
    ],
)
def test_what_is_asked_wrongly_is_said_so(
    door: Door, method: str, path: str, expected: tuple[int, str]
) -> None:
    before = door.state()
    assert code(door(method, path)) == expected
    assert door.state() == before


def test_a_fault_of_ours_says_nothing_of_its_cause(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: UserId | None) -> list[BotLine]:
        raise RuntimeError("canary")

    monkeypatch.setattr(door.wiring.journal, "bots", fail)
    answer = door("GET", "/v1/bots")
    assert code(answer) == (500, "internal")
    assert "canary" not in answer.text


def test_answers_are_neither_kept_nor_guessed_at(door: Door) -> None:
    for answer in (door("GET", "/v1/bots"), door("GET", "/v1/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
