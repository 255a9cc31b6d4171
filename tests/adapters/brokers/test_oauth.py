"""The callback and the grant are checked before they are believed; nothing is kept half-way."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from botfleet.adapters.brokers.brokers import DIALECTS
from botfleet.adapters.brokers.oauth import CodeFlow, Registration
from botfleet.adapters.brokers.sheets import Hosts
from botfleet.adapters.memory.tokens import MemoryConsents, MemoryTokens
from botfleet.application.connect import Connect, account_id
from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.tokens import Tokens
from botfleet.domain.ids import UserId, derive
from botfleet.errors import BadInput, BrokerUnavailable, NotFound
from tests.adapters.brokers.canned import Canned, canned
from tests.sandbox.fakes import MovingClock, Unrestrained
from tests.sandbox.running import PATIENT, Sandbox, log_in, sandbox

BACK = "https://botfleet.test/connect/tradier"
SECRET = "canary-client-secret"
ADA, BOB = UserId(derive("user", "ada")), UserId(derive("user", "bob"))
GRANT = {
    "access_token": "canary-access",
    "refresh_token": "canary-refresh",
    "expires_in": 86399,
    "scope": "trade read",
    "status": "approved",
}


def granted(brand: str, **changes: Any) -> bytes:
    """A grant as this broker gives it."""
    login = DIALECTS[brand].sheet.login
    grant = GRANT | {"scope": " ".join(login.scopes)}
    if login.renew_path is None:
        del grant["refresh_token"], grant["expires_in"]
    return json.dumps(grant | changes).encode()


@pytest.fixture(params=DIALECTS)
def server(request: pytest.FixtureRequest) -> Iterator[Canned]:
    """Every broker's login in turn."""
    with canned(granted(request.param)) as shelf:
        shelf.brand = request.param
        yield shelf


@pytest.fixture
def broker(tmp_path: Any) -> Iterator[Sandbox]:
    with sandbox(tmp_path / "book") as running:
        yield running


def _flow(server: Canned) -> CodeFlow:
    registration = Registration(Hosts(*[server.url] * 3), "botfleet", BACK, SECRET)
    return CodeFlow(DIALECTS[server.brand], registration, MovingClock(), PATIENT)


def _arrive(server: Canned, query: str = "code=c&state=s", back: str = BACK) -> Tokens:
    return _flow(server).arrive(f"{back}?{query}", state="s", verifier="v")


def test_a_user_leaves_with_fresh_proofs(server: Canned) -> None:
    first, second = _flow(server).depart(), _flow(server).depart()
    asked = parse_qs(urlsplit(first.url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BACK]
    assert first.verifier not in first.url
    assert len({first.state, second.state, first.verifier, second.verifier}) == 4
    assert first.state not in repr(first)


def test_a_grant_is_read(server: Canned) -> None:
    tokens = _arrive(server)
    login = DIALECTS[server.brand].sheet.login
    assert tokens.access == "canary-access"
    assert tokens.refresh == ("canary-refresh" if login.renew_path else None)
    life = timedelta(seconds=86399) if login.renew_path else login.access_life
    assert tokens.expires_at == MovingClock().at + life
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
    "no address at all": ("code=c&state=s", "https://[evil"),
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
    "wider": {"scope": "read trade write"},
    "narrower": {"scope": "profile"},
    "a token that ends its header": {"access_token": "canary\r\nX-Evil: yes"},
    "a token no header can hold": {"access_token": "canary\u0000\ud800"},
    "a token without end": {"access_token": "canary" * 10_000},
    "a refresh token of two lines": {"refresh_token": "canary\ncanary"},
}


@pytest.mark.parametrize("changes", GRANTS.values(), ids=GRANTS)
def test_a_silly_grant_is_refused(server: Canned, changes: dict[str, Any]) -> None:
    server.bodies = [granted(server.brand, **changes)]
    with pytest.raises(BadInput) as told:
        _arrive(server)
    assert "canary" not in str(told.value)


def test_only_what_is_never_renewed_may_come_without_a_lifetime(server: Canned) -> None:
    server.bodies = [granted(server.brand, expires_in=None)]
    if DIALECTS[server.brand].sheet.login.renew_path is None:
        assert _arrive(server).refresh is None
    else:
        with pytest.raises(BadInput):
            _arrive(server)


def test_a_life_in_words_and_no_refresh_token_are_taken(server: Canned) -> None:
    changes = {"expires_in": "3600", "token_type": "Bearer", "scope": None, "refresh_token": None}
    server.bodies = [granted(server.brand, **changes)]
    tokens = _arrive(server)
    assert tokens.refresh is None
    assert tokens.expires_at == MovingClock().at + timedelta(hours=1)
    with pytest.raises(BadInput):
        _flow(server).refresh(tokens)


def test_a_broker_that_does_not_rotate_leaves_the_refresh_token(server: Canned) -> None:
    tokens, login = _arrive(server), DIALECTS[server.brand].sheet.login
    if login.renew_path is None:
        with pytest.raises(BadInput):
            _flow(server).refresh(tokens)
        return
    server.bodies = [granted(server.brand, refresh_token="", access_token="new")]
    renewed = _flow(server).refresh(tokens)
    assert (renewed.access, renewed.refresh) == ("new", "canary-refresh")
    assert server.heard[-1] == f"POST {login.renew_path}"


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
    assert "canary" not in repr(Registration(DIALECTS["tradier"].sheet.live, *given))
    with pytest.raises(BadInput):
        Registration(Hosts(*["http://api.tradier.com"] * 3), *given)


# --- the whole way, against the sandbox ---


def test_a_code_of_one_broker_is_worth_nothing_at_another(broker: Sandbox) -> None:
    """A mix-up of logins: the same client and address, another broker's token server."""
    broker.open_account("ada")
    leaving = broker.flow().depart()
    callback = log_in(leaving.url, "ada")
    elsewhere = replace(broker, broker="tastytrade").flow()
    with pytest.raises(BadInput):
        elsewhere.arrive(callback, state=leaving.state, verifier=leaving.verifier)


def test_a_token_of_one_broker_opens_no_other(broker: Sandbox) -> None:
    tokens = broker.connected().tokens
    with pytest.raises(BrokerUnavailable):
        replace(broker, broker="alpaca").flow().account_numbers(tokens)
    assert len(broker.flow().account_numbers(tokens)) == 1


@pytest.mark.parametrize("number", ["../orders", "", "1/2", "1 2", "9" * 101, "1\n", "\u0661"])
def test_an_account_that_no_path_can_hold_is_not_taken(
    broker: Sandbox, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    tokens, flow = broker.connected().tokens, broker.flow()
    monkeypatch.setattr(type(flow._dialect), "numbers", lambda *_: [number])
    with pytest.raises(BrokerUnavailable, match="no number of one"):
        flow.account_numbers(tokens)


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
        Connect(servers, MemoryConsents(), MemoryTokens(), MovingClock(), Unrestrained()).depart(
            ADA, "x"
        )


def test_consents_under_way_are_bounded(broker: Sandbox) -> None:
    connect = broker.connect()
    first = connect.depart(ADA, "tradier")
    for _ in range(10_000):
        connect.depart(BOB, "tradier")
    state = parse_qs(urlsplit(first).query)["state"][0]
    assert connect.consents.take(state) is None
