"""Tradier, and our sandbox that speaks like it.

Class B of RELIABILITY 1: an order can be found by its tag, a second one of the same tag is not
refused. So `submit` sends once and calls anything but a definite word `Unheard`; questions may be
asked again. A 401 to a question refreshes the token once and asks again; to a submit it is a no.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from pydantic import ValidationError

from botfleet.adapters.brokers import tradier_wire as wire
from botfleet.adapters.brokers.renewal import Renewal
from botfleet.adapters.brokers.wire import (
    BearerSession,
    Reply,
    SilenceError,
    Timeouts,
    exchange,
    pool,
)
from botfleet.application.ports.authorizations import Authorization
from botfleet.application.ports.brokers import BrokerAccount
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.tokens import Connection, TokenStore
from botfleet.domain.ids import AccountId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.order import Accepted, Declined, Report, Ticket, Unheard
from botfleet.errors import BrokerUnavailable, NotFound

_OK, _UNAUTHORIZED, _NOT_FOUND = 200, 401, 404
#: Answers that say the order was not taken; any other but 200 says nothing.
_REFUSALS = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429})
_PAGE, _PAGES_MAX = 200, 100
_WORDS_MAX = 200
T = TypeVar("T")


class TradierBrokers:
    """Keeps `Brokers`: accounts at the brokers in `servers`, by the name in their connection.

    `apis` gives each broker's API root (`…/v1`). One pool of connections serves all accounts and
    threads; at most `sessions_max` accounts keep a session, the longest unused gives way.
    """

    def __init__(  # noqa: PLR0913  what bootstrap plugs in
        self,
        tokens: TokenStore,
        clock: Clock,
        apis: Mapping[str, str],
        servers: Mapping[str, Authorization],
        *,
        timeouts: Timeouts | None = None,
        threads: int = 16,
        sessions_max: int = 256,
        refresh_ahead: timedelta = timedelta(minutes=10),
    ) -> None:
        self._tokens = tokens
        self._renewal = Renewal(tokens, clock, servers, refresh_ahead)
        self._apis = {name: api.rstrip("/") for name, api in apis.items()}
        self._timeouts = timeouts or Timeouts()
        self._pool = pool(threads)
        self._lock = Lock()
        self._sessions: OrderedDict[AccountId, tuple[str, BearerSession]] = OrderedDict()
        self._sessions_max = sessions_max

    def account(self, account: AccountId) -> BrokerAccount:
        """See the port."""
        connection = self._tokens.connection(account)
        if connection.broker not in self._apis:
            raise NotFound("There is no such broker.")
        return TradierAccount(self, account, connection.number)

    def call(
        self,
        account: AccountId,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        may_repeat: bool,
    ) -> Reply:
        """Send one request of an account, with a token that is good for a while yet.

        A token the broker refuses is renewed; only what `may_repeat` is then sent again.

        Raises:
            SilenceError: no whole answer.
            BrokerUnavailable: the token could not be made good; nothing was sent.
        """
        connection = self._renewal.good(account)
        reply = self._send(connection, method, path, form)
        if reply.status != _UNAUTHORIZED:
            return reply
        try:
            renewed = self._renewal.renewed(account, connection.tokens.access, is_dead=True)
        except BrokerUnavailable:
            if may_repeat:
                raise
            return reply
        return self._send(renewed, method, path, form) if may_repeat else reply

    def _send(
        self, connection: Connection, method: str, path: str, form: Mapping[str, str] | None
    ) -> Reply:
        url = f"{self._apis[connection.broker]}/{path}"
        return exchange(self._session(connection), method, url, self._timeouts, form=form)

    def _session(self, connection: Connection) -> BearerSession:
        access = connection.tokens.access
        with self._lock:
            kept = self._sessions.get(connection.account)
            if kept is None or kept[0] != access:
                kept = access, BearerSession(access)
                kept[1].mount("https://", self._pool)
                kept[1].mount("http://", self._pool)
            self._sessions[connection.account] = kept
            self._sessions.move_to_end(connection.account)
            if len(self._sessions) > self._sessions_max:
                self._sessions.popitem(last=False)
            return kept[1]


class TradierAccount:
    """Keeps `BrokerAccount` for one account; `number` is the broker's name of it."""

    def __init__(self, brokers: TradierBrokers, account: AccountId, number: str) -> None:
        self._brokers, self._account, self._number = brokers, account, number

    def submit(self, ticket: Ticket) -> Accepted | Declined | Unheard:
        """See the port."""
        form = wire.form_of(ticket)
        try:
            path = self._path("orders")
            reply = self._brokers.call(self._account, "POST", path, form, may_repeat=False)
        except SilenceError as error:
            return Unheard(f"no answer ({error})")
        except BrokerUnavailable as error:
            return Declined(str(error))
        if reply.status in _REFUSALS:
            refused = reply.status == _UNAUTHORIZED
            return Declined("Invalid Authorization" if refused else _words(reply))
        if reply.status != _OK:
            return Unheard(f"HTTP {reply.status}")
        return _submitted(reply)

    def cancel(self, broker_order_id: str) -> bool:
        """See the port."""
        return self._taken("DELETE", broker_order_id, None)

    def replace(self, broker_order_id: str, *, limit: Decimal) -> bool:
        """See the port. The order keeps its direction: only the size of the price is sent."""
        return self._taken("PUT", broker_order_id, {"price": wire.price_text(limit)})

    def _taken(self, method: str, number: str, form: Mapping[str, str] | None) -> bool:
        reply = self._ask(method, self._path(f"orders/{_digits(number)}"), form)
        if reply.status in (400, _NOT_FOUND):
            return False
        body = _object(reply)
        if wire.errors_of(body) is not None:
            return False
        order = body.get("order")
        if not isinstance(order, dict) or str(order.get("id")) != number:
            raise BrokerUnavailable("The broker answered for another order.")
        return True

    def order(self, broker_order_id: str) -> Report:
        """See the port."""
        path = self._path(f"orders/{_digits(broker_order_id)}?includeTags=true")
        body = _object(self._ask("GET", path))
        report = _read(lambda: _report(body["order"]))
        if report.broker_order_id != broker_order_id:
            raise BrokerUnavailable("The broker answered for another order.")
        return report

    def orders(self) -> Sequence[Report]:
        """See the port. A user's own order of a kind not read here is passed over."""
        found: dict[str, Report] = {}
        seen: set[str] = set()
        for page in range(1, _PAGES_MAX + 1):
            path = f"orders?includeTags=true&page={page}&limit={_PAGE}"
            listing = _object(self._ask("GET", self._path(path))).get("orders")
            given = listing if isinstance(listing, dict) else {}
            rows = wire.as_list(given.get("order"))
            seen |= {str(row.get("id")) if isinstance(row, dict) else "?" for row in rows}
            found |= {report.broker_order_id: report for report in _reports(rows)}
            total = given.get("total_orders")
            if len(rows) < _PAGE or len(seen) == total:
                if isinstance(total, int) and len(seen) < total:
                    raise BrokerUnavailable("The broker's listing is short.")
                return list(found.values())
        raise BrokerUnavailable("The broker's listing does not end.")

    def positions(self) -> Sequence[tuple[Leg, int]]:
        """See the port."""
        held = _object(self._ask("GET", self._path("positions"))).get("positions")
        rows = wire.as_list(held.get("position") if isinstance(held, dict) else held)
        return _read(
            lambda: wire.holdings_of([wire.WirePosition.model_validate(row) for row in rows])
        )

    def _ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Reply:
        """Send what may be sent again."""
        try:
            return self._brokers.call(self._account, method, path, form, may_repeat=True)
        except SilenceError as error:
            raise BrokerUnavailable(f"The broker did not answer ({error}).") from None

    def _path(self, tail: str) -> str:
        return f"accounts/{self._number}/{tail}"


def _submitted(reply: Reply) -> Accepted | Declined | Unheard:
    try:
        body = _object(reply)
    except BrokerUnavailable as error:
        return Unheard(str(error))
    words = wire.errors_of(body)
    if words is not None:
        return Declined(words)
    order = body.get("order")
    number = order.get("id") if isinstance(order, dict) else None
    if not isinstance(order, dict) or order.get("status") != "ok" or not _is_number(number):
        return Unheard("an answer that is neither yes nor no")
    return Accepted(str(number))


def _is_number(given: object) -> bool:
    return not isinstance(given, bool) and str(given).isascii() and str(given).isdigit()


def _digits(number: str) -> str:
    if not _is_number(number):
        raise BrokerUnavailable("That is no order of this broker.")
    return number


def _object(reply: Reply) -> dict[str, Any]:
    """Read a JSON object out of a good answer; decimals stay exact."""
    if reply.status != _OK:
        raise BrokerUnavailable(f"The broker answered HTTP {reply.status}.")
    try:
        body = json.loads(reply.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BrokerUnavailable("The broker answered something else than JSON.")
    return body


def _report(row: object) -> Report:
    return wire.report_of(wire.WireOrder.model_validate(row))


def _reports(rows: Sequence[object]) -> Iterator[Report]:
    for row in rows:
        try:
            yield _read(partial(_report, row))
        except BrokerUnavailable:
            if wire.is_ours(row):
                raise


def _read(read: Callable[[], T]) -> T:
    """Read an answer, or call it no answer; a validator's words may quote it and are dropped."""
    try:
        return read()
    except (ValidationError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        words = str(error) if isinstance(error, wire.OddReplyError) else type(error).__name__
        raise BrokerUnavailable(f"The broker answered oddly: {words}.") from None


def _words(reply: Reply) -> str:
    """Quote a refusal's plain words; anything else is its status."""
    text = reply.body[:_WORDS_MAX].decode("utf-8", "replace").strip()
    is_plain = text.isprintable() and text and not text.startswith(("<", "{"))
    return text if is_plain else f"HTTP {reply.status}"
