"""The book outlives its process, and tells a checker everything in order."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import requests

from botfleet.domain.market.instruments import occ
from botfleet.sandbox.book import Book, read_book
from tests.patience import PATIENCE_S
from tests.sandbox.fakes import MovingClock, PaperMarket, option
from tests.sandbox.running import Sandbox

ROOT = Path(__file__).parents[2]
SPREAD = {
    "class": "multileg",
    "symbol": "SPY",
    "duration": "day",
    "type": "credit",
    "price": "0.90",
    "tag": "t-1",
    "option_symbol[0]": occ(option(90)),
    "side[0]": "buy_to_open",
    "quantity[0]": "2",
    "option_symbol[1]": occ(option(95)),
    "side[1]": "sell_to_open",
    "quantity[1]": "2",
}


def _place(broker: Sandbox, token: str, number: str, **changes: str) -> requests.Response:
    return requests.post(
        f"{broker.url}/v1/accounts/{number}/orders",
        data=SPREAD | changes,
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE_S,
    )


def _start(path: Path) -> tuple[subprocess.Popen[str], Sandbox]:
    command = [sys.executable, "-m", "tests.sandbox.server", str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload]
    assert process.stdout
    clock = MovingClock()
    url = process.stdout.readline().strip()
    return process, Sandbox(url, clock, PaperMarket(clock), path)


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_killed_sandbox_resumes_with_its_book(tmp_path: Path) -> None:
    """SIGKILL right after an answer: accounts, tokens, orders and holdings are all there."""
    process, broker = _start(tmp_path / "book.sqlite")
    try:
        connection = broker.connected()
        access, number = connection.tokens.access, connection.number
        assert _place(broker, access, number).json()["order"]["status"] == "ok"
        assert _place(broker, access, number, price="1.20").json()["order"]["id"] == 2
    finally:
        _kill(process)
    before = read_book(broker.path)
    process, broker = _start(tmp_path / "book.sqlite")
    try:
        assert read_book(broker.path) == before
        headers = {"Authorization": f"Bearer {access}"}
        url = f"{broker.url}/v1/accounts/{number}/orders"
        rows = requests.get(url, headers=headers, timeout=PATIENCE_S).json()["orders"]["order"]
        assert [row["status"] for row in rows] == ["filled", "open"]
        assert _place(broker, access, number).json()["order"]["id"] == 3
    finally:
        _kill(process)


def _exposures(book: Book) -> list[Decimal]:
    """Replay the audit: dollars at risk right after each acceptance.

    A put spread of width 5 risks (5 + its net price) * 100 a unit, at its limit while it is live
    and at its fills once it is filled.
    """
    orders = {order.id: order for order in book.orders}
    live: dict[int, Decimal] = {}
    exposures = []
    for row in book.audit:
        order = orders[row.order_id or 0]
        at_limit = (5 + (row.limit or 0)) * (row.units - row.executed)
        filled = (5 + order.average) * row.executed
        if row.status in ("canceled", "expired", "rejected"):
            at_limit = Decimal(0)
        live[order.id] = (at_limit + filled) * 100
        if row.event == "accepted":
            exposures.append(sum(live.values(), Decimal(0)))
    return exposures


def test_a_checker_can_replay_what_was_at_risk_at_every_acceptance(broker: Sandbox) -> None:
    connection = broker.connected()
    given = (broker, connection.tokens.access, connection.number)
    _place(*given, price="0.80")
    number = _place(*given, price="1.20", tag="t-2").json()["order"]["id"]
    headers = {"Authorization": f"Bearer {connection.tokens.access}"}
    url = f"{broker.url}/v1/accounts/{connection.number}/orders/{number}"
    assert (
        requests.delete(url, headers=headers, timeout=PATIENCE_S).json()["order"]["status"] == "ok"
    )
    _place(*given, price="1.00", tag="t-3")
    book = read_book(broker.path)
    assert [(row.seq, row.event, row.tag) for row in book.audit] == [
        (1, "accepted", "t-1"),
        (2, "filled", "t-1"),
        (3, "accepted", "t-2"),
        (4, "canceled", "t-2"),
        (5, "accepted", "t-3"),
    ]
    # Two units: 4.20 at the limit; 4.10 at the fill, and 3.80 more; 4.10 and 4.00 more.
    assert _exposures(book) == [Decimal(840), Decimal(1580), Decimal(1620)]


def test_the_back_door_shows_the_same_book(broker: Sandbox) -> None:
    connection = broker.connected()
    _place(broker, connection.tokens.access, connection.number)
    shown, read = broker.admin("GET", "book").json(), read_book(broker.path)
    assert [row["tag"] for row in shown["orders"]] == [order.tag for order in read.orders]
    assert len(shown["executions"]) == len(read.executions) == 1
    assert [row["event"] for row in shown["audit"]] == [row.event for row in read.audit]
    legs = {symbol: str(price) for symbol, price in read.executions[0].legs}
    assert dict(shown["executions"][0]["legs"]) == legs


def test_malformed_orders_are_bad_requests_and_leave_no_trace(broker: Sandbox) -> None:
    connection = broker.connected()
    for changes in (
        {"class": "combo"},
        {"symbol": "spy spy"},
        {"duration": "gtc"},
        {"type": "limit"},
        {"price": "-1"},
        {"price": "NaN"},
        {"price": "1e9"},
        {"price": "0.00001"},
        {"tag": "under_score"},
        {"quantity[0]": "0"},
        {"quantity[0]": "1.5"},
        {"side[1]": "sell"},
        {"option_symbol[1]": "SPY"},
        {"option_symbol[1]": SPREAD["option_symbol[0]"]},
    ):
        answer = _place(broker, connection.tokens.access, connection.number, **changes)
        assert answer.status_code == 400, changes
    assert read_book(broker.path).audit == ()


def test_shapes_of_tradier(broker: Sandbox) -> None:
    """One of a kind is bare, none is the word null, a refusal is 200 with errors."""
    connection = broker.connected()
    headers = {"Authorization": f"Bearer {connection.tokens.access}"}
    root = f"{broker.url}/v1/accounts/{connection.number}"

    def get(path: str) -> object:
        return requests.get(f"{root}/{path}", headers=headers, timeout=PATIENCE_S).json()

    assert (get("orders"), get("positions")) == ({"orders": "null"}, {"positions": "null"})
    access, number = connection.tokens.access, connection.number
    refused = _place(broker, access, number, **{"side[0]": "buy_to_close"})
    assert refused.status_code == 200
    assert isinstance(refused.json()["errors"]["error"], str)
    row = get("orders?includeTags=true")["orders"]["order"]  # type: ignore[index]
    assert (row["status"], row["tag"], row["num_legs"], row["price"]) == ("rejected", "t-1", 2, 0.9)
    assert "tag" not in get("orders")["orders"]["order"]  # type: ignore[index]
