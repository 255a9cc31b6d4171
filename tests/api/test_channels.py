"""Channels through the door: kept sealed, told, tried, forgotten; addresses never come back."""

from collections.abc import Iterator

import pytest

from botfleet.adapters.notify.apprise import AppriseNotifier
from tests.api.door import Door
from tests.api.test_transport import code
from tests.application.test_deliver import SECRET, Inbox, inbox

__all__ = ["inbox"]
PATH = "/v1/channels/phone"


@pytest.fixture(autouse=True)
def _json_is_allowed(door: Door) -> Iterator[None]:
    allowed = AppriseNotifier({"json"})
    door.wiring.__dict__["notifier"] = allowed
    door.wiring.__dict__.pop("subscribe", None)
    yield
    del door.wiring.__dict__["notifier"]
    door.wiring.__dict__.pop("subscribe", None)


def test_a_channel_is_kept_listed_tried_and_forgotten(door: Door, inbox: Inbox) -> None:
    wish = {"url": inbox.url, "levels": ["error", "ask"]}
    kept = door("PUT", PATH, json=wish)
    shown = {"name": "phone", "scheme": "json", "levels": ["ask", "error"], "sent": 0, "failed": 0}
    assert (kept.status_code, kept.json()) == (200, shown)
    assert door("PUT", PATH, json=wish).json() == shown
    assert door("GET", "/v1/channels").json() == {"items": [shown]}
    assert door("POST", f"{PATH}/tests").json() == {"taken": True}
    assert [one["message"] for one in inbox.came] == ["This is a test."]
    inbox.status = 500
    refused = door("POST", f"{PATH}/tests")
    assert code(refused) == (409, "refused")
    assert door("DELETE", PATH).status_code == 204
    assert code(door("DELETE", PATH)) == (404, "not_found")
    assert code(door("POST", f"{PATH}/tests")) == (404, "not_found")


def test_an_address_never_comes_back_and_is_in_no_log(
    door: Door, inbox: Inbox, capfd: pytest.CaptureFixture[str]
) -> None:
    inbox.status = 500
    wish = {"url": inbox.url, "levels": ["error"]}
    bad = {"url": f"ftp://{SECRET}", "levels": ["error"]}
    nothing = {"url": inbox.url, "levels": ["of nothing"]}
    answers = [
        door("PUT", PATH, json=wish),
        door("GET", "/v1/channels"),
        door("POST", f"{PATH}/tests"),
        door("PUT", PATH, json=bad),
        door("PUT", PATH, json=nothing),
        door("PUT", PATH, json=[inbox.url]),
        door("DELETE", PATH),
    ]
    assert all(SECRET not in answer.text for answer in answers)
    said = capfd.readouterr()
    assert SECRET not in said.out + said.err


def test_one_users_channels_are_nobody_elses(door: Door, inbox: Inbox) -> None:
    door("PUT", PATH, json={"url": inbox.url, "levels": ["error"]})
    assert door("GET", "/v1/channels", user="eve").json() == {"items": []}
    assert code(door("POST", f"{PATH}/tests", user="eve")) == (404, "not_found")
    assert code(door("DELETE", PATH, user="eve")) == (404, "not_found")
    assert inbox.came == []


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        (PATH, {"url": "slack://nobody/allowed/here", "levels": ["error"]}),
        (PATH, {"url": "json://127.0.0.1:1/x", "levels": []}),
        (PATH, {"url": "json://127.0.0.1:1/x", "levels": ["loud"]}),
        (PATH, {"url": "nonsense", "levels": ["error"]}),
        (PATH, {"levels": ["error"]}),
        (PATH, {"url": "json://127.0.0.1:1/x", "levels": ["error"], "sealed": "no"}),
        ("/v1/channels/%20", {"url": "json://127.0.0.1:1/x", "levels": ["error"]}),
    ],
    ids=str,
)
def test_a_channel_that_cannot_be_is_refused(door: Door, path: str, wish: object) -> None:
    assert code(door("PUT", path, json=wish)) == (422, "bad_input")
    assert door("GET", "/v1/channels").json() == {"items": []}
