"""Tradier's wire: url-encoded forms; a refusal by the book is HTTP 200 with an `errors` body.

Source: documentation.tradier.com/brokerage-api/{trading,accounts,overview/errors,oauth}.
"""

from collections.abc import Sequence
from decimal import Decimal

from starlette.responses import Response

from botfleet.sandbox.book import BookOrder, BookPosition
from botfleet.sandbox.doors import answer
from botfleet.sandbox.exchange import only
from botfleet.sandbox.orders import Wanted, read_order, read_price
from botfleet.sandbox.shape import Door, LoginDoors, Sent, View
from botfleet.sandbox.wire import bare, order_row, position_row

_PAGE, _PAGE_MAX = 25, 1_000
_DIGITS_MAX = 15


class TradierShape:
    """Keeps `Shape`."""

    name, root, replaces_anew = "tradier", "", False
    doors = (
        Door("POST", "/v1/accounts/{account}/orders", "place"),
        Door("GET", "/v1/accounts/{account}/orders", "list"),
        Door("GET", "/v1/accounts/{account}/orders/{order}", "show"),
        Door("PUT", "/v1/accounts/{account}/orders/{order}", "change"),
        Door("DELETE", "/v1/accounts/{account}/orders/{order}", "cancel"),
        Door("GET", "/v1/accounts/{account}/positions", "hold"),
        Door("GET", "/v1/user/profile", "accounts"),
    )
    login = LoginDoors(
        authorize="/v1/oauth/authorize",
        grant=("/v1/oauth/accesstoken", "/v1/oauth/refreshtoken"),
        scopes=("read", "trade"),
        life_s=86_399,
        rotates=True,
        is_basic=True,
    )

    def number(self, text: str) -> tuple[int, int] | None:
        """See the protocol."""
        is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
        return (int(text), 0) if is_number else None

    def read(self, sent: Sent) -> Wanted:
        """See the protocol."""
        return read_order(sent.form())

    def limit(self, sent: Sent, order: BookOrder) -> Decimal:
        """See the protocol. Only the size is sent: an order keeps its direction."""
        price = read_price(sent.form())
        pays = order.type == "debit" or (order.type == "limit" and order.is_buying)
        return price if pays else -price

    def placed(self, view: View) -> Response:
        """See the protocol."""
        return answer({"order": {"id": view.order.id, "status": "ok", "partner_id": "sandbox"}})

    def refused(self, reason: str, number: int) -> Response:
        """See the protocol."""
        return answer({"errors": {"error": reason}})

    def shown(self, view: View, revision: int, sent: Sent) -> Response:
        """See the protocol."""
        tags = sent.query.get("includeTags") == "true"
        return answer({"order": order_row(view.order, tags=tags)})

    def listed(self, views: Sequence[View], sent: Sent, uncounted: int) -> Response:
        """See the protocol."""
        page = max(1, sent.number("page", 1))
        limit = min(max(1, sent.number("limit", _PAGE)), _PAGE_MAX)
        tags = sent.query.get("includeTags") == "true"
        orders = [view.order for view in views]
        rows = [order_row(order, tags=tags) for order in only(orders, page, limit)]
        if not rows and page == 1 and not uncounted:
            return answer({"orders": "null"})
        total = len(orders) + uncounted
        body = {"order": bare(rows), "page": page, "total_pages": -(-total // limit)}
        return answer({"orders": {**body, "total_orders": total}})

    def changed(self, view: View, verb: str) -> Response:
        """See the protocol."""
        return answer({"order": {"id": view.order.id, "status": "ok"}})

    def ended(self, number: int) -> Response:
        """See the protocol."""
        return answer({"errors": {"error": "Order is already in finalized state."}})

    def held(self, account: str, positions: Sequence[BookPosition]) -> Response:
        """See the protocol."""
        rows = [position_row(number, position) for number, position in enumerate(positions, 1)]
        return answer({"positions": {"position": bare(rows)} if rows else "null"})

    def accounts(self, account: str) -> Response:
        """See the protocol."""
        row = {"account_number": account, "classification": "individual", "status": "active"}
        return answer({"profile": {"account": row, "id": f"id-{account}", "name": "Sandbox"}})

    def trouble(self, status: int, words: str) -> Response:
        """See the protocol: plain words, and how much is left of the quota."""
        used = {"X-Ratelimit-Allowed": "60", "X-Ratelimit-Available": "0", "Retry-After": "1"}
        headers = used if status == 429 else None  # noqa: PLR2004
        return Response(words, status, headers, media_type="text/plain")
