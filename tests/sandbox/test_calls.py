"""The sandbox counts what it was asked, names left out, and keeps the count in its book."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import requests

from botfleet.sandbox.calls import Calls, kind_of
from tests.patience import PATIENCE_S
from tests.sandbox.running import sandbox

PATHS = {
    "/v1/accounts/SB01234567/orders": "/v1/accounts/{account}/orders",
    "/v1/accounts/SB01234567/orders/42": "/v1/accounts/{account}/orders/{order}",
    "/tastytrade/accounts/SB01234567/orders/live": "/tastytrade/accounts/{account}/orders/live",
    "/alpaca/v2/orders/0000002a-0001-4000-8000-000000000000": "/alpaca/v2/orders/{order}",
    "/alpaca/v2/orders:by_client_order_id": "/alpaca/v2/orders:by_client_order_id",
    "/v3/orderexecution/orders": "/v3/orderexecution/orders",
    "/v1/accounts/SB01234567/balances": "/v1/accounts/{account}/balances",
}


@pytest.mark.parametrize(("path", "kind"), PATHS.items())
def test_a_kind_of_request_has_no_names_in_it(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_kinds_are_bounded() -> None:
    calls = Calls()
    for number in range(1_500):
        calls.hear("GET", "/" + "x" * number)
    rows = list(calls.rows())
    assert len(rows) == 1_001
    assert sum(count for _, _, count in rows) == 1_500


def test_what_was_asked_is_shown_and_kept_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    for _ in range(2):
        with sandbox(path) as broker:
            requests.get(f"{broker.url}/v1/accounts/SB01234567/balances", timeout=PATIENCE_S)
            shown = broker.admin("GET", "calls").json()["calls"]
            one = {"method": "GET", "path": "/v1/accounts/{account}/balances", "count": 1}
            assert one in shown
            failed = broker.admin("GET", "calls").json()["failed"]
            assert failed == [{**one, "status": 404}]
    with closing(sqlite3.connect(path)) as book:
        sql = "SELECT count FROM calls WHERE path LIKE '%balances'"
        assert book.execute(sql).fetchall() == [(2,)]
