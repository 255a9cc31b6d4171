"""Alpaca's wire: JSON, ids of 36 characters, own ids that are good once.

Source: docs.alpaca.markets (reference of /v2/orders and /v2/positions; OAuth).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from botfleet.sandbox.book import BookLeg, BookOrder, BookPosition
from botfleet.sandbox.doors import answer
from botfleet.sandbox.orders import BadOrderError, Wanted, combined
from botfleet.sandbox.shape import Door, LoginDoors, Sent, View
from botfleet.sandbox.shapes.spelling import chosen, count, option, price, root_of
from botfleet.sandbox.wire import dump, instant_text

_STATUSES = {"open": "new"}
_INTENTS = ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
_PAGE, _PAGE_MAX = 50, 500


def uuid_of(number: int, revision: int) -> str:
    """Write an order's id."""
    return f"{number:08x}-{revision:04x}-4000-8000-{number:012x}"


class AlpacaShape:
    """Keeps `Shape`."""

    name, root, replaces_anew = "alpaca", "/alpaca", True
    doors = (
        Door("POST", "/v2/orders", "place"),
        Door("GET", "/v2/orders", "list"),
        Door("GET", "/v2/orders:by_client_order_id", "find"),
        Door("GET", "/v2/orders/{order}", "show"),
        Door("PATCH", "/v2/orders/{order}", "change"),
        Door("DELETE", "/v2/orders/{order}", "cancel"),
        Door("GET", "/v2/positions", "hold"),
        Door("GET", "/v2/account", "accounts"),
    )
    login = LoginDoors(
        authorize="/oauth/authorize",
        grant=("/oauth/token",),
        scopes=("trading",),
        life_s=None,
        rotates=False,
    )

    def number(self, text: str) -> tuple[int, int] | None:
        """See the protocol."""
        try:
            found = int(text[:8], 16), int(text[9:13], 16)
        except ValueError:
            return None
        return found if uuid_of(*found) == text else None

    def read(self, sent: Sent) -> Wanted:
        """See the protocol."""
        body = sent.json()
        chosen(body.get("type"), ("limit",))
        chosen(body.get("time_in_force"), ("day",))
        units, tag = count(body.get("qty")), str(body.get("client_order_id") or "")
        if body.get("order_class") == "mleg":
            legs = [_leg(leg, units) for leg in body.get("legs") or ()]
            limit = price(body.get("limit_price"), is_signed=True)
            if not legs or any(option(leg.symbol) is None for leg in legs):
                raise BadOrderError("equity legs are not supported")
            return combined(root_of(legs), legs, limit, tag)
        leg = _leg(body, units)
        limit = price(body.get("limit_price"))
        return combined(root_of([leg]), [leg], limit if leg.is_bought else -limit, tag)

    def own_id(self, sent: Sent) -> str:
        """See the protocol."""
        return sent.query.get("client_order_id", "")

    def limit(self, sent: Sent, order: BookOrder) -> Decimal:
        """See the protocol."""
        given = sent.json().get("limit_price")
        if len(order.legs) > 1:
            return price(given, is_signed=True)
        return price(given) if order.is_buying else -price(given)

    def placed(self, view: View) -> Response:
        """See the protocol."""
        return answer(_row(view, 0))

    def refused(self, reason: str, number: int) -> Response:
        """See the protocol."""
        return answer({"code": 40310000, "message": reason}, 403)

    def duplicate(self, number: int) -> Response:
        """See the protocol."""
        return answer({"code": 40010001, "message": "client_order_id must be unique"}, 422)

    def shown(self, view: View, revision: int, sent: Sent) -> Response:
        """See the protocol."""
        return answer(_row(view, revision))

    def listed(self, views: Sequence[View], sent: Sent, uncounted: int) -> Response:
        """See the protocol. Nothing counts what is listed."""
        limit = min(max(1, sent.number("limit", _PAGE)), _PAGE_MAX)
        after = sent.query.get("after", "")
        since = datetime.fromisoformat(after) if after else None
        rows = [
            _row(view, revision)
            for view in views
            if since is None or view.order.created_at > since
            for revision in range(view.revisions + 1)
        ]
        return answer(dump(rows[:limit]))

    def changed(self, view: View, verb: str) -> Response:
        """See the protocol."""
        return Response(status_code=204) if verb == "cancel" else answer(_row(view, view.revisions))

    def ended(self, number: int) -> Response:
        """See the protocol."""
        return answer({"code": 42210000, "message": "order is not open"}, 422)

    def held(self, account: str, positions: Sequence[BookPosition]) -> Response:
        """See the protocol."""
        return answer(dump([_holding(position) for position in positions]))

    def accounts(self, account: str) -> Response:
        """See the protocol."""
        money = {"cash": "100000", "buying_power": "200000", "equity": "100000"}
        return answer({"id": uuid_of(1, 0), "account_number": account, "status": "ACTIVE", **money})

    def trouble(self, status: int, words: str) -> Response:
        """See the protocol."""
        given = answer({"code": status * 100_000, "message": words}, status)
        if status == 429:  # noqa: PLR2004
            given.headers["X-RateLimit-Limit"] = "200"
            given.headers["X-RateLimit-Remaining"] = "0"
            given.headers["Retry-After"] = "1"
        return given


def _leg(given: Any, units: int) -> BookLeg:
    if not isinstance(given, dict):
        raise BadOrderError("A leg must be an object.")
    symbol, verb = str(given.get("symbol", "")), chosen(given.get("side"), ("buy", "sell"))
    try:
        is_option = option(symbol) is not None
    except ValueError:
        raise BadOrderError(f"asset {symbol[:24]!r} not found") from None
    if is_option:
        intent = chosen(given.get("position_intent"), _INTENTS)
        if not intent.startswith(verb):
            raise BadOrderError("side and position_intent disagree")
        verb = intent
    return BookLeg(symbol, verb, units * count(given.get("ratio_qty", 1)))


def _holding(position: BookPosition) -> dict[str, object]:
    return {
        "symbol": position.symbol,
        "qty": str(position.quantity),
        "side": "long" if position.quantity > 0 else "short",
        "asset_class": "us_option" if option(position.symbol) else "us_equity",
        "cost_basis": str(position.cost),
    }


def _row(view: View, revision: int) -> dict[str, object]:
    order, is_last = view.order, revision == view.revisions
    executed = order.executed if is_last else 0
    status = _STATUSES.get(order.status, order.status) if is_last else "replaced"
    limit = view.limits[revision]
    row: dict[str, object] = {
        "id": uuid_of(order.id, revision),
        "client_order_id": order.tag if revision == 0 else f"replacing-{order.id}-{revision}",
        "created_at": instant_text(order.created_at),
        "submitted_at": instant_text(order.created_at),
        "updated_at": instant_text(order.changed_at),
        "type": "limit",
        "time_in_force": "day",
        "status": status,
        "qty": str(order.units),
        "filled_qty": str(executed),
        "replaces": uuid_of(order.id, revision - 1) if revision else None,
        "replaced_by": None if is_last else uuid_of(order.id, revision + 1),
        "order_class": "mleg" if len(order.legs) > 1 else "simple",
    }
    if len(order.legs) > 1:
        legs = [_leg_row(view, leg, executed) for leg in order.legs]
        return row | {"symbol": "", "side": "", "limit_price": str(limit), "legs": legs}
    size = None if limit is None else str(abs(limit))
    return row | _leg_row(view, order.legs[0], executed) | {"limit_price": size, "legs": None}


def _leg_row(view: View, leg: BookLeg, executed: int) -> dict[str, object]:
    ratio = leg.quantity // view.order.units
    average = average_of(view, leg.symbol) if executed else None
    row: dict[str, object] = {
        "symbol": leg.symbol,
        "side": leg.side.partition("_")[0],
        "ratio_qty": str(ratio),
        "qty": str(leg.quantity),
        "filled_qty": str(executed * ratio),
        "filled_avg_price": None if average is None else str(average),
    }
    if "_" in leg.side:
        row["position_intent"] = leg.side
    return row


def average_of(view: View, symbol: str) -> Decimal:
    """Give the average price a leg of an order filled at."""
    told = [(fill.units, dict(fill.legs)[symbol]) for fill in view.fills]
    units = sum(count for count, _ in told)
    total = sum((count * each for count, each in told), Decimal(0))
    return (total / units).quantize(Decimal("0.000001")) if units else Decimal(0)
