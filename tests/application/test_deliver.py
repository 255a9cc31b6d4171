"""Notices on their way out: a channel each, once it was taken; else tried again within bounds."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from apprise import Apprise

from botfleet.adapters.notify.apprise import AppriseNotifier
from botfleet.adapters.postgres.channels import PostgresChannels
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.notices import add_notices
from botfleet.adapters.vault.envelope import KeyFile
from botfleet.application.deliver import ATTEMPTS_MAX, LEASE_S, deliver
from botfleet.application.ports.batches import Notice
from botfleet.config import Settings
from botfleet.errors import BadInput, NotFound
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House

SECRET = "token-canary-in-a-channel"


class Inbox(HTTPServer):
    """A webhook's other end: what came, and whether it takes it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.came: list[dict[str, Any]] = []
        self.status, self.leads_to = 200, ""

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/{SECRET}"


class _Door(BaseHTTPRequestHandler):
    server: Inbox  # type: ignore[mutable-override]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.came.append(json.loads(body))
        self.send_response(self.server.status)
        if self.server.leads_to:
            self.send_header("Location", self.server.leads_to)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def channels(house: House, tmp_path: Any) -> PostgresChannels:
    vault = KeyFile(tmp_path / "vault.json")
    return PostgresChannels(house.database, seal=vault.seal, unseal=vault.open)


def tell(house: House, message: str, level: str = "error") -> None:
    (bot_id,) = house.one("SELECT bot_id FROM bots")
    notice = Notice(house.user, bot_id, level, "notify", message, message)  # type: ignore[arg-type]
    with house.database.transaction() as connection:
        add_notices(connection, [notice], MARK)


def carry(channels: PostgresChannels, notifier: AppriseNotifier) -> int:
    return deliver(channels=channels, notifier=notifier)


def soon(house: House) -> None:
    with house.database.transaction() as connection:
        execute(connection, "UPDATE deliveries SET next_real = 'epoch'")


JSON = AppriseNotifier({"json"})


def test_what_an_owner_chose_arrives_once(
    house: House, channels: PostgresChannels, inbox: Inbox
) -> None:
    house.add(bot(scanner(spread())))
    tell(house, "before the channel was there")
    channels.add(house.user, "hook", "json", inbox.url, ["error", "ask"], MARK)
    tell(house, "an error")
    tell(house, "a close nobody asked for", "close")
    for _ in range(3):
        carry(channels, JSON)
        soon(house)
    assert [(one["title"], one["message"]) for one in inbox.came] == [("Test: error", "an error")]
    (line,) = channels.lines(house.user)
    assert (line.scheme, line.levels, line.sent, line.failed) == ("json", ("ask", "error"), 1, 0)


def hooked(house: House, channels: PostgresChannels, inbox: Inbox) -> None:
    """Let a bot's owner be sent what goes wrong."""
    house.add(bot(scanner(spread())))
    channels.add(house.user, "hook", "json", inbox.url, ["error"], MARK)


def test_what_is_not_taken_is_tried_again_and_given_up(
    house: House, channels: PostgresChannels, inbox: Inbox
) -> None:
    hooked(house, channels, inbox)
    inbox.status = 500
    tell(house, "an error")
    assert carry(channels, JSON) == 1
    assert carry(channels, JSON) == 0  # not yet
    for _ in range(2 * ATTEMPTS_MAX):
        soon(house)
        carry(channels, JSON)
    assert len(inbox.came) == ATTEMPTS_MAX
    assert house.one("SELECT state, attempts FROM deliveries") == ("failed", ATTEMPTS_MAX)


def test_whose_carrier_died_is_sent_by_the_next(
    house: House, channels: PostgresChannels, inbox: Inbox
) -> None:
    hooked(house, channels, inbox)
    tell(house, "an error")
    channels.enlist()
    (parcel,) = channels.take(9, LEASE_S, ATTEMPTS_MAX)  # and is killed, perhaps after sending
    assert SECRET not in repr(parcel)
    assert carry(channels, JSON) == 0  # it may be on its way
    soon(house)
    assert carry(channels, JSON) == 1
    soon(house)
    assert carry(channels, JSON) == 0
    assert [one["message"] for one in inbox.came] == ["an error"]
    assert house.one("SELECT state, attempts FROM deliveries") == ("sent", 2)


def test_carriers_may_die_as_often_as_a_notice_may_be_tried(
    house: House, channels: PostgresChannels, inbox: Inbox
) -> None:
    hooked(house, channels, inbox)
    tell(house, "an error")
    channels.enlist()
    for n in range(ATTEMPTS_MAX):
        (parcel,) = channels.take(9, LEASE_S, ATTEMPTS_MAX)
        assert parcel.attempts == n + 1
        soon(house)
    assert carry(channels, JSON) == 0
    assert inbox.came == []
    assert house.one("SELECT state, attempts FROM deliveries") == ("failed", ATTEMPTS_MAX)


def test_what_was_taken_at_the_other_end_stays_so_whoever_says_it(
    house: House, channels: PostgresChannels, inbox: Inbox
) -> None:
    """A carrier thought dead comes back: its word that it was sent counts, its failure does not."""
    hooked(house, channels, inbox)
    tell(house, "an error")
    channels.enlist()
    (slow,) = channels.take(9, LEASE_S, ATTEMPTS_MAX)
    soon(house)
    (second,) = channels.take(9, LEASE_S, ATTEMPTS_MAX)
    assert not channels.hold(slow, LEASE_S)
    assert channels.hold(second, LEASE_S)
    channels.record(slow, "it failed", 1.0)
    assert house.one("SELECT state, why FROM deliveries") == ("sending", "")
    channels.record(slow, "", None)
    channels.record(second, "it failed", 1.0)
    soon(house)
    assert carry(channels, JSON) == 0
    assert house.one("SELECT state, why FROM deliveries") == ("sent", "")


def test_addresses_are_sealed_and_never_shown(
    house: House, channels: PostgresChannels, inbox: Inbox
) -> None:
    channels.add(house.user, "hook", "json", inbox.url, ["error"], MARK)
    assert SECRET not in str(house.all("SELECT c::text FROM channels c"))
    assert SECRET not in repr(channels.lines(None))
    assert channels.address(house.user, "hook") == inbox.url
    channels.remove(house.user, "hook")
    with pytest.raises(NotFound):
        channels.address(house.user, "hook")


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "json:/x", "JSON://host", "json://\nhost", "://host", "a" * 2_000),
        *("file:///etc/passwd", "http://169.254.169.254/", "jsons://host", "syslog://", "dbus://x"),
    ],
)
def test_an_address_that_is_none_or_not_allowed_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        JSON.scheme_of(url)
    assert JSON.send(url, "title", "body") != ""


def test_an_address_is_one_and_names_nothing_of_this_machines(inbox: Inbox, tmp_path: Path) -> None:
    """Two in one would carry a kind that is not allowed; a template is a file of ours, or a URL."""
    kept = tmp_path / "vault.json"
    kept.write_text(json.dumps({"text": SECRET}))
    slack, telling = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", inbox.url
    other = telling.replace("json", "form")
    asks = ("template=", "%74emplate=", "Template=", "format=text;template=")
    urls = [
        *(f"{telling}{between}{other}" for between in (",", ";", ", ", "?to=a,")),
        *(f"{slack}?{ask}{where}" for ask in asks for where in (kept, other)),
        *(f"{telling}?{ask}" for ask in ("rto=100000", "cto=1e9", "verify=no", "redirect=yes")),
        *(f"{telling}?{ask}" for ask in ("+Host=inside", ":message=title", "-a=b", "url=//inside")),
    ]
    notifier = AppriseNotifier({"json", "slack"})
    for url in urls:
        with pytest.raises(BadInput):
            notifier.scheme_of(url)
        assert notifier.send(url, "title", "body") != ""
    assert inbox.came == []
    assert notifier.scheme_of(f"{slack}?format=markdown&footer=no") == "slack"


def test_a_message_goes_where_it_was_sent_and_is_led_nowhere_else(inbox: Inbox) -> None:
    inbox.status, inbox.leads_to = 307, inbox.url.replace("json", "http")
    assert JSON.send(inbox.url, "title", "body") != ""
    assert len(inbox.came) == 1


def test_every_kind_that_is_allowed_as_it_stands_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOTFLEET_NOTIFY_SCHEMES", raising=False)
    every = Apprise().details()["schemas"]
    known = [one[kind] or () for one in every for kind in ("protocols", "secure_protocols")]
    assert Settings.read().schemes <= {scheme for schemes in known for scheme in schemes}


def test_what_was_allowed_when_it_was_added_is_asked_again_when_it_is_used(inbox: Inbox) -> None:
    assert JSON.scheme_of(inbox.url) == "json"
    assert "not allowed" in AppriseNotifier({"slack"}).send(inbox.url, "title", "body")
    assert inbox.came == []
