"""Charles Schwab's wire: no own id, an order's number in the `Location` header, an empty body.

Source: developer.schwab.com (Accounts and Trading Production), read through its open clients.
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
from botfleet.sandbox.wire import dump, instant_text

_DIGITS_MAX, _PAGE_MAX = 15, 3_000
_ROOT = "/trader/v1/accounts"
_OPTION = ("BUY_TO_OPEN", "BUY_TO_CLOSE", "SELL_TO_OPEN", "SELL_TO_CLOSE")
_NET = {"NET_DEBIT": 1, "NET_CREDIT": -1, "NET_ZERO": 0}
_STATUSES = {"open": "WORKING", "partially_filled": "WORKING", "canceled": "CANCELED"}


class SchwabShape:
    """Keeps `Shape`. An account's hash here is its number."""

    name, root, replaces_anew = "schwab", "/schwab", True
    doors = (
        Door("GET", f"{_ROOT}/accountNumbers", "accounts"),
        Door("POST", f"{_ROOT}/{{account}}/orders", "place"),
        Door("GET", f"{_ROOT}/{{account}}/orders", "list"),
        Door("GET", f"{_ROOT}/{{account}}/orders/{{order}}", "show"),
        Door("PUT", f"{_ROOT}/{{account}}/orders/{{order}}", "change"),
        Door("DELETE", f"{_ROOT}/{{account}}/orders/{{order}}", "cancel"),
        Door("GET", f"{_ROOT}/{{account}}", "hold"),
    )
    login = LoginDoors(
        authorize="/v1/oauth/authorize",
        grant=("/v1/oauth/token",),
        scopes=("api",),
        life_s=1_800,
        rotates=False,
        refresh_life_s=7 * 86_400,
        is_basic=True,
    )

    def number(self, text: str) -> tuple[int, int] | None:
        """See the protocol."""
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
        return divmod(int(text), REVISIONS) if is_number else None

    def read(self, sent: Sent) -> Wanted:
        """See the protocol."""
        body = sent.json()
        chosen(body.get("session"), ("NORMAL",))
        chosen(body.get("duration"), ("DAY",))
        chosen(body.get("orderStrategyType"), ("SINGLE",))
        legs = [_leg(given) for given in body.get("orderLegCollection") or ()]
        if not legs:
            raise BadOrderError("orderLegCollection is needed")
        return combined(root_of(legs), legs, _limit(body, legs), "")

    def limit(self, sent: Sent, order: BookOrder) -> Decimal:
        """See the protocol. The whole order comes again; it must be the same but for its price."""
        wanted = self.read(sent)
        if wanted.legs != order.legs or wanted.limit is None:
            raise BadOrderError("Only the price of an order is replaced here.")
        return wanted.limit

    def placed(self, view: View) -> Response:
        """See the protocol."""
        return _located(view, 0)

    def refused(self, reason: str, number: int) -> Response:
        """See the protocol."""
        return answer({"message": reason}, 400)

    def shown(self, view: View, revision: int, sent: Sent) -> Response:
        """See the protocol."""
        return answer(_row(view, revision))

    def listed(self, views: Sequence[View], sent: Sent, uncounted: int) -> Response:
        """See the protocol. Nothing counts what is listed."""
        if not (sent.query.get("fromEnteredTime") and sent.query.get("toEnteredTime")):
            return self.trouble(400, "fromEnteredTime and toEnteredTime are needed")
        rows = [_row(view, revision) for view in views for revision in range(view.revisions + 1)]
        return answer(dump(rows[: min(sent.number("maxResults", _PAGE_MAX), _PAGE_MAX)]))

    def changed(self, view: View, verb: str) -> Response:
        """See the protocol."""
        return Response(status_code=200) if verb == "cancel" else _located(view, view.revisions)

    def ended(self, number: int) -> Response:
        """See the protocol."""
        return answer({"message": "Order cannot be canceled or replaced."}, 400)

    def held(self, account: str, positions: Sequence[BookPosition]) -> Response:
        """See the protocol."""
        rows = [_holding(position) for position in positions]
        money = {"currentBalances": {"cashBalance": 100000.0}}
        return answer({"securitiesAccount": {"accountNumber": "00", "positions": rows, **money}})

    def accounts(self, account: str) -> Response:
        """See the protocol."""
        return answer(dump([{"accountNumber": account[2:], "hashValue": account}]))

    def trouble(self, status: int, words: str) -> Response:
        """See the protocol."""
        given = answer({"message": words, "errors": [words]}, status)
        if status == 429:  # noqa: PLR2004
            given.headers["Retry-After"] = "1"
        return given


def _located(view: View, revision: int) -> Response:
    order = view.order
    path = f"/schwab{_ROOT}/{order.account}/orders/{order.id * REVISIONS + revision}"
    return Response(status_code=201, headers={"Location": path})


def _limit(body: dict[str, Any], legs: Sequence[BookLeg]) -> Decimal:
    size = price(body.get("price"))
    if len(legs) == 1:
        chosen(body.get("orderType"), ("LIMIT",))
        return size if legs[0].is_bought else -size
    return size * _NET[chosen(body.get("orderType"), tuple(_NET))]


def _leg(given: Any) -> BookLeg:
    instrument = given.get("instrument") if isinstance(given, dict) else None
    if not isinstance(instrument, dict):
        raise BadOrderError("A leg needs its instrument.")
    symbol = unpadded(str(instrument.get("symbol", "")))
    is_option = option(symbol) is not None
    chosen(instrument.get("assetType"), ("OPTION" if is_option else "EQUITY",))
    verb = chosen(given.get("instruction"), _OPTION if is_option else ("BUY", "SELL"))
    return BookLeg(symbol, verb.lower(), count(given.get("quantity")))


def _holding(position: BookPosition) -> dict[str, object]:
    kind = "OPTION" if option(position.symbol) else "EQUITY"
    return {
        "longQuantity": float(max(0, position.quantity)),
        "shortQuantity": float(max(0, -position.quantity)),
        "instrument": {"assetType": kind, "symbol": padded(position.symbol)},
    }


def _row(view: View, revision: int) -> dict[str, object]:
    order, is_last = view.order, revision == view.revisions
    limit = view.limits[revision] or Decimal(0)
    executed = order.executed if is_last else 0
    net = "NET_ZERO" if limit == 0 else "NET_DEBIT" if limit > 0 else "NET_CREDIT"
    number = order.id * REVISIONS + revision
    row: dict[str, object] = {
        "session": "NORMAL",
        "duration": "DAY",
        "orderType": "LIMIT" if len(order.legs) == 1 else net,
        "orderStrategyType": "SINGLE",
        "orderId": number,
        "quantity": float(order.units),
        "filledQuantity": float(executed),
        "remainingQuantity": float(max(0, order.units - executed)),
        "price": float(abs(limit)),
        "status": _STATUSES.get(order.status, order.status.upper()) if is_last else "REPLACED",
        "enteredTime": _stamp(order.created_at),
        "accountNumber": 0,
        "orderLegCollection": [_leg_row(n, leg) for n, leg in enumerate(order.legs, 1)],
    }
    if is_last and (view.fills or executed):
        row["orderActivityCollection"] = _activities(view)
    if not is_last:
        row["replacingOrderCollection"] = [{"orderId": number + 1}]
    if order.reason:
        row["statusDescription"] = order.reason
    return row


def _leg_row(number: int, leg: BookLeg) -> dict[str, object]:
    kind = "OPTION" if option(leg.symbol) else "EQUITY"
    return {
        "orderLegType": kind,
        "legId": number,
        "instrument": {"assetType": kind, "symbol": padded(leg.symbol)},
        "instruction": leg.side.upper(),
        "positionEffect": "OPENING" if leg.opens else "CLOSING",
        "quantity": float(leg.quantity),
    }


def _activities(view: View) -> list[dict[str, object]]:
    order, done = view.order, 0
    rows: list[dict[str, object]] = []
    seen: dict[int, int] = {}
    for fill in view.fills:
        done += 0 if fill.id in seen else fill.units
        rows.append(_activity(order, fill, seen.setdefault(fill.id, order.units - done)))
    if order.executed > max(done, order.units):
        beyond = order.executed - done
        legs = tuple((leg.symbol, Decimal(1)) for leg in order.legs)
        extra = BookExecution(0, order.id, "", beyond, Decimal(1), order.changed_at, legs)
        rows.append(_activity(order, extra, 0))
    return rows


def _activity(order: BookOrder, fill: BookExecution, rest: int) -> dict[str, object]:
    prices = dict(fill.legs)
    legs = [
        {
            "legId": number,
            "quantity": float(leg.quantity // order.units * fill.units),
            "price": float(prices[leg.symbol]),
            "time": _stamp(fill.at),
        }
        for number, leg in enumerate(order.legs, 1)
    ]
    return {
        "activityType": "EXECUTION",
        "executionType": "FILL",
        "quantity": float(fill.units),
        "orderRemainingQuantity": float(rest),
        "executionLegs": legs,
    }


def _stamp(at: Any) -> str:
    return instant_text(at).replace("Z", "+0000")
