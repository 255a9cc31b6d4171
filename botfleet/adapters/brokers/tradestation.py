"""TradeStation's API, version 3: capital names, numbers as text, its own spelling of contracts.

Class C: an `OrderConfirmID` is taken with an order, and documented to prevent a duplicate, but no
answer shows it again, so an order cannot be found by it. A replaced order keeps its number. Of
fills the average is shown, for each leg. A net price is signed: > 0 is paid.
Source: api.tradestation.com/docs (specification: Order Execution, Brokerage); its open clients.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from pydantic import Field

from botfleet.adapters.brokers.assembly import Facts, Part, is_bought, report, side, size, unsigned
from botfleet.adapters.brokers.dialect import Ask, Page, Placed, Seen
from botfleet.adapters.brokers.fills import Run
from botfleet.adapters.brokers.reading import (
    MaybePrice,
    OddReplyError,
    Signed,
    Whole,
    Wire,
    list_of,
    object_of,
    part,
    plain,
    words_of,
)
from botfleet.adapters.brokers.sheets import TRADESTATION, Sheet
from botfleet.adapters.brokers.symbols import name_of, parse_spaced, spaced, ticker
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.brokers import Holding
from botfleet.domain.market.instruments import Option
from botfleet.domain.orders.order import Declined, OrderState, Ticket
from botfleet.errors import BrokerUnavailable, InvariantBroken

_ORDERS, _ACCOUNTS = "/v3/orderexecution/orders", "/v3/brokerage/accounts"
_GONE = (400, 404)
_STATES = {
    **dict.fromkeys(("ACK", "DON", "OPN", "PLA", "DIS", "CND", "OSO", "STP"), OrderState.WORKING),
    **dict.fromkeys(("CSN", "UCN", "RSN", "RPD", "CHG", "LAT", "RJC", "SUS"), OrderState.WORKING),
    "FPR": OrderState.PARTIAL,
    "FLL": OrderState.FILLED,
    **dict.fromkeys(("OUT", "CAN", "TSC", "SCN", "FLP"), OrderState.CANCELLED),
    "EXP": OrderState.EXPIRED,
    "REJ": OrderState.REJECTED,
}
_SHARES, _OPTIONS = "STOCK", "STOCKOPTION"


class WireLeg(Wire):
    """A leg of an order."""

    symbol: str = Field(alias="Symbol")
    kind: str = Field(alias="AssetType")
    side: str = Field(alias="BuyOrSell")
    ordered: Whole = Field(alias="QuantityOrdered")
    executed: Whole = Field(alias="ExecQuantity")
    price: MaybePrice = Field(default=None, alias="ExecutionPrice")


class WireOrder(Wire):
    """An order as TradeStation shows it."""

    id: str = Field(alias="OrderID")
    account: str = Field(alias="AccountID")
    status: str = Field(alias="Status")
    limit: MaybePrice = Field(default=None, alias="LimitPrice")
    opened_at: datetime = Field(alias="OpenedDateTime")
    closed_at: datetime | None = Field(default=None, alias="ClosedDateTime")
    reason: str | None = Field(default=None, alias="RejectReason")
    legs: tuple[WireLeg, ...] = Field(alias="Legs")


class WirePosition(Wire):
    """A holding as TradeStation shows it."""

    symbol: str = Field(alias="Symbol")
    kind: str = Field(alias="AssetType")
    quantity: Signed = Field(alias="Quantity")
    direction: str = Field(alias="LongShort")


class TradeStation:
    """Keeps `Dialect`."""

    sheet: Sheet = TRADESTATION
    page_size = 600

    def accounts(self) -> Ask:
        """See the protocol."""
        return Ask("GET", _ACCOUNTS)

    def numbers(self, reply: Reply) -> Sequence[str]:
        """See the protocol. Accounts of futures and coins trade nothing that is traded here."""
        rows = list_of(object_of(reply)["Accounts"])
        return [str(row["AccountID"]) for row in rows if row["AccountType"] in ("Cash", "Margin")]

    def is_order_number(self, text: str) -> bool:
        """See the protocol."""
        return text.isascii() and text.replace("-", "").isalnum()

    def place(self, number: str, ticket: Ticket) -> Ask:
        """See the protocol."""
        body: dict[str, Any] = {
            "AccountID": number,
            "OrderType": "Limit",
            "TimeInForce": {"Duration": "DAY"},
            "Route": "Intelligent",
            "OrderConfirmID": ticket.wire_id,
        }
        legs = [
            {
                "Symbol": spaced(leg.option) if leg.option else ticket.symbol,
                "Quantity": str(size(leg, ticket)),
                "TradeAction": side(leg, ticket.effect).replace("_", "").upper(),
            }
            for leg in ticket.legs
        ]
        if len(legs) == 1:
            body |= legs[0] | {"LimitPrice": f"{unsigned(ticket):.2f}"}
        else:
            body |= {"Legs": legs, "LimitPrice": f"{ticket.limit:.2f}"}
        return Ask("POST", _ORDERS, json=body)

    def placed(self, reply: Reply, ticket: Ticket) -> Placed | Declined:
        """See the protocol. A no may come as HTTP 200 with `Errors`."""
        body = object_of(reply, 200, 201)
        taken, failed = body.get("Orders") or [], body.get("Errors") or []
        if failed and not taken:
            words = part(failed[0], "Message") if isinstance(failed, list) else None
            return Declined(plain(str(words or "refused")))
        number = part(taken[0], "OrderID") if isinstance(taken, list) and len(taken) == 1 else None
        if failed or not isinstance(number, str) or not self.is_order_number(number):
            raise BrokerUnavailable("an answer that is neither yes nor no")
        return Placed(number, is_proven=False)

    def declined(self, reply: Reply) -> str:
        """See the protocol."""
        return words_of(reply, "Message")

    def is_duplicate(self, reply: Reply) -> bool:
        """See the protocol. What a duplicate is answered with is not documented."""
        return False

    def by_own_id(self, number: str, wire_id: str) -> Ask:
        """See the protocol."""
        raise InvariantBroken("TradeStation shows no id of ours.")

    def show(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"{_ACCOUNTS}/{number}/orders/{order}")

    def shown(self, reply: Reply) -> Any:
        """See the protocol."""
        (row,) = list_of(object_of(reply)["Orders"])
        return row

    def listing(self, number: str, after: str, now: datetime) -> Ask:
        """See the protocol. The list is today's orders and those still open."""
        token = f"&nextToken={quote(after, safe='')}" if after else ""
        return Ask("GET", f"{_ACCOUNTS}/{number}/orders?pageSize={self.page_size}{token}")

    def page(self, reply: Reply, after: str) -> Page:
        """See the protocol. Where an account could not be asked, the list is not whole."""
        body = object_of(reply)
        if body.get("Errors"):
            raise BrokerUnavailable("The broker's listing is short.")
        token = body.get("NextToken") or ""
        if token and token == after:
            raise OddReplyError("a page that does not go on")
        return Page(list_of(body["Orders"]), str(token))

    def seen(self, row: Any) -> Seen:
        """See the protocol."""
        order = WireOrder.model_validate(row)
        if order.status not in _STATES:
            raise OddReplyError("an order of an unknown state")
        parts = [_part(leg) for leg in order.legs]
        limit = order.limit
        if limit is not None and len(parts) == 1 and not parts[0].is_bought:
            limit = -limit
        facts = Facts(
            order.id,
            "",
            _STATES[order.status],
            limit,
            order.opened_at,
            order.closed_at or order.opened_at,
            order.reason or "",
        )
        return Seen(report(facts, parts), order.account, row=row)

    def is_ours(self, row: Any) -> bool:
        """See the protocol. A limit order for the day may be."""
        return part(row, "OrderType") in ("Limit", None) and part(row, "Duration") in ("DAY", None)

    def cancel(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("DELETE", f"{_ORDERS}/{order}")

    def replace(self, number: str, order: str, limit: Decimal, seen: Seen | None) -> Ask:
        """See the protocol. One leg's price is unsigned, and so is sent without a sign."""
        single = seen is not None and len(seen.report.legs) == 1
        price = abs(limit) if single else limit
        return Ask("PUT", f"{_ORDERS}/{order}", json={"LimitPrice": f"{price:.2f}"})

    def is_taken(self, reply: Reply, order: str) -> bool:
        """See the protocol."""
        if reply.status in _GONE:
            return False
        body = object_of(reply)
        if body.get("Error"):
            return False
        if body.get("OrderID") != order:
            raise BrokerUnavailable("The broker answered for another order.")
        return True

    def positions(self, number: str, after: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"{_ACCOUNTS}/{number}/positions")

    def held(self, reply: Reply) -> tuple[Sequence[Holding], str]:
        """See the protocol."""
        body = object_of(reply)
        if body.get("Errors"):
            raise BrokerUnavailable("The broker's listing is short.")
        rows = [WirePosition.model_validate(row) for row in list_of(body["Positions"])]
        return [_holding(row) for row in rows if row.quantity], ""


def _option_of(symbol: str, kind: str) -> Option | None:
    if kind == _OPTIONS:
        return parse_spaced(symbol)
    if kind != _SHARES:
        raise OddReplyError("an instrument of an unknown kind")
    ticker(symbol)
    return None


def _holding(row: WirePosition) -> Holding:
    if row.direction not in ("Long", "Short"):
        raise OddReplyError("a holding of an unknown direction")
    count = abs(row.quantity) if row.direction == "Long" else -abs(row.quantity)
    return Holding(name_of(_option_of(row.symbol, row.kind), row.symbol), count)


def _part(leg: WireLeg) -> Part:
    option = _option_of(leg.symbol, leg.kind)
    runs: list[Run] = []
    if leg.executed:
        if leg.price is None:
            raise OddReplyError("a fill without a price")
        runs = [(leg.executed, leg.price)]
    root = option.root if option else leg.symbol
    return Part(option, root, is_bought(leg.side), leg.ordered, runs)
