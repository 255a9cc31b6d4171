"""Charles Schwab's Trader API.

Class C: an order carries no id of ours. Its number is told in the `Location` header of the answer,
if at all, so the account looks at the order it names before believing it. A replaced order lives on
as another, named in `replacingOrderCollection`. Fills are told one by one, for each leg.
Source: developer.schwab.com (Accounts and Trading Production), read through its open clients.
"""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import Field

from botfleet.adapters.brokers.assembly import Facts, Part, is_bought, report, side, size, unsigned
from botfleet.adapters.brokers.dialect import Ask, Page, Placed, Seen
from botfleet.adapters.brokers.fills import Run
from botfleet.adapters.brokers.reading import (
    MaybePrice,
    OddReplyError,
    Price,
    Whole,
    Wire,
    list_of,
    load,
    object_of,
    part,
    words_of,
)
from botfleet.adapters.brokers.sheets import SCHWAB, Sheet
from botfleet.adapters.brokers.symbols import name_of, option_of, padded
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.brokers import Holding
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.orders.order import Declined, OrderState, Ticket
from botfleet.errors import BrokerUnavailable, InvariantBroken

_ROOT = "/trader/v1/accounts"
_OK, _DONE, _GONE = 200, (200, 201), (400, 404, 422)
_TYPES = {"LIMIT": 0, "NET_DEBIT": 1, "NET_CREDIT": -1, "NET_ZERO": 1}
_STATES = {
    **dict.fromkeys(
        ("NEW", "ACCEPTED", "WORKING", "QUEUED", "PENDING_ACTIVATION", "PENDING_ACKNOWLEDGEMENT"),
        OrderState.WORKING,
    ),
    **dict.fromkeys(
        ("PENDING_CANCEL", "PENDING_REPLACE", "PENDING_RECALL", "AWAITING_MANUAL_REVIEW"),
        OrderState.WORKING,
    ),
    **dict.fromkeys(
        ("AWAITING_PARENT_ORDER", "AWAITING_CONDITION", "AWAITING_STOP_CONDITION"),
        OrderState.WORKING,
    ),
    "AWAITING_UR_OUT": OrderState.WORKING,
    "AWAITING_RELEASE_TIME": OrderState.WORKING,
    "FILLED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "REPLACED": OrderState.CANCELLED,
    "EXPIRED": OrderState.EXPIRED,
    "REJECTED": OrderState.REJECTED,
}


class WireInstrument(Wire):
    """What a leg or a holding is of."""

    symbol: str
    kind: str = Field(alias="assetType")


class WireLeg(Wire):
    """A leg of an order."""

    number: int = Field(alias="legId")
    instruction: str
    quantity: Whole
    instrument: WireInstrument


class WireFill(Wire):
    """A fill of one leg."""

    number: int = Field(alias="legId")
    quantity: Whole
    price: Price
    at: datetime = Field(alias="time")


class WireActivity(Wire):
    """What happened to an order; each leaves less of it."""

    kind: str = Field(alias="activityType")
    remaining: Whole = Field(default=0, alias="orderRemainingQuantity")
    fills: tuple[WireFill, ...] = Field(default=(), alias="executionLegs")


class WireOrder(Wire):
    """An order as Schwab shows it."""

    id: int = Field(alias="orderId")
    kind: str = Field(alias="orderType")
    status: str
    price: MaybePrice = None
    filled: Whole = Field(default=0, alias="filledQuantity")
    entered_at: datetime = Field(alias="enteredTime")
    reason: str | None = Field(default=None, alias="statusDescription")
    legs: tuple[WireLeg, ...] = Field(alias="orderLegCollection")
    activities: tuple[WireActivity, ...] = Field(default=(), alias="orderActivityCollection")
    replacing: tuple[Any, ...] = Field(default=(), alias="replacingOrderCollection")


class WirePosition(Wire):
    """A holding as Schwab shows it."""

    long: Whole = Field(default=0, alias="longQuantity")
    short: Whole = Field(default=0, alias="shortQuantity")
    instrument: WireInstrument


class Schwab:
    """Keeps `Dialect`; an account's number is the hash that stands in paths."""

    sheet: Sheet = SCHWAB
    page_size = 3_000

    def accounts(self) -> Ask:
        """See the protocol."""
        return Ask("GET", f"{_ROOT}/accountNumbers")

    def numbers(self, reply: Reply) -> Sequence[str]:
        """See the protocol."""
        return [str(row["hashValue"]) for row in _rows(reply)]

    def is_order_number(self, text: str) -> bool:
        """See the protocol."""
        return text.isascii() and text.isdigit()

    def place(self, number: str, ticket: Ticket) -> Ask:
        """See the protocol."""
        legs = [
            {
                "instruction": side(leg, ticket.effect).upper(),
                "quantity": size(leg, ticket),
                "instrument": {
                    "symbol": padded(leg.option) if leg.option else ticket.symbol,
                    "assetType": "OPTION" if leg.option else "EQUITY",
                },
            }
            for leg in ticket.legs
        ]
        if len(legs) == 1:
            priced = {"orderType": "LIMIT", "price": f"{unsigned(ticket):.2f}"}
        else:
            priced = _net(ticket.limit) | {"complexOrderStrategyType": "CUSTOM"}
        return Ask("POST", f"{_ROOT}/{number}/orders", json=_body(priced, legs))

    def placed(self, reply: Reply, ticket: Ticket) -> Placed | Declined:
        """See the protocol."""
        path = urlsplit(reply.headers.get("Location", "")).path
        match = re.search(r"/accounts/([^/]+)/orders/(\d+)$", path)
        if match is None:
            raise BrokerUnavailable("the broker named no order")
        return Placed(match[2], is_proven=False)

    def declined(self, reply: Reply) -> str:
        """See the protocol."""
        return words_of(reply, "message")

    def is_duplicate(self, reply: Reply) -> bool:
        """See the protocol. Schwab knows no id of ours."""
        return False

    def by_own_id(self, number: str, wire_id: str) -> Ask:
        """See the protocol."""
        raise InvariantBroken("Schwab knows no id of ours.")

    def show(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"{_ROOT}/{number}/orders/{order}")

    def shown(self, reply: Reply) -> Any:
        """See the protocol."""
        return object_of(reply)

    def listing(self, number: str, after: str, now: datetime) -> Ask:
        """See the protocol. One answer holds them all, up to a bound that is asked for."""
        asked = {
            "fromEnteredTime": _stamp(instant(day_of(now), time())),
            "toEnteredTime": _stamp(now + timedelta(days=1)),
            "maxResults": self.page_size,
        }
        return Ask("GET", f"{_ROOT}/{number}/orders?{urlencode(asked)}")

    def page(self, reply: Reply, after: str) -> Page:
        """See the protocol. An answer that is full may not be whole."""
        rows = _rows(reply)
        return Page(rows, total=self.page_size + 1 if len(rows) >= self.page_size else None)

    def seen(self, row: Any) -> Seen:
        """See the protocol."""
        order = WireOrder.model_validate(row)
        if order.status not in _STATES or order.kind not in _TYPES:
            raise OddReplyError("an order of an unknown state or type")
        activities = {one.remaining: one for one in order.activities if one.kind == "EXECUTION"}
        fills = [fill for one in activities.values() for fill in one.fills]
        parts = [_part(leg, fills) for leg in order.legs]
        if bool(order.filled) != bool(fills):
            raise OddReplyError("fills that are not told")
        if {fill.number for fill in fills} - {leg.number for leg in order.legs}:
            raise OddReplyError("a fill of no leg")
        if (order.kind == "LIMIT") != (len(parts) == 1):
            raise OddReplyError("a type that is not of its legs")
        sign = _TYPES[order.kind] or (1 if parts and parts[0].is_bought else -1)
        facts = Facts(
            str(order.id),
            "",
            _STATES[order.status],
            None if order.price is None else order.price * sign,
            order.entered_at,
            max((fill.at for fill in fills), default=order.entered_at),
            order.reason or "",
        )
        is_replaced = order.status == "REPLACED"
        return Seen(report(facts, parts), "", is_replaced, _successor(order), row=row)

    def is_ours(self, row: Any) -> bool:
        """See the protocol. One order for the day, at a limit, may be."""
        is_single = part(row, "orderStrategyType") in ("SINGLE", None)
        return is_single and part(row, "orderType") in (*_TYPES, None)

    def cancel(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("DELETE", f"{_ROOT}/{number}/orders/{order}")

    def replace(self, number: str, order: str, limit: Decimal, seen: Seen | None) -> Ask:
        """See the protocol. The whole order is sent again, as it was shown, at another price."""
        if seen is None:
            raise InvariantBroken("An order is replaced by what it was.")
        legs = [
            {
                "instruction": leg["instruction"],
                "quantity": int(leg["quantity"]),
                "instrument": {
                    "symbol": leg["instrument"]["symbol"],
                    "assetType": leg["instrument"]["assetType"],
                },
            }
            for leg in seen.row["orderLegCollection"]
        ]
        if len(legs) == 1:
            priced = {"orderType": "LIMIT", "price": f"{abs(limit):.2f}"}
        else:
            priced = _net(limit) | {"complexOrderStrategyType": "CUSTOM"}
        return Ask("PUT", f"{_ROOT}/{number}/orders/{order}", json=_body(priced, legs))

    def is_taken(self, reply: Reply, order: str) -> bool:
        """See the protocol."""
        if reply.status in _GONE:
            return False
        if reply.status not in _DONE:
            raise BrokerUnavailable(f"The broker answered HTTP {reply.status}.")
        if reply.body.strip():
            raise BrokerUnavailable("The broker answered something else than was asked.")
        return True

    def positions(self, number: str, after: str) -> Ask:
        """See the protocol. The same answer tells balances; they are not looked at."""
        return Ask("GET", f"{_ROOT}/{number}?fields=positions")

    def held(self, reply: Reply) -> tuple[Sequence[Holding], str]:
        """See the protocol."""
        account = object_of(reply)["securitiesAccount"]
        rows = [WirePosition.model_validate(row) for row in account.get("positions", [])]
        return [_holding(row) for row in rows if row.long != row.short], ""


def _body(priced: dict[str, str], legs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    usual = {"session": "NORMAL", "duration": "DAY", "orderStrategyType": "SINGLE"}
    return {**usual, **priced, "orderLegCollection": list(legs)}


def _net(limit: Decimal) -> dict[str, str]:
    if limit == 0:
        return {"orderType": "NET_ZERO", "price": "0.00"}
    return {"orderType": "NET_DEBIT" if limit > 0 else "NET_CREDIT", "price": f"{abs(limit):.2f}"}


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _rows(reply: Reply) -> list[Any]:
    if reply.status != _OK:
        raise BrokerUnavailable(f"The broker answered HTTP {reply.status}.")
    return list_of(load(reply.body))


def _successor(order: WireOrder) -> str:
    """Give the number of the one order that replaced this; none where it is not plain."""
    if len(order.replacing) != 1:
        return ""
    (one,) = order.replacing
    number = one.get("orderId") if isinstance(one, dict) else one
    return str(number) if str(number).isdigit() else ""


def _holding(row: WirePosition) -> Holding:
    symbol = row.instrument.symbol
    return Holding(name_of(option_of(symbol), symbol), row.long - row.short)


def _part(leg: WireLeg, fills: Sequence[WireFill]) -> Part:
    option = option_of(leg.instrument.symbol)
    told: list[Run] = [
        (fill.quantity, fill.price)
        for fill in sorted(fills, key=lambda fill: fill.at)
        if fill.number == leg.number
    ]
    root = option.root if option else leg.instrument.symbol
    return Part(option, root, is_bought(leg.instruction), leg.quantity, told)
