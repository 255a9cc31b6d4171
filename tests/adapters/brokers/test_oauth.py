"""The callback and the grant are checked before they are believed; nothing is kept half-way."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from botfleet.adapters.brokers.oauth import CodeFlow, Registration
from botfleet.adapters.brokers.sheets import Hosts
from botfleet.adapters.brokers.tradier import Tradier
from botfleet.adapters.memory.tokens import MemoryConsents, MemoryTokens
from botfleet.application.connect import Connect, account_id
from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.tokens import Tokens
from botfleet.domain.ids import UserId, derive
from botfleet.errors import BadInput, BrokerUnavailable, NotFound
from tests.adapters.brokers.canned import Canned, canned
from tests.sandbox.fakes import MovingClock
from tests.sandbox.running import Sandbox, log_in, sandbox

BACK = "https://botfleet.test/connect/tradier"
SECRET = "canary-client-secret"
TRADIER = Tradier()
ADA, BOB = UserId(derive("user", "ada")), UserId(derive("user", "bob"))
GRANT = {
    "access_token": "canary-access",
    "refresh_token": "canary-refresh",
    "expires_in": 86399,
    "scope": "trade read",
    "status": "approved",
}


@pytest.fixture
def server() -> Iterator[Canned]:
    with canned(json.dumps(GRANT).encode()) as shelf:
        yield shelf


@pytest.fixture
def broker(tmp_path: Any) -> Iterator[Sandbox]:
    with sandbox(tmp_path / "book") as running:
        yield running


def _flow(url: str) -> CodeFlow:
    registration = Registration(Hosts(url, url, url), "botfleet", BACK, SECRET)
    return CodeFlow(TRADIER, registration, MovingClock())


def _arrive(server: Canned, query: str = "code=c&state=s", back: str = BACK) -> Tokens:
    return _flow(server.url).arrive(f"{back}?{query}", state="s", verifier="v")


def test_a_user_leaves_with_fresh_proofs(server: Canned) -> None:
    first, second = _flow(server.url).depart(), _flow(server.url).depart()
    asked = parse_qs(urlsplit(first.url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BACK]
    assert first.verifier not in first.url
    assert len({first.state, second.state, first.verifier, second.verifier}) == 4
    assert first.state not in repr(first)


def test_a_grant_is_read(server: Canned) -> None:
    tokens = _arrive(server)
    assert (tokens.access, tokens.refresh) == ("canary-access", "canary-refresh")
    assert tokens.expires_at == MovingClock().at + timedelta(seconds=86399)
    assert "canary" not in repr(tokens)


CALLBACKS = {
    "no state": ("code=c", BACK),
    "foreign state": ("code=c&state=t", BACK),
    "two states": ("code=c&state=s&state=s", BACK),
    "no code": ("state=s", BACK),
    "two codes": ("code=c&code=d&state=s", BACK),
    "denied": ("error=access_denied&state=s", BACK),
    "an error with a code": ("error=server_error&code=c&state=s", BACK),
    "another host": ("code=c&state=s", "https://evil.test/connect/tradier"),
    "another path": ("code=c&state=s", BACK + "/x"),
    "plain http": ("code=c&state=s", BACK.replace("https", "http")),
}


@pytest.mark.parametrize(("query", "back"), CALLBACKS.values(), ids=CALLBACKS)
def test_a_wrong_callback_spends_no_code(server: Canned, query: str, back: str) -> None:
    with pytest.raises(BadInput):
        _arrive(server, query, back)
    assert server.heard == []


GRANTS: dict[str, dict[str, Any]] = {
    "mac": {"token_type": "mac"},
    "dead at once": {"expires_in": 0},
    "dead before": {"expires_in": -1},
    "for ever": {"expires_in": 10**12},
    "digits without end": {"expires_in": "9" * 5000},
    "soon": {"expires_in": "soon"},
    "true": {"expires_in": True},
    "half": {"expires_in": 0.5},
    "no life": {"expires_in": None},
    "wider": {"scope": "read trade write"},
    "narrower": {"scope": "read"},
}


@pytest.mark.parametrize("changes", GRANTS.values(), ids=GRANTS)
def test_a_silly_grant_is_refused(server: Canned, changes: dict[str, Any]) -> None:
    server.bodies = [json.dumps(GRANT | changes).encode()]
    with pytest.raises(BadInput) as told:
        _arrive(server)
    assert "canary" not in str(told.value)


def test_a_life_in_words_and_no_refresh_token_are_taken(server: Canned) -> None:
    grant = GRANT | {"expires_in": "3600", "token_type": "Bearer", "scope": None}
    del grant["refresh_token"]
    server.bodies = [json.dumps(grant).encode()]
    tokens = _arrive(server)
    assert tokens.refresh is None
    assert tokens.expires_at == MovingClock().at + timedelta(hours=1)
    with pytest.raises(BadInput):
        _flow(server.url).refresh(tokens)


def test_a_broker_that_does_not_rotate_leaves_the_refresh_token(server: Canned) -> None:
    tokens = _arrive(server)
    server.bodies = [json.dumps(GRANT | {"refresh_token": "", "access_token": "new"}).encode()]
    renewed = _flow(server.url).refresh(tokens)
    assert (renewed.access, renewed.refresh) == ("new", "canary-refresh")
    assert server.heard[-1] == "POST /v1/oauth/refreshtoken"


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (429, b"")],
)
def test_a_login_without_a_definite_answer_is_unavailable(
    server: Canned, status: int, body: bytes
) -> None:
    server.status, server.bodies = status, [body]
    with pytest.raises(BrokerUnavailable):
        _arrive(server)


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_code_is_the_users_to_repeat(server: Canned, status: int) -> None:
    server.status = status
    with pytest.raises(BadInput):
        _arrive(server)


def test_a_client_secret_has_no_repr() -> None:
    given = ("botfleet", BACK, SECRET)
    assert "canary" not in repr(Registration(TRADIER.sheet.live, *given))
    with pytest.raises(BadInput):
        Registration(Hosts(*["http://api.tradier.com"] * 3), *given)


# --- the whole way, against the sandbox ---


def test_a_user_connects_and_connects_again(broker: Sandbox) -> None:
    first, second = broker.connected("ada"), broker.connected("ada")
    assert first.account == second.account == account_id(ADA, "tradier", first.number)
    assert broker.tokens.connection(first.account) == second
    assert first.tokens != second.tokens


def test_a_callback_counts_once_and_for_who_left(broker: Sandbox) -> None:
    broker.open_account("ada")
    connect = broker.connect()
    for user in (BOB, ADA):
        callback = log_in(connect.depart(ADA, "tradier"), "ada")
        if user == BOB:
            with pytest.raises(BadInput):
                connect.arrive(BOB, callback)
        else:
            connect.arrive(ADA, callback)
        with pytest.raises(BadInput):
            connect.arrive(ADA, callback)


def test_a_callback_too_late_or_denied_stores_nothing(broker: Sandbox) -> None:
    broker.open_account("ada")
    connect = broker.connect()
    denied = log_in(connect.depart(ADA, "tradier"), "ada", decision="deny")
    with pytest.raises(BadInput, match="denied"):
        connect.arrive(ADA, denied)
    late = log_in(connect.depart(ADA, "tradier"), "ada")
    broker.clock.at += timedelta(minutes=11)
    with pytest.raises(BadInput, match="too long"):
        connect.arrive(ADA, late)
    assert broker.tokens._connections == {}


def test_an_unknown_broker_is_not_found() -> None:
    servers: dict[str, Authorization] = {}
    with pytest.raises(NotFound):
        Connect(servers, MemoryConsents(), MemoryTokens(), MovingClock()).depart(ADA, "x")


def test_consents_under_way_are_bounded(broker: Sandbox) -> None:
    connect = broker.connect()
    first = connect.depart(ADA, "tradier")
    for _ in range(10_000):
        connect.depart(BOB, "tradier")
    state = parse_qs(urlsplit(first).query)["state"][0]
    assert connect.consents.take(state) is None
