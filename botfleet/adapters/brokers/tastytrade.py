"""tastytrade's Open API: dashed names, everything below `data`, fills told one by one.

Class B: an order shows its `external-identifier`, a second one of the same is not refused. Editing
a price makes another order (`replaces-order-id`); a fill of the first meanwhile aborts it. Prices
are unsigned beside a `price-effect`; a negative price is refused.
Source: developer.tastytrade.com (reference of orders, order lifecycle, idempotency and retries).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field

from botfleet.adapters.brokers.assembly import Facts, Part, is_bought, report, side, size, unsigned
from botfleet.adapters.brokers.dialect import Ask, Page, Placed, Seen
from botfleet.adapters.brokers.reading import (
    MaybePrice,
    OddReplyError,
    Price,
    Whole,
    Wire,
    is_own_id,
    list_of,
    object_of,
    part,
    words_of,
)
from botfleet.adapters.brokers.sheets import TASTYTRADE, Sheet
from botfleet.adapters.brokers.symbols import name_of, option_of, padded
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.brokers import Holding
from botfleet.domain.orders.order import Declined, OrderState, Ticket
from botfleet.errors import BrokerUnavailable, InvariantBroken

_GONE = (404, 422)
_STATES = {
    **dict.fromkeys(
        ("Received", "Routed", "In Flight", "Live", "Contingent"),
        OrderState.WORKING,
    ),
    "Cancel Requested": OrderState.WORKING,
    "Replace Requested": OrderState.WORKING,
    "Filled": OrderState.FILLED,
    "Cancelled": OrderState.CANCELLED,
    "Removed": OrderState.CANCELLED,
    "Partially Removed": OrderState.CANCELLED,
    "Expired": OrderState.EXPIRED,
    "Rejected": OrderState.REJECTED,
}


class WireFill(Wire):
    """A fill of a leg."""

    fill_id: str = Field(alias="fill-id")
    quantity: Whole
    price: Price = Field(alias="fill-price")
    at: datetime = Field(alias="filled-at")


class WireLeg(Wire):
    """A leg of an order."""

    symbol: str
    action: str
    quantity: Whole
    fills: tuple[WireFill, ...] = ()


class WireOrder(Wire):
    """An order as tastytrade shows it."""

    id: int
    account: str = Field(alias="account-number")
    status: str
    price: MaybePrice = None
    effect: str = Field(default="", alias="price-effect")
    own_id: str | None = Field(default=None, alias="external-identifier")
    received_at: datetime = Field(alias="received-at")
    replaces: int | None = Field(default=None, alias="replaces-order-id")
    replaced_by: int | None = Field(default=None, alias="replacing-order-id")
    reason: str | None = Field(default=None, alias="reject-reason")
    legs: tuple[WireLeg, ...]


class WirePosition(Wire):
    """A holding as tastytrade shows it."""

    symbol: str
    quantity: Whole
    direction: str = Field(alias="quantity-direction")


class Tastytrade:
    """Keeps `Dialect`."""

    sheet: Sheet = TASTYTRADE
    page_size = 200

    def accounts(self) -> Ask:
        """See the protocol."""
        return Ask("GET", "/customers/me/accounts")

    def numbers(self, reply: Reply) -> Sequence[str]:
        """See the protocol."""
        items = list_of(part(object_of(reply), "data", "items"))
        return [str(item["account"]["account-number"]) for item in items]

    def is_order_number(self, text: str) -> bool:
        """See the protocol."""
        return text.isascii() and text.isdigit()

    def place(self, number: str, ticket: Ticket) -> Ask:
        """See the protocol."""
        if len(ticket.legs) == 1:
            unsigned(ticket)
        legs = [
            {
                "instrument-type": "Equity Option" if leg.option else "Equity",
                "symbol": padded(leg.option) if leg.option else ticket.symbol,
                "quantity": size(leg, ticket),
                "action": _action(side(leg, ticket.effect)),
            }
            for leg in ticket.legs
        ]
        body = _priced(ticket.limit) | {"external-identifier": ticket.wire_id, "legs": legs}
        return Ask("POST", f"/accounts/{number}/orders", json=body)

    def placed(self, reply: Reply, ticket: Ticket) -> Placed | Declined:
        """See the protocol."""
        order = part(object_of(reply, 200, 201), "data", "order")
        number = str(part(order, "id"))
        if part(order, "external-identifier") != ticket.wire_id or not self.is_order_number(number):
            raise BrokerUnavailable("the broker named another order")
        return Placed(number, is_proven=True)

    def declined(self, reply: Reply) -> str:
        """See the protocol."""
        return words_of(reply, "error", "message")

    def is_duplicate(self, reply: Reply) -> bool:
        """See the protocol. tastytrade refuses no second order."""
        return False

    def by_own_id(self, number: str, wire_id: str) -> Ask:
        """See the protocol."""
        raise InvariantBroken("tastytrade fences no id.")

    def show(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"/accounts/{number}/orders/{order}")

    def shown(self, reply: Reply) -> Any:
        """See the protocol."""
        return object_of(reply)["data"]

    def listing(self, number: str, after: str, now: datetime) -> Ask:
        """See the protocol. Despite its name, the list holds all that was touched today."""
        query = f"per-page={self.page_size}&page-offset={after or 0}"
        return Ask("GET", f"/accounts/{number}/orders/live?{query}")

    def page(self, reply: Reply, after: str) -> Page:
        """See the protocol."""
        body = object_of(reply)
        rows, offset = list_of(part(body, "data", "items")), int(after or 0)
        pages, total = (
            part(body, "pagination", "total-pages"),
            part(body, "pagination", "total-items"),
        )
        is_last = not isinstance(pages, int) or offset + 1 >= pages
        return Page(rows, "" if is_last else str(offset + 1), total)

    def seen(self, row: Any) -> Seen:
        """See the protocol."""
        order = WireOrder.model_validate(row)
        if order.status not in _STATES or order.effect not in ("Debit", "Credit", "None", ""):
            raise OddReplyError("an order of an unknown state or effect")
        sign = -1 if order.effect == "Credit" else 1
        at = max((fill.at for leg in order.legs for fill in leg.fills), default=order.received_at)
        facts = Facts(
            str(order.id),
            order.own_id or "",
            _STATES[order.status],
            None if order.price is None else order.price * sign,
            order.received_at,
            at,
            order.reason or "",
        )
        told = report(facts, [_part(leg) for leg in order.legs])
        replaced_by = str(order.replaced_by or "")
        is_replaced = bool(replaced_by) and told.state is OrderState.CANCELLED
        return Seen(told, order.account, is_replaced, replaced_by, str(order.replaces or ""), row)

    def is_ours(self, row: Any) -> bool:
        """See the protocol. What replaced one of ours may not carry its id."""
        return is_own_id(part(row, "external-identifier")) or bool(part(row, "replaces-order-id"))

    def cancel(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("DELETE", f"/accounts/{number}/orders/{order}")

    def replace(self, number: str, order: str, limit: Decimal, seen: Seen | None) -> Ask:
        """See the protocol."""
        return Ask("PATCH", f"/accounts/{number}/orders/{order}", json=_priced(limit))

    def is_taken(self, reply: Reply, order: str) -> bool:
        """See the protocol."""
        if reply.status in _GONE:
            return False
        data = object_of(reply).get("data")
        if order not in (str(part(data, "id")), str(part(data, "replaces-order-id"))):
            raise BrokerUnavailable("The broker answered for another order.")
        return True

    def positions(self, number: str, after: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"/accounts/{number}/positions")

    def held(self, reply: Reply) -> tuple[Sequence[Holding], str]:
        """See the protocol."""
        items = list_of(part(object_of(reply), "data", "items"))
        rows = [WirePosition.model_validate(item) for item in items]
        return [_holding(row) for row in rows if row.quantity], ""


def _priced(limit: Decimal) -> dict[str, Any]:
    return {
        "order-type": "Limit",
        "time-in-force": "Day",
        "price": f"{abs(limit):.2f}",
        "price-effect": "Credit" if limit < 0 else "Debit",
    }


def _action(verb: str) -> str:
    """Word a side; shares too are opened and closed here."""
    words = {"buy": "Buy to Open", "sell": "Sell to Close"}
    return words.get(verb) or verb.replace("_", " ").title().replace(" To ", " to ")


def _holding(row: WirePosition) -> Holding:
    if row.direction not in ("Long", "Short"):
        raise OddReplyError("a holding of an unknown direction")
    count = row.quantity if row.direction == "Long" else -row.quantity
    return Holding(name_of(option_of(row.symbol), row.symbol), count)


def _part(leg: WireLeg) -> Part:
    """Read a leg; a fill that is told twice is one fill."""
    option = option_of(leg.symbol)
    fills = {fill.fill_id: fill for fill in leg.fills}.values()
    runs = [(fill.quantity, fill.price) for fill in sorted(fills, key=lambda fill: fill.at)]
    root = option.root if option else leg.symbol
    return Part(option, root, is_bought(leg.action), leg.quantity, runs)
