"""Answers a broker should never give: none of them is taken for a word about an order."""

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest

from botfleet.adapters.brokers import tradier_wire as wire
from botfleet.adapters.brokers.account import WireAccount
from botfleet.adapters.brokers.brokers import WireBrokers
from botfleet.adapters.brokers.lines import Lines
from botfleet.adapters.brokers.reading import OddReplyError
from botfleet.adapters.brokers.wire import BODY_MAX, Timeouts, check_url
from botfleet.adapters.memory.tokens import MemoryTokens
from botfleet.application.ports.brokers import BrokerAccount, Holding
from botfleet.application.ports.tokens import Connection, Tokens
from botfleet.domain.ids import AccountId, UserId, derive
from botfleet.domain.market.instruments import Leg, Right
from botfleet.domain.orders.order import Accepted, Effect, OrderState, Ticket, Unheard
from botfleet.errors import BadInput, BrokerUnavailable
from tests.adapters.brokers.canned import Canned, canned
from tests.sandbox.fakes import MovingClock, option
from tests.sandbox.running import HASTY, PATIENT

CANARY = "canary-access-token-0123456789"
CANARIES = (CANARY, "canary-refresh-token-0123456789")
TAG = "abcdefghijklmnopqrstuvwx"
TICKET = Ticket(TAG, "SPY", Effect.OPEN, (Leg(option(95), 1),), 1, Decimal("4.05"))
ORDER: dict[str, Any] = {
    "id": 42,
    "type": "limit",
    "symbol": "SPY",
    "side": "buy_to_open",
    "quantity": 4.0,
    "status": "partially_filled",
    "duration": "day",
    "price": 4.05,
    "avg_fill_price": 4.05,
    "exec_quantity": 1.0,
    "last_fill_price": 4.05,
    "last_fill_quantity": 1.0,
    "remaining_quantity": 3.0,
    "create_date": "2026-03-04T15:30:00.000Z",
    "transaction_date": "2026-03-04T15:30:01.000Z",
    "class": "option",
    "option_symbol": "SPY260320P00095000",
    "tag": TAG,
}


def _body(**changes: Any) -> bytes:
    return json.dumps({"order": ORDER | changes}).encode()


@pytest.fixture
def server() -> Iterator[Canned]:
    with canned(_body()) as shelf:
        yield shelf


def _account(url: str, waits: Timeouts = PATIENT) -> BrokerAccount:
    clock, store = MovingClock(), MemoryTokens()
    account = AccountId(derive("account", 1))
    tokens = Tokens(*CANARIES, clock.at + timedelta(hours=5))
    store.connect(Connection(account, UserId(derive("user", 1)), "tradier", "VA1", tokens))
    lines = Lines(store, clock, {"tradier": url}, {}, timeouts=waits)
    return WireBrokers(lines).account(account)


def test_an_order_is_read(server: Canned) -> None:
    report = _account(server.url).order("42")
    assert (report.state, report.quantity, report.wire_id) == (OrderState.PARTIAL, 4, TAG)
    assert [fill.execution_id for fill in report.executions] == ["42:1"]
    assert server.heard == ["GET /v1/accounts/VA1/orders/42?includeTags=true"]


ODD = {
    "html": b"<html><body>maintenance</body></html>",
    "truncated": _body()[:60],
    "an array": b"[]",
    "empty": b"",
    "not utf-8": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "too long": b" " * (BODY_MAX + 2) + _body(),
    "fault": b'{"fault":{"faultstring":"Invalid Access Token"}}',
    "another order": _body(id=43),
    "no id": _body(id=None),
    "no status": _body(status=None),
    "unknown status": _body(status="levitating"),
    "filled beyond": _body(exec_quantity=5),
    "filled, not whole": _body(status="filled"),
    "negative fill": _body(exec_quantity=-1),
    "half a contract": _body(exec_quantity=0.5),
    "negative price": _body(avg_fill_price=-4.05),
    "endless price": b'{"order":' + _body(avg_fill_price=float("inf"))[9:],
    "no zone": _body(transaction_date="2026-03-04T15:30:01"),
    "no contract": _body(option_symbol="SPY"),
    "no legs": _body(**{"class": "multileg"}),
    "one leg": _body(**{"class": "multileg", "leg": {"side": "buy", "quantity": 1}}),
    "nothing": _body(quantity=0),
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_odd_answer_is_no_answer(body: bytes) -> None:
    with canned(body) as server:
        with pytest.raises(BrokerUnavailable) as told:
            _account(server.url).order("42")
        assert isinstance(_account(server.url).submit(TICKET), Unheard)
        assert len(str(told.value)) < 200
        assert server.heard[-1].startswith("POST")
        assert sum(line.startswith("POST") for line in server.heard) == 1


@pytest.mark.parametrize("status", [201, 302, 408, 500, 502, 503])
def test_only_a_refusal_is_a_no(server: Canned, status: int) -> None:
    server.status, server.headers = status, {"Location": f"{server.url}/elsewhere"}
    assert isinstance(_account(server.url).submit(TICKET), Unheard)
    assert len(server.heard) == 1


def test_a_number_in_words_is_accepted(server: Canned) -> None:
    server.bodies = [b'{"order":{"id":"7","status":"ok"}}']
    assert _account(server.url).submit(TICKET) == Accepted("7")
    for body in (b'{"order":{"id":true,"status":"ok"}}', b'{"order":{"id":7,"status":"error"}}'):
        server.bodies = [body]
        assert isinstance(_account(server.url).submit(TICKET), Unheard)


def test_a_slow_drip_ends(server: Canned) -> None:
    server.drips_until = Event()
    with pytest.raises(BrokerUnavailable):
        _account(server.url, HASTY).order("42")
    server.drips_until.set()


GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-More: "


@contextmanager
def dripping(first: bytes, drop: bytes, last: bytes) -> Iterator[str]:
    """Answer whoever calls with `first`, then a `drop` at a time; after 15 s the rest of it."""
    listener, ended = socket.create_server(("127.0.0.1", 0)), Event()

    def answer() -> None:
        with suppress(OSError), listener.accept()[0] as caller:
            caller.recv(1 << 16)
            caller.sendall(first)
            for _ in range(300):
                caller.sendall(drop)
                if ended.wait(0.05):
                    return
            caller.sendall(last)

    thread = Thread(target=answer)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drop", "last"),
    [
        (GOOD, b"x", b"\r\n\r\n{}"),
        (b"HTTP/1.1 ", b"0", b" OK\r\n\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", GOOD + b"\r\n\r\n{}"),
    ],
    ids=["a header", "a status", "answers that are none yet"],
)
def test_headers_that_drip_end_too(first: bytes, drop: bytes, last: bytes) -> None:
    """Each drop comes well before anybody calls it silence; only the whole takes too long."""
    with dripping(first, drop, last) as url:
        answer = _account(url, HASTY).submit(TICKET)
    assert isinstance(answer, Unheard)
    assert "did not answer in time" in answer.reason


def test_a_short_listing_is_no_listing(server: Canned) -> None:
    orders = {"order": ORDER, "page": 1, "total_pages": 1, "total_orders": 2}
    server.bodies = [json.dumps({"orders": orders}).encode()]
    with pytest.raises(BrokerUnavailable, match="short"):
        _account(server.url).orders()


def test_a_users_own_strange_order_is_passed_over_but_not_ours(server: Canned) -> None:
    strange = ORDER | {"id": 43, "class": "otoco", "side": "?", "tag": "mine"}
    server.bodies = [json.dumps({"orders": {"order": [ORDER, strange]}}).encode()]
    assert [one.broker_order_id for one in _account(server.url).orders()] == ["42"]
    server.bodies = [json.dumps({"orders": {"order": [ORDER, strange | {"tag": TAG}]}}).encode()]
    with pytest.raises(BrokerUnavailable):
        _account(server.url).orders()


@pytest.mark.parametrize("number", ["", "1/../2", "1?x", "abc", "\u0661"])
def test_an_order_number_is_digits(server: Canned, number: str) -> None:
    for ask in (_account(server.url).order, _account(server.url).cancel):
        with pytest.raises(BrokerUnavailable):
            ask(number)
    assert server.heard == []


def test_a_holding_is_read(server: Canned) -> None:
    row = {"symbol": "SPY260320P00095000", "quantity": -2.0, "cost_basis": -790.0, "id": 1}
    server.bodies = [json.dumps({"positions": {"position": row}}).encode()]
    assert _account(server.url).positions() == [Holding("SPY260320P00095000", -2)]
    server.bodies = [b'{"positions":{"position":{"symbol":"SPY","quantity":0.5}}}']
    with pytest.raises(BrokerUnavailable):
        _account(server.url).positions()


def _multileg(done: int, average: float, last: int, price: float) -> wire.WireOrder:
    def leg(symbol: str, side: str) -> dict[str, Any]:
        return {"side": side, "quantity": 6.0, "exec_quantity": done, "option_symbol": symbol}

    legs = [leg("SPY260320P00090000", "buy_to_open"), leg("SPY260320P00095000", "sell_to_open")]
    fills = {"avg_fill_price": average, "last_fill_quantity": last, "last_fill_price": price}
    # The top counts legs' contracts rather than units: it is not believed.
    top = {"class": "multileg", "type": "credit", "quantity": 12.0, "exec_quantity": done * 2}
    rows = ORDER | top | fills | {"leg": legs, "status": "filled" if done == 6 else "open"}
    return wire.WireOrder.model_validate(rows)


def test_units_are_counted_on_the_legs_and_a_credit_is_negative() -> None:
    """Two fills, 1 unit at 0.90 then 2 at 1.05: on average 1.00."""
    report = wire.report_of(_multileg(3, 1.0, 2, 1.05))
    assert (report.state, report.quantity) == (OrderState.PARTIAL, 6)
    assert report.legs == (Leg(option(90), 1), Leg(option(95), -1))
    prices = [fill.price for fill in report.executions]
    assert prices == [Decimal("-0.90"), Decimal("-1.05"), Decimal("-1.05")]


def test_plain_http_is_for_neighbours_only() -> None:
    assert check_url("http://127.0.0.1:8000/") == "http://127.0.0.1:8000"
    assert check_url("https://api.tradier.com")
    assert check_url("http://sandbox:8000")
    for url in (
        "http://8.8.8.8",
        "http://api.tradier.com",
        "ftp://127.0.0.1",
        "http://localhost.evil.test",
        "http://",
        "x",
    ):
        with pytest.raises(BadInput):
            check_url(url)


@pytest.mark.parametrize("name", ["urllib3", "requests"])
def test_libraries_that_would_log_tokens_are_held_at_warning(name: str) -> None:
    assert logging.getLogger(name).level == logging.WARNING


def test_secrets_are_in_no_log_repr_or_error(
    server: Canned, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = _account(server.url)
    assert isinstance(account, WireAccount)
    words: list[object] = [account, account._lines]
    words.append(account._lines.tokens.connection(account._account))
    account.order("42")
    account.submit(TICKET)
    for status, body in ((401, CANARY.encode()), (500, CANARY.encode()), (200, CANARY.encode())):
        server.status, server.bodies = status, [body]
        words.append(account.submit(replace(TICKET, wire_id="")) if status != 401 else "")
        with pytest.raises(Exception) as told:  # noqa: PT011  whatever it is, it tells nothing
            account.positions()
        words += [told.value, told.value.__cause__]
    heard = "\n".join([*map(repr, words), *map(str, words), caplog.text])
    assert "canary" not in heard


def _call(ratio: int) -> Leg:
    return Leg(option(105, Right.CALL), ratio)


def test_shares_and_a_call_are_one_combo_order() -> None:
    """Tradier's class combo: the shares first, 100 a contract, with no option symbol."""
    ticket = Ticket(TAG, "SPY", Effect.OPEN, (_call(-1), Leg(None, 1)), 3, Decimal("96.06"))
    assert wire.form_of(ticket) == {
        "symbol": "SPY",
        "duration": "day",
        "tag": TAG,
        "class": "combo",
        "type": "debit",
        "price": "96.06",
        "side[0]": "buy",
        "quantity[0]": "300",
        "option_symbol[1]": "SPY260320C00105000",
        "side[1]": "sell_to_open",
        "quantity[1]": "3",
    }
    legs = (_call(1), Leg(None, -1))
    closing = wire.form_of(replace(ticket, effect=Effect.CLOSE, legs=legs, limit=Decimal("-99.5")))
    assert (closing["type"], closing["side[0]"], closing["side[1]"]) == (
        *("credit", "sell", "buy_to_close"),
    )


def _combo(shares: float, contracts: float) -> wire.WireOrder:
    leg = {"status": "partially_filled", "exec_quantity": 0.0}
    legs = [
        {**leg, "side": "buy", "quantity": shares, "exec_quantity": 100.0, "symbol": "SPY"},
        {
            **leg,
            "side": "sell_to_open",
            "quantity": contracts,
            "exec_quantity": 1.0,
            "option_symbol": "SPY260320C00105000",
        },
    ]
    return wire.WireOrder.model_validate(
        ORDER | {"class": "combo", "type": "debit", "quantity": 3.0, "leg": legs}
    )


def test_a_combo_order_is_counted_in_units_of_a_contract_and_its_shares() -> None:
    report = wire.report_of(_combo(300.0, 3.0))
    assert (report.quantity, sum(one.quantity for one in report.executions)) == (3, 1)
    assert set(report.legs) == {_call(-1), Leg(None, 1)}


def test_shares_that_are_no_contracts_worth_are_odd() -> None:
    with pytest.raises(OddReplyError):
        wire.report_of(_combo(150.0, 3.0))
