"""Tradier, and our sandbox that speaks like it: url-encoded forms, answers with bare singles.

Class B of RELIABILITY 1: an order can be found by its tag, a second one of the same tag is not
refused. A no may come as HTTP 200 with an `errors` body.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from botfleet.adapters.brokers import tradier_wire as wire
from botfleet.adapters.brokers.dialect import Ask, Page, Placed, Seen
from botfleet.adapters.brokers.reading import is_own_id, object_of, part, words_of
from botfleet.adapters.brokers.sheets import TRADIER, Sheet
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.brokers import Holding
from botfleet.domain.orders.order import Declined, Ticket
from botfleet.errors import BrokerUnavailable, InvariantBroken

_GONE = (400, 404)


class Tradier:
    """Keeps `Dialect`."""

    sheet: Sheet = TRADIER
    page_size = 200

    def accounts(self) -> Ask:
        """See the protocol. The profile's personal details are not looked at."""
        return Ask("GET", "/v1/user/profile")

    def numbers(self, reply: Reply) -> Sequence[str]:
        """See the protocol."""
        rows = wire.as_list(object_of(reply)["profile"]["account"])
        return [str(row["account_number"]) for row in rows]

    def is_order_number(self, text: str) -> bool:
        """See the protocol."""
        return text.isascii() and text.isdigit()

    def place(self, number: str, ticket: Ticket) -> Ask:
        """See the protocol."""
        return Ask("POST", f"/v1/accounts/{number}/orders", form=wire.form_of(ticket))

    def placed(self, reply: Reply, ticket: Ticket) -> Placed | Declined:
        """See the protocol."""
        body = object_of(reply)
        words = wire.errors_of(body)
        if words is not None:
            return Declined(words)
        number = part(body, "order", "id")
        is_number = not isinstance(number, bool) and self.is_order_number(str(number))
        if part(body, "order", "status") != "ok" or not is_number:
            raise BrokerUnavailable("an answer that is neither yes nor no")
        return Placed(str(number), is_proven=False)

    def declined(self, reply: Reply) -> str:
        """See the protocol."""
        return words_of(reply)

    def is_duplicate(self, reply: Reply) -> bool:
        """See the protocol. Tradier refuses no second order."""
        return False

    def by_own_id(self, number: str, wire_id: str) -> Ask:
        """See the protocol."""
        raise InvariantBroken("Tradier fences no id.")

    def show(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"/v1/accounts/{number}/orders/{order}?includeTags=true")

    def shown(self, reply: Reply) -> Any:
        """See the protocol."""
        return object_of(reply)["order"]

    def listing(self, number: str, after: str, now: datetime) -> Ask:
        """See the protocol."""
        query = f"includeTags=true&page={after or 1}&limit={self.page_size}"
        return Ask("GET", f"/v1/accounts/{number}/orders?{query}")

    def page(self, reply: Reply, after: str) -> Page:
        """See the protocol."""
        orders = object_of(reply).get("orders")
        rows = wire.as_list(part(orders, "order"))
        total = part(orders, "total_orders")
        page = int(after or 1)
        is_last = len(rows) < self.page_size or (
            isinstance(total, int) and page * self.page_size >= total
        )
        return Page(rows, "" if is_last else str(page + 1), total)

    def seen(self, row: Any) -> Seen:
        """See the protocol."""
        return Seen(wire.report_of(wire.WireOrder.model_validate(row)), row=row)

    def is_ours(self, row: Any) -> bool:
        """See the protocol."""
        return is_own_id(part(row, "tag"))

    def cancel(self, number: str, order: str) -> Ask:
        """See the protocol."""
        return Ask("DELETE", f"/v1/accounts/{number}/orders/{order}")

    def replace(self, number: str, order: str, limit: Decimal, seen: Seen | None) -> Ask:
        """See the protocol. The order keeps its direction: only the price's size is sent."""
        form = {"price": wire.price_text(limit)}
        return Ask("PUT", f"/v1/accounts/{number}/orders/{order}", form=form)

    def is_taken(self, reply: Reply, order: str) -> bool:
        """See the protocol."""
        if reply.status in _GONE:
            return False
        body = object_of(reply)
        if wire.errors_of(body) is not None:
            return False
        if str(part(body, "order", "id")) != order:
            raise BrokerUnavailable("The broker answered for another order.")
        return True

    def positions(self, number: str, after: str) -> Ask:
        """See the protocol."""
        return Ask("GET", f"/v1/accounts/{number}/positions")

    def held(self, reply: Reply) -> tuple[Sequence[Holding], str]:
        """See the protocol."""
        held = object_of(reply).get("positions")
        rows = wire.as_list(part(held, "position") if isinstance(held, dict) else held)
        return wire.holdings_of([wire.WirePosition.model_validate(row) for row in rows]), ""
