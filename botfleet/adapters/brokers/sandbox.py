"""The sandbox's back door, and its login page as a person at a browser would use it.

No other broker has the back door: accounts are opened here, and the whole book is shown, for a demo
or an audit.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from botfleet.application.ports.ledgers import (
    BrokerBook,
    BrokerEvent,
    BrokerExecution,
    BrokerHolding,
)
from botfleet.errors import BrokerUnavailable, Refusal

_TIMEOUT_S = (3, 60)
_OK, _CREATED, _FOUND = 200, 201, 302
#: The one wire without an own id numbers an order by thousands, to leave room for replacements.
_SCHWAB_EACH = 1_000


class SandboxDesk:
    """Thread-safe: every call is a session of its own."""

    def __init__(self, base_url: str, admin_secret: str) -> None:
        self._base, self._headers = base_url.rstrip("/"), {"X-Sandbox-Admin": admin_secret}

    def open_account(self, username: str, password: str) -> None:
        """Open an account; one that is open with this password stays as it is.

        Raises:
            Refusal: the name is taken, or the admin secret is not the sandbox's.
            BrokerUnavailable: no answer.
        """
        body = {"username": username, "password": password}
        reply = _send("POST", f"{self._base}/sandbox/accounts", json=body, headers=self._headers)
        if reply.status_code != _CREATED:
            raise Refusal(f"The sandbox opens no account for {username}: {reply.text[:200]}")

    def book(self) -> BrokerBook:
        """Give the whole book, caught up with the clock.

        Raises:
            BrokerUnavailable: no answer, or none that is a book.
        """
        reply = _send("GET", f"{self._base}/sandbox/book", headers=self._headers)
        if reply.status_code != _OK:
            raise BrokerUnavailable(f"The sandbox does not show its book ({reply.status_code}).")
        try:
            return book_of(reply.json())
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise BrokerUnavailable("What the sandbox shows is no book.") from error


def consent(departure: str, username: str, password: str) -> str:
    """Fill in the login page that `departure` leads to; give where it sends the browser back to.

    Raises:
        Refusal: it does not let them in.
        BrokerUnavailable: no answer.
    """
    page = urlsplit(departure)
    form = {"username": username, "password": password, "decision": "allow"}
    form |= dict(parse_qsl(page.query))
    reply = _send("POST", page._replace(query="").geturl(), data=form)
    if reply.status_code != _FOUND:
        raise Refusal(f"The sandbox does not let {username} in ({reply.status_code}).")
    return reply.headers["Location"]


def book_of(shown: Mapping[str, Any]) -> BrokerBook:
    """Read the book as it is shown."""
    return BrokerBook(
        tuple(map(_event, shown["audit"])),
        tuple(
            BrokerExecution(row["order_id"], row["units"], Decimal(row["price"]))
            for row in shown["executions"]
        ),
        tuple(
            BrokerHolding(row["account"], row["symbol"], row["quantity"])
            for row in shown["positions"]
        ),
    )


def _event(row: Mapping[str, Any]) -> BrokerEvent:
    is_settled = row["event"] == "settled"
    is_nameless = row["order_id"] is not None and not row["tag"]
    return BrokerEvent(
        datetime.fromisoformat(row["at"]),
        row["account"],
        row["order_id"],
        row["tag"],
        row["event"],
        None if row["limit"] is None else Decimal(row["limit"]),
        row["units"],
        row["executed"],
        json.loads(row["detail"])["symbol"] if is_settled else "",
        str(row["order_id"] * _SCHWAB_EACH) if is_nameless else "",
    )


def _send(method: str, url: str, **given: Any) -> requests.Response:
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, allow_redirects=False, timeout=_TIMEOUT_S, **given)
    except requests.RequestException as error:
        # The name alone: a library's words may quote the request.
        raise BrokerUnavailable(f"The sandbox does not answer ({type(error).__name__}).") from None
