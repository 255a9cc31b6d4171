"""TradeStation's wire: capital names, numbers as text, contracts spelt with a space.

An `OrderConfirmID` that was used is refused, as its documentation has it; no answer shows it.
Source: api.tradestation.com/docs (specification: Order Execution, Brokerage), and its open clients.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from botfleet.sandbox.book import BookLeg, BookOrder, BookPosition
from botfleet.sandbox.doors import answer
from botfleet.sandbox.orders import BadOrderError, Wanted, combined
from botfleet.sandbox.shape import Door, LoginDoors, Sent, View
from botfleet.sandbox.shapes.alpaca import average_of
from botfleet.sandbox.shapes.spelling import (
    chosen,
    count,
    dotted,
    option,
    price,
    root_of,
    undotted,
)
from botfleet.sandbox.wire import instant_text

_DIGITS_MAX, _PAGE_MAX, _CONFIRM_MAX = 15, 600, 25
_ORDERS, _ACCOUNTS = "/v3/orderexecution/orders", "/v3/brokerage/accounts"
_ACTIONS = {
    **{verb.replace("_", "").upper(): verb for verb in ("buy_to_open", "buy_to_close")},
    **{verb.replace("_", "").upper(): verb for verb in ("sell_to_open", "sell_to_close")},
}
_STATUSES = {
    "open": ("ACK", "Received"),
    "partially_filled": ("FPR", "Partial Fill (Alive)"),
    "filled": ("FLL", "Filled"),
    "canceled": ("OUT", "UROut"),
    "expired": ("EXP", "Expired"),
    "rejected": ("REJ", "Rejected"),
}


class TradeStationShape:
    """Keeps `Shape`."""

    name, root, replaces_anew = "tradestation", "/tradestation", False
    doors = (
        Door("POST", _ORDERS, "place"),
        Door("PUT", f"{_ORDERS}/{{order}}", "change"),
        Door("DELETE", f"{_ORDERS}/{{order}}", "cancel"),
        Door("GET", _ACCOUNTS, "accounts"),
        Door("GET", f"{_ACCOUNTS}/{{account}}/orders", "list"),
        Door("GET", f"{_ACCOUNTS}/{{account}}/orders/{{order}}", "show"),
        Door("GET", f"{_ACCOUNTS}/{{account}}/positions", "hold"),
    )
    login = LoginDoors(
        authorize="/authorize",
        grant=("/oauth/token",),
        scopes=("openid", "offline_access", "ReadAccount", "Trade"),
        life_s=1_200,
        rotates=False,
    )

    def number(self, text: str) -> tuple[int, int] | None:
        """See the protocol."""
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
        return (int(text), 0) if is_number else None

    def read(self, sent: Sent) -> Wanted:
        """See the protocol."""
        body = sent.json()
        chosen(body.get("OrderType"), ("Limit",))
        duration = body.get("TimeInForce")
        chosen(duration.get("Duration") if isinstance(duration, dict) else None, ("DAY",))
        tag = str(body.get("OrderConfirmID") or "")
        if len(tag) > _CONFIRM_MAX:
            raise BadOrderError("OrderConfirmID has at most 25 characters.")
        if body.get("Legs"):
            legs = [_leg(given) for given in body["Legs"]]
            limit = price(body.get("LimitPrice"), is_signed=True)
            return combined(root_of(legs), legs, limit, tag)
        leg = _leg(body)
        limit = price(body.get("LimitPrice"))
        return combined(root_of([leg]), [leg], limit if leg.is_bought else -limit, tag)

    def limit(self, sent: Sent, order: BookOrder) -> Decimal:
        """See the protocol."""
        given = sent.json().get("LimitPrice")
        if len(order.legs) > 1:
            return price(given, is_signed=True)
        return price(given) if order.is_buying else -price(given)

    def placed(self, view: View) -> Response:
        """See the protocol."""
        told = {"OrderID": str(view.order.id), "Message": "Sent order"}
        return answer({"Orders": [told]})

    def refused(self, reason: str, number: int) -> Response:
        """See the protocol."""
        return _failed(reason, number)

    def duplicate(self, number: int) -> Response:
        """See the protocol."""
        return _failed("Duplicate OrderConfirmID.", number)

    def shown(self, view: View, revision: int, sent: Sent) -> Response:
        """See the protocol."""
        return answer({"Orders": [_row(view)], "Errors": []})

    def listed(self, views: Sequence[View], sent: Sent, uncounted: int) -> Response:
        """See the protocol. A token asks for the next page; nothing counts what is listed."""
        size = min(max(1, sent.number("pageSize", _PAGE_MAX)), _PAGE_MAX)
        start = sent.number("nextToken", 0)
        body: dict[str, object] = {
            "Orders": [_row(view) for view in views[start : start + size]],
            "Errors": [],
        }
        if start + size < len(views):
            body["NextToken"] = str(start + size)
        return answer(body)

    def changed(self, view: View, verb: str) -> Response:
        """See the protocol."""
        words = "Cancel request sent." if verb == "cancel" else "Cancel/Replace order sent."
        return answer({"OrderID": str(view.order.id), "Message": words})

    def ended(self, number: int) -> Response:
        """See the protocol."""
        return answer({"Error": "FAILED", "Message": "Order is not open.", "OrderID": number}, 400)

    def held(self, account: str, positions: Sequence[BookPosition]) -> Response:
        """See the protocol."""
        rows = [_holding(account, position) for position in positions]
        return answer({"Positions": rows, "Errors": []})

    def accounts(self, account: str) -> Response:
        """See the protocol."""
        coins = {"AccountID": f"{account}C", "AccountType": "Crypto", "Status": "Active"}
        one = {"AccountID": account, "AccountType": "Margin", "Status": "Active"}
        return answer({"Accounts": [coins, one]})

    def trouble(self, status: int, words: str) -> Response:
        """See the protocol."""
        given = answer({"Error": f"HTTP{status}", "Message": words}, status)
        if status == 429:  # noqa: PLR2004
            given.headers["Retry-After"] = "1"
        return given


def _failed(reason: str, number: int) -> Response:
    told = {"Error": "FAILED", "Message": f"Order failed. {reason}", "OrderID": str(number)}
    return answer({"Orders": [], "Errors": [told]})


def _leg(given: Any) -> BookLeg:
    if not isinstance(given, dict):
        raise BadOrderError("A leg must be an object.")
    symbol = undotted(str(given.get("Symbol", "")))
    if option(symbol) is None:
        verb = chosen(given.get("TradeAction"), ("BUY", "SELL")).lower()
    else:
        verb = _ACTIONS[chosen(given.get("TradeAction"), tuple(_ACTIONS))]
    return BookLeg(symbol, verb, count(given.get("Quantity")))


def _holding(account: str, position: BookPosition) -> dict[str, object]:
    return {
        "AccountID": account,
        "Symbol": dotted(position.symbol),
        "AssetType": "STOCKOPTION" if option(position.symbol) else "STOCK",
        "Quantity": str(position.quantity),
        "LongShort": "Long" if position.quantity > 0 else "Short",
    }


def _row(view: View) -> dict[str, object]:
    order = view.order
    status, words = _STATUSES.get(order.status, (order.status, order.status))
    limit = order.limit or Decimal(0)
    row: dict[str, object] = {
        "AccountID": order.account,
        "OrderID": str(order.id),
        "OrderType": "Limit",
        "Duration": "DAY",
        "LimitPrice": f"{limit if len(order.legs) > 1 else abs(limit):.2f}",
        "Status": status,
        "StatusDescription": words,
        "OpenedDateTime": instant_text(order.created_at),
        "Legs": [_leg_row(view, leg) for leg in order.legs],
    }
    if not order.is_live:
        row["ClosedDateTime"] = instant_text(order.changed_at)
    if order.reason:
        row["RejectReason"] = order.reason
    return row


def _leg_row(view: View, leg: BookLeg) -> dict[str, object]:
    order = view.order
    ratio = leg.quantity // order.units
    return {
        "OpenOrClose": "Open" if leg.opens else "Close",
        "BuyOrSell": "Buy" if leg.is_bought else "Sell",
        "Symbol": dotted(leg.symbol),
        "Underlying": order.symbol,
        "AssetType": "STOCKOPTION" if option(leg.symbol) else "STOCK",
        "QuantityOrdered": str(leg.quantity),
        "ExecQuantity": str(order.executed * ratio),
        "QuantityRemaining": str(max(0, leg.quantity - order.executed * ratio)),
        "ExecutionPrice": str(average_of(view, leg.symbol)) if order.executed else "",
    }
