"""Alpaca's Trading API, version 2.

Class A: a `client_order_id` is good once, for ever; a second order of it is refused with 422, code
40010001, and the first is found by it. A replaced order lives on as another (`replaced_by`). Of
fills the average is shown, for each leg. Net prices are signed: > 0 is paid.
Source: docs.alpaca.markets (reference of /v2/orders, /v2/positions; options level 3).
"""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from botfleet.adapters.brokers.assembly import Facts, Part, is_bought, report, side, unsigned
from botfleet.adapters.brokers.dialect import Ask, Page, Placed, Seen
from botfleet.adapters.brokers.fills import Run
from botfleet.adapters.brokers.reading import (
    MaybePrice,
    OddReplyError,
    Signed,
    Whole,
    Wire,
    is_own_id,
    list_of,
    load,
    object_of,
    part,
    words_of,
)
from botfleet.adapters.brokers.sheets import ALPACA, Sheet
from botfleet.adapters.brokers.symbols import name_of, option_of
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.brokers import Holding
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.instruments import Leg, occ
from botfleet.domain.orders.order import Declined, OrderState, Ticket
from botfleet.errors import BrokerUnavailable

_NUMBER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CONFLICT, _TWICE = 422, 40010001
_GONE = (404, 422)
_STATES = {
    **dict.fromkeys(
        ("new", "accepted", "pending_new", "pending_cancel", "pending_replace", "held"),
        OrderState.WORKING,
    ),
    **dict.fromkeys(
        ("accepted_for_bidding", "stopped", "suspended", "calculated", "done_for_day"),
        OrderState.WORKING,
    ),
    "partially_filled": OrderState.PARTIAL,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "replaced": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
}


class WireLeg(Wire):
    """An order, or a leg of one."""

    symbol: str
    side: str
    qty: Whole
    filled_qty: Whole
    filled_avg_price: MaybePrice = None


class WireOrder(Wire):
    """An order as Alpaca shows it."""

    id: str
    client_order_id: str
    status: str
    limit_price: MaybePrice = None
    order_class: str = ""
    submitted_at: datetime
    updated_at: datetime
    replaced_by: str | None = None
    replaces: str | None = None
    legs: tuple[WireLeg, ...] | None = None


class WirePosition(Wire):
    """A holding as Alpaca shows it."""

    symbol: str
    qty: Signed


class Alpaca:
    """Keeps `Dialect`."""

    sheet: Sheet = ALPACA
    page_size = 500

    def accounts(self) -> Ask:
        """See the protocol. The same answer tells balances; they are not looked at."""
        return Ask("GET", "/v2/account")

    def numbers(self, reply: Reply) -> Sequence[str]:
        """See the protocol."""
        return [str(object_of(reply)["account_number"])]

    def is_order_number(self, text: str) -> bool:
        """See the protocol."""
        return _NUMBER.fullmatch(text) is not None

    def place(self, number: str, ticket: Ticket) -> Ask:
        """See the protocol."""
        body: dict[str, Any] = {
            "type": "limit",
            "time_in_force": "day",
            "qty": str(ticket.quantity),
            "client_order_id": ticket.wire_id,
        }
        if len(ticket.legs) == 1:
            (leg,) = ticket.legs
            body |= self._leg(leg, ticket) | {"limit_price": f"{unsigned(ticket):.2f}"}
        else:
            legs = [
                self._leg(leg, ticket) | {"ratio_qty": str(abs(leg.ratio))} for leg in ticket.legs
            ]
            body |= {"order_class": "mleg", "limit_price": f"{ticket.limit:.2f}", "legs": legs}
        return Ask("POST", "/v2/orders", json=body)

    def _leg(self, leg: Leg, ticket: Ticket) -> dict[str, str]:
        verb = side(leg, ticket.effect)
        if leg.option is None:
            return {"symbol": ticket.symbol, "side": verb}
        sided = {"side": verb.partition("_")[0], "position_intent": verb}
        return {"symbol": occ(leg.option), **sided}

    def placed(self, reply: Reply, ticket: Ticket) -> Placed | Declined:
        """See the protocol."""
        body = object_of(reply)
        number = body.get("id")
        if body.get("client_order_id") != ticket.wire_id or not self.is_order_number(str(number)):
            raise BrokerUnavailable("the broker named another order")
        return Placed(str(number), is_proven=True)

    def declined(self, reply: Reply) -> str:
        """See the protocol."""
        return words_of(reply, "message")

    def is_duplicate(self, reply: Reply) -> bool:
        """See the protocol."""
        return reply.status == _CONFLICT and part(load(reply.body), "code") == _TWICE

    def by_own_id(self, number: str, wire_id: str) -> Ask:
        """See the protocol."""
        query = urlencode({"client_order_id": wire_id})
        return Ask("GET", f"/v2/orders:by_client_order_id?{query}")

    def show(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"/v2/orders/{order}?nested=true")

    def shown(self, reply: Reply) -> Any:
        """See the protocol."""
        return object_of(reply)

    def listing(self, number: str, after: str, now: datetime) -> Ask:
        """See the protocol. A page begins after an instant; the day's first is midnight's."""
        since = after or instant(day_of(now), time()).isoformat()
        asked = {"status": "all", "limit": self.page_size, "direction": "asc", "nested": "true"}
        return Ask("GET", f"/v2/orders?{urlencode({**asked, 'after': since})}")

    def page(self, reply: Reply, after: str) -> Page:
        """See the protocol. Orders of one instant may lie on both sides of a page's end."""
        if reply.status != 200:  # noqa: PLR2004
            raise BrokerUnavailable(f"The broker answered HTTP {reply.status}.")
        rows = list_of(load(reply.body))
        if len(rows) < self.page_size:
            return Page(rows)
        last = datetime.fromisoformat(rows[-1]["submitted_at"]) - timedelta(microseconds=1)
        if last.isoformat() == after:
            raise OddReplyError("a page that does not go on")
        return Page(rows, last.isoformat())

    def seen(self, row: Any) -> Seen:
        """See the protocol."""
        order = WireOrder.model_validate(row)
        legs = order.legs if order.order_class == "mleg" else (WireLeg.model_validate(row),)
        if order.status not in _STATES:
            raise OddReplyError("an order of an unknown state")
        parts = [_part(leg) for leg in legs or ()]
        if (order.order_class == "mleg") != (len(parts) > 1):
            raise OddReplyError("a class that is not of its legs")
        limit = order.limit_price
        if limit is not None and len(parts) == 1 and not parts[0].is_bought:
            limit = -limit
        facts = Facts(
            order.id,
            order.client_order_id,
            _STATES[order.status],
            limit,
            order.submitted_at,
            order.updated_at,
        )
        is_replaced = order.status == "replaced"
        links = (order.replaced_by or "", order.replaces or "")
        return Seen(report(facts, parts), "", is_replaced, *links, row)

    def is_ours(self, row: Any) -> bool:
        """See the protocol. What replaced one of ours carries an id of the broker's making."""
        return is_own_id(part(row, "client_order_id")) or bool(part(row, "replaces"))

    def cancel(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("DELETE", f"/v2/orders/{order}")

    def replace(self, number: str, order: str, limit: Decimal, seen: Seen | None) -> Ask:
        """See the protocol."""
        price = abs(limit) if seen and len(seen.report.legs) == 1 else limit
        return Ask("PATCH", f"/v2/orders/{order}", json={"limit_price": f"{price:.2f}"})

    def is_taken(self, reply: Reply, order: str) -> bool:
        """See the protocol."""
        if reply.status in _GONE:
            return False
        if reply.status == 204:  # noqa: PLR2004
            return True
        if object_of(reply).get("replaces") != order:
            raise BrokerUnavailable("The broker answered for another order.")
        return True

    def positions(self, number: str, after: str) -> Ask:
        """See the protocol."""
        return Ask("GET", "/v2/positions")

    def held(self, reply: Reply) -> tuple[Sequence[Holding], str]:
        """See the protocol."""
        if reply.status != 200:  # noqa: PLR2004
            raise BrokerUnavailable(f"The broker answered HTTP {reply.status}.")
        rows = [WirePosition.model_validate(row) for row in list_of(load(reply.body))]
        return [_holding(row) for row in rows if row.qty], ""


def _holding(row: WirePosition) -> Holding:
    return Holding(name_of(option_of(row.symbol), row.symbol), row.qty)


def _part(leg: WireLeg) -> Part:
    option = option_of(leg.symbol)
    runs: list[Run] = []
    if leg.filled_qty:
        if leg.filled_avg_price is None:
            raise OddReplyError("a fill without a price")
        runs = [(leg.filled_qty, leg.filled_avg_price)]
    root = option.root if option else leg.symbol
    return Part(option, root, is_bought(leg.side), leg.qty, runs)
