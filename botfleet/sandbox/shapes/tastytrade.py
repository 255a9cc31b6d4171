"""tastytrade's wire: dashed names, everything below `data`, errors below `error`.

Source: developer.tastytrade.com (reference of orders, positions and customers; OAuth2).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from botfleet.sandbox.book import BookExecution, BookLeg, BookOrder, BookPosition
from botfleet.sandbox.doors import answer
from botfleet.sandbox.orders import BadOrderError, Wanted, combined
from botfleet.sandbox.shape import Door, LoginDoors, Sent, View
from botfleet.sandbox.shapes.spelling import (
    REVISIONS,
    chosen,
    count,
    option,
    padded,
    price,
    root_of,
    unpadded,
)
from botfleet.sandbox.wire import instant_text

_DIGITS_MAX, _PAGE, _PAGE_MAX = 15, 10, 200
_ACTIONS = {
    "Buy to Open": ("buy_to_open", "buy"),
    "Buy to Close": ("buy_to_close", "buy"),
    "Sell to Open": ("sell_to_open", "sell"),
    "Sell to Close": ("sell_to_close", "sell"),
}
_STATUSES = {
    "open": "Live",
    "partially_filled": "Live",
    "filled": "Filled",
    "canceled": "Cancelled",
    "expired": "Expired",
    "rejected": "Rejected",
}


class TastytradeShape:
    """Keeps `Shape`."""

    name, root, replaces_anew = "tastytrade", "/tastytrade", True
    doors = (
        Door("POST", "/accounts/{account}/orders", "place"),
        Door("GET", "/accounts/{account}/orders/live", "list"),
        Door("GET", "/accounts/{account}/orders/{order}", "show"),
        Door("PATCH", "/accounts/{account}/orders/{order}", "change"),
        Door("DELETE", "/accounts/{account}/orders/{order}", "cancel"),
        Door("GET", "/accounts/{account}/positions", "hold"),
        Door("GET", "/customers/me/accounts", "accounts"),
    )
    login = LoginDoors(
        authorize="/auth.html",
        grant=("/oauth/token",),
        scopes=("read", "trade"),
        life_s=900,
        rotates=False,
        reads_json=True,
    )

    def number(self, text: str) -> tuple[int, int] | None:
        """See the protocol."""
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
        return divmod(int(text), REVISIONS) if is_number else None

    def read(self, sent: Sent) -> Wanted:
        """See the protocol."""
        body = sent.json()
        legs = [_leg(given) for given in body.get("legs") or ()]
        if not legs:
            raise BadOrderError("legs are needed")
        tag = str(body.get("external-identifier") or "")
        return combined(root_of(legs), legs, _limit(body), tag)

    def limit(self, sent: Sent, order: BookOrder) -> Decimal:
        """See the protocol."""
        return _limit(sent.json())

    def placed(self, view: View) -> Response:
        """See the protocol."""
        order = _row(view, 0)
        return answer({"data": {"order": order, "warnings": []}, "context": "orders"}, 201)

    def refused(self, reason: str, number: int) -> Response:
        """See the protocol."""
        return answer({"error": {"code": "preflight_check_failure", "message": reason}}, 422)

    def shown(self, view: View, revision: int, sent: Sent) -> Response:
        """See the protocol."""
        return answer({"data": _row(view, revision)})

    def listed(self, views: Sequence[View], sent: Sent, uncounted: int) -> Response:
        """See the protocol."""
        rows = [_row(view, revision) for view in views for revision in range(view.revisions + 1)]
        size = min(max(1, sent.number("per-page", _PAGE)), _PAGE_MAX)
        offset, total = sent.number("page-offset", 0), len(rows) + uncounted
        pages = {
            "per-page": size,
            "page-offset": offset,
            "total-items": total,
            "total-pages": -(-total // size),
        }
        items = rows[offset * size : (offset + 1) * size]
        return answer({"data": {"items": items}, "pagination": pages})

    def changed(self, view: View, verb: str) -> Response:
        """See the protocol."""
        return answer({"data": _row(view, view.revisions)})

    def ended(self, number: int) -> Response:
        """See the protocol."""
        words = "Order cannot be cancelled or replaced."
        return answer({"error": {"code": "order_not_editable", "message": words}}, 422)

    def held(self, account: str, positions: Sequence[BookPosition]) -> Response:
        """See the protocol."""
        items = [_holding(account, position) for position in positions]
        return answer({"data": {"items": items}})

    def accounts(self, account: str) -> Response:
        """See the protocol."""
        one = {"account-number": account, "nickname": "Sandbox", "is-closed": False}
        items = [{"account": one, "authority-level": "owner"}]
        return answer({"data": {"items": items}})

    def trouble(self, status: int, words: str) -> Response:
        """See the protocol. A 429 carries no header."""
        return answer({"error": {"code": f"http_{status}", "message": words}}, status)


def _limit(body: dict[str, Any]) -> Decimal:
    chosen(body.get("order-type"), ("Limit",))
    chosen(body.get("time-in-force"), ("Day",))
    size = price(body.get("price"))
    return size if chosen(body.get("price-effect"), ("Debit", "Credit")) == "Debit" else -size


def _leg(given: Any) -> BookLeg:
    if not isinstance(given, dict):
        raise BadOrderError("A leg must be an object.")
    symbol = unpadded(str(given.get("symbol", "")))
    kind = "Equity Option" if option(symbol) else "Equity"
    chosen(given.get("instrument-type"), (kind,))
    of_option, of_shares = _ACTIONS[chosen(given.get("action"), tuple(_ACTIONS))]
    return BookLeg(symbol, of_option if option(symbol) else of_shares, count(given.get("quantity")))


def _holding(account: str, position: BookPosition) -> dict[str, object]:
    return {
        "account-number": account,
        "symbol": padded(position.symbol),
        "instrument-type": "Equity Option" if option(position.symbol) else "Equity",
        "quantity": abs(position.quantity),
        "quantity-direction": "Long" if position.quantity > 0 else "Short",
    }


def _row(view: View, revision: int) -> dict[str, object]:
    order, is_last = view.order, revision == view.revisions
    limit = view.limits[revision] or Decimal(0)
    number = order.id * REVISIONS + revision
    row: dict[str, object] = {
        "id": number,
        "account-number": order.account,
        "time-in-force": "Day",
        "order-type": "Limit",
        "size": order.units,
        "underlying-symbol": order.symbol,
        "price": f"{abs(limit):.2f}",
        "price-effect": "Credit" if limit < 0 else "Debit",
        "status": _STATUSES.get(order.status, order.status) if is_last else "Cancelled",
        "received-at": instant_text(order.created_at),
        "updated-at": int(order.changed_at.timestamp() * 1000),
        "legs": [_leg_row(view, leg, is_last=is_last) for leg in order.legs],
    }
    if revision == 0:
        row["external-identifier"] = order.tag
    else:
        row["replaces-order-id"] = number - 1
    if not is_last:
        row["replacing-order-id"] = number + 1
    if order.reason:
        row["reject-reason"] = order.reason
    return row


def _leg_row(view: View, leg: BookLeg, *, is_last: bool) -> dict[str, object]:
    order, fills = view.order, view.fills if is_last else ()
    ratio = leg.quantity // order.units
    shown = [_fill_row(fill, leg, ratio) for fill in fills]
    if is_last and order.executed > order.units:
        extra = {"fill-id": "beyond", "quantity": leg.quantity + ratio, "fill-price": "1.00"}
        shown = [{**extra, "filled-at": instant_text(order.changed_at)}]
    actions = {sides[0]: action for action, sides in _ACTIONS.items()}
    actions |= {"buy": "Buy to Open", "sell": "Sell to Close"}
    return {
        "symbol": padded(leg.symbol),
        "instrument-type": "Equity Option" if option(leg.symbol) else "Equity",
        "action": actions[leg.side],
        "quantity": leg.quantity,
        "remaining-quantity": leg.quantity - (order.executed * ratio if is_last else 0),
        "fills": shown,
    }


def _fill_row(fill: BookExecution, leg: BookLeg, ratio: int) -> dict[str, object]:
    return {
        "fill-id": f"{fill.id}_{leg.symbol}",
        "quantity": fill.units * ratio,
        "fill-price": str(dict(fill.legs)[leg.symbol]),
        "filled-at": instant_text(fill.at),
        "destination-venue": "SANDBOX",
    }
