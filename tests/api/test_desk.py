"""The door of the desk: who gets in, what the browser keeps of it, what it may not do."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from botfleet.adapters.postgres.signins import SIGNINS_MAX
from botfleet.adapters.system import clock
from botfleet.api import session
from tests.api.door import Door
from tests.patience import PATIENCE_S

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
UNSUPPORTED = "Yours is not supported"


@pytest.fixture
def browser(door: Door) -> Iterator[httpx.Client]:
    """Give a browser that keeps cookies, and has none."""
    headers = {"User-Agent": CHROMIUM}
    with httpx.Client(base_url=door.client.base_url, headers=headers, timeout=PATIENCE_S) as client:
        yield client


def sign_in(browser: httpx.Client, token: str, **headers: str) -> httpx.Response:
    return browser.post("/signin", data={"token": token}, headers=headers)


def test_who_has_not_signed_in_is_shown_the_door(browser: httpx.Client) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert "Your token" in browser.get("/signin").text


def test_a_token_opens_the_desk_and_the_api(door: Door, browser: httpx.Client) -> None:
    answer = sign_in(browser, f" {door.tokens['ann']}\n")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").status_code == 200
    assert browser.get("/v1/me").json()["name"] == "ann"
    assert [one["name"] for one in browser.get("/v1/bots").json()["items"]] == ["Test"]


def kept(door: Door) -> list[bytes]:
    """Give what is kept of sign-ins, as it is written."""
    return [str(row).encode() for row in door.house.all("SELECT s::text FROM signins s")]


def test_the_cookie_is_a_key_of_its_own_and_out_of_reach(door: Door, browser: httpx.Client) -> None:
    cookie = sign_in(browser, door.tokens["ann"]).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert door.tokens["ann"] not in cookie
    assert door.tokens["ann"].encode().hex() not in cookie
    key = browser.cookies[session.COOKIE]
    assert all(key.encode() not in row for row in kept(door))


@pytest.mark.parametrize("token", ["", "nobody's", "x" * 10_000, "\x00", "ann' OR '1'='1"])
def test_nobodys_token_opens_nothing(browser: httpx.Client, token: str) -> None:
    answer = sign_in(browser, token)
    assert answer.status_code == 403
    assert "nobody&#39;s token" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("cookie", ["", "00", "zz", "ab" * 60])
def test_a_made_up_cookie_is_nobodys(browser: httpx.Client, cookie: str) -> None:
    browser.cookies.set(session.COOKIE, cookie)
    assert browser.get("/v1/me").status_code == 401
    assert browser.get("/").status_code == 303


def test_a_cookie_of_another_kind_is_no_session(door: Door, browser: httpx.Client) -> None:
    sealed = door.wiring.vault.seal(door.tokens["ann"].encode(), "cookie/consent").hex()
    browser.cookies.set(session.COOKIE, sealed)
    assert browser.get("/v1/me").status_code == 401


def test_a_session_ends(door: Door, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(browser, door.tokens["ann"])
    later = clock.RealClock().now() + session.LIFE + timedelta(seconds=1)
    monkeypatch.setattr(clock.RealClock, "now", lambda _: later)
    assert browser.get("/v1/me").status_code == 401


def test_a_token_taken_away_ends_its_sessions(door: Door, browser: httpx.Client) -> None:
    sign_in(browser, door.tokens["ann"])
    with door.house.database.transaction() as connection:
        sql = "UPDATE users SET token_hash = sha256('another') WHERE name = 'ann'"
        connection.exec_driver_sql(sql)
    assert browser.get("/v1/me").status_code == 401
    assert browser.get("/").status_code == 303


def test_signing_out_ends_a_copied_cookie_and_no_other_browser(
    door: Door, browser: httpx.Client
) -> None:
    sign_in(browser, door.tokens["ann"])
    copied = {"Cookie": f"{session.COOKIE}={browser.cookies[session.COOKIE]}"}
    assert door.client.get("/v1/me", headers=copied).status_code == 200
    with httpx.Client(base_url=door.client.base_url, timeout=PATIENCE_S) as elsewhere:
        sign_in(elsewhere, door.tokens["ann"])
        assert browser.post("/signout").headers["location"] == "/signin"
        assert browser.get("/v1/me").status_code == 401
        assert door.client.get("/v1/me", headers=copied).status_code == 401
        assert door.client.get("/", headers=copied).status_code == 303
        assert elsewhere.get("/v1/me").status_code == 200
    assert browser.post("/signout").status_code == 303  # once more is no fault


def test_a_user_has_so_many_signins_and_the_newest_stay(door: Door, browser: httpx.Client) -> None:
    sign_in(browser, door.tokens["eve"])
    keys = []
    for _ in range(SIGNINS_MAX + 1):
        with httpx.Client(base_url=door.client.base_url, timeout=PATIENCE_S) as other:
            sign_in(other, door.tokens["ann"])
            keys.append(other.cookies[session.COOKIE])
    assert len(kept(door)) == SIGNINS_MAX + 1  # eve's among them
    known = [
        door.client.get("/v1/me", headers={"Cookie": f"{session.COOKIE}={key}"}).status_code
        for key in (keys[0], keys[1], keys[-1])
    ]
    assert known == [401, 200, 200]
    assert browser.get("/v1/me").json()["name"] == "eve"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_another_sites_form_signs_nobody_in_or_out(
    door: Door, browser: httpx.Client, headers: dict[str, str]
) -> None:
    assert sign_in(browser, door.tokens["ann"], **headers).status_code == 403
    assert browser.post("/signout", headers=headers).status_code == 403


def test_a_change_needs_its_key_from_a_browser_too(door: Door, browser: httpx.Client) -> None:
    sign_in(browser, door.tokens["ann"])
    before = door.state()
    answer = browser.patch("/v1/bots/Test", json={"is_on": False})
    assert answer.json()["code"] == "idempotency_key_missing"
    assert door.state() == before


@pytest.mark.parametrize("path", ["/signin", "/"])
def test_a_page_loads_nothing_from_elsewhere(door: Door, browser: httpx.Client, path: str) -> None:
    sign_in(browser, door.tokens["ann"])
    answer = browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in answer.text.replace("http-equiv", "")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("agent", "is_told"), [(CHROMIUM, False), (FIREFOX, True), ("", True)])
def test_another_engine_is_told_and_may_sign_in(
    door: Door, browser: httpx.Client, *, agent: str, is_told: bool
) -> None:
    browser.headers["User-Agent"] = agent
    assert (UNSUPPORTED in browser.get("/signin").text) is is_told
    assert sign_in(browser, door.tokens["ann"]).status_code == 303
    assert (UNSUPPORTED in browser.get("/").text) is is_told


@pytest.mark.parametrize(
    "name", ["nothing.js", "desk.html", "..%2Fday.py", "__init__.py", "desk", "a/b.js", ".js"]
)
def test_only_parts_of_the_page_are_given(browser: httpx.Client, name: str) -> None:
    assert browser.get(f"/desk/{name}").status_code == 404


@pytest.mark.parametrize(
    ("name", "kind"),
    [("desk.js", "javascript"), ("colours.css", "css"), ("icon.svg", "svg")],
)
def test_parts_are_what_they_say(browser: httpx.Client, name: str, kind: str) -> None:
    assert kind in browser.get(f"/desk/{name}").headers["content-type"]


def test_a_draft_is_drawn_and_written_and_not_stored(door: Door) -> None:
    before = door.state()
    file = door("GET", "/v1/bots/Test/file").content
    kinds = {"Content-Type": "application/yaml", "Accept": "application/json"}
    written = door("POST", "/v1/drafts/file", content=file, headers=kinds)
    assert written.json()["name"] == "Test"
    back = door("POST", "/v1/drafts/file", json=written.json())
    assert back.content == file
    drawn = door("POST", "/v1/drafts/drawing", json=written.json())
    assert drawn.text == door("GET", "/v1/bots/Test/drawing").text
    assert "Test" in drawn.text
    assert door.state() == before


def test_a_draft_with_faults_names_them(door: Door) -> None:
    for path in ("/v1/drafts/file", "/v1/drafts/drawing"):
        answer = door("POST", path, json={"botfleet": 1, "name": "x"})
        assert answer.status_code == 422
        assert {one["pointer"] for one in answer.json()["errors"]} >= {"/limits", "/automations"}


def test_who_is_there_is_told_the_market_s_time(door: Door) -> None:
    told = door("GET", "/v1/me").json()
    assert told["is_open"]
    assert told["opens_at"] is None
    assert told["closes_at"]
