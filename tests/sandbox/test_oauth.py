"""The broker's side of OAuth: where a browser is sent, what a code and a token are good for."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from botfleet.application.ports.authorizations import Departure
from tests.patience import PATIENCE_S
from tests.sandbox.running import BACK, PASSWORD, SECRET, Sandbox, log_in

VERIFIER = "v" * 43


@pytest.fixture
def leaving(broker: Sandbox) -> Departure:
    broker.open_account()
    return broker.flow().depart()


def _token(broker: Sandbox, secret: str = SECRET, **form: str) -> requests.Response:
    url = f"{broker.url}/v1/oauth/accesstoken"
    return requests.post(url, data=form, auth=("botfleet", secret), timeout=PATIENCE_S)


def _code(callback: str) -> str:
    return parse_qs(urlsplit(callback).query)["code"][0]


def _exchange(broker: Sandbox, code: str, verifier: str, back: str = BACK) -> requests.Response:
    form = {"code": code, "code_verifier": verifier, "redirect_uri": back}
    return _token(broker, grant_type="authorization_code", **form)


def test_a_person_is_asked_and_sent_back_with_code_and_state(leaving: Departure) -> None:
    page = requests.get(leaving.url, timeout=PATIENCE_S)
    assert "<form" in page.text
    assert page.headers["x-frame-options"] == "DENY"
    callback = log_in(leaving.url, "ada")
    assert callback.startswith(BACK + "?")
    assert parse_qs(urlsplit(callback).query)["state"] == [leaving.state]


def test_who_is_new_opens_a_paper_account_on_the_page(leaving: Departure) -> None:
    back = log_in(leaving.url, "bea", decision="open")
    assert _code(back)
    assert _code(log_in(leaving.url, "bea"))  # it is there from now on


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("x" * 81, PASSWORD), ("bea", "short"), ("ada", "x" * 9)]
)
def test_no_account_is_opened_without_a_name_of_ones_own(
    leaving: Departure, name: str, password: str
) -> None:
    with pytest.raises(requests.HTTPError):
        log_in(leaving.url, name, password, decision="open")
    with pytest.raises(requests.HTTPError):
        log_in(leaving.url, name, password)


def test_a_wrong_password_is_told_on_the_page(leaving: Departure) -> None:
    for name, password in (("ada", "wrong horse"), ("nobody", PASSWORD)):
        with pytest.raises(requests.HTTPError, match="401"):
            log_in(leaving.url, name, password)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redirect_uri", BACK + "/"),
        ("redirect_uri", "http://evil.test/callback"),
        ("client_id", "somebody"),
    ],
)
def test_nobody_is_sent_where_no_client_registered(
    leaving: Departure, name: str, value: str
) -> None:
    asked = {n: v[0] for n, v in parse_qs(urlsplit(leaving.url).query).items()} | {name: value}
    url = leaving.url.partition("?")[0]
    for answer in (
        requests.get(url, params=asked, timeout=PATIENCE_S, allow_redirects=False),
        requests.post(url, data=asked, timeout=PATIENCE_S, allow_redirects=False),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers


def test_a_login_without_proof_is_refused(leaving: Departure) -> None:
    url = leaving.url.replace("S256", "plain")
    assert "error=invalid_request" in log_in(url, "ada")


def test_a_code_is_good_once(broker: Sandbox, leaving: Departure) -> None:
    code = _code(log_in(leaving.url, "ada"))
    assert _exchange(broker, code, leaving.verifier).status_code == 200
    again = _exchange(broker, code, leaving.verifier)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_a_code_needs_its_proof_its_address_and_its_hour(
    broker: Sandbox, leaving: Departure
) -> None:
    def fresh() -> str:
        return _code(log_in(leaving.url, "ada"))

    assert _exchange(broker, fresh(), VERIFIER).status_code == 400
    assert _exchange(broker, fresh(), leaving.verifier, BACK + "2").status_code == 400
    late = fresh()
    broker.clock.at += timedelta(minutes=11)
    assert _exchange(broker, late, leaving.verifier).status_code == 400


def test_a_client_proves_itself(broker: Sandbox, leaving: Departure) -> None:
    code = _code(log_in(leaving.url, "ada"))
    refused = _token(broker, "wrong", grant_type="authorization_code", code=code)
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})


def test_refresh_tokens_rotate(broker: Sandbox) -> None:
    tokens = broker.connected().tokens
    first = _token(broker, grant_type="refresh_token", refresh_token=str(tokens.refresh))
    assert first.json()["refresh_token"] != tokens.refresh
    again = _token(broker, grant_type="refresh_token", refresh_token=str(tokens.refresh))
    assert again.json() == {"error": "invalid_grant"}
    assert _token(broker, grant_type="password").json() == {"error": "unsupported_grant_type"}


def test_the_back_door_needs_its_secret(broker: Sandbox) -> None:
    for method, path in (("GET", "book"), ("POST", "accounts"), ("POST", "misbehave")):
        url = f"{broker.url}/sandbox/{path}"
        assert requests.request(method, url, timeout=PATIENCE_S).status_code == 403


def test_an_account_is_opened_once(broker: Sandbox) -> None:
    number = broker.open_account("ada")
    assert broker.open_account("ada") == number
    body = {"username": "ada", "password": "another horse"}
    assert broker.admin("POST", "accounts", body).status_code == 409
    assert broker.admin("POST", "accounts", {"username": "bob"}).status_code == 422
    assert broker.admin("POST", "misbehave", {"scenario": "dance"}).status_code == 422


def test_only_digests_of_secrets_are_kept(broker: Sandbox) -> None:
    tokens = broker.connected().tokens
    kept = b"".join(path.read_bytes() for path in broker.path.parent.iterdir())
    for secret in (tokens.access, str(tokens.refresh), PASSWORD):
        assert secret.encode() not in kept
