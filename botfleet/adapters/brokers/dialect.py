"""What one broker's language must say: how each of six questions is put, and its answer read.

All else is the same for every broker and stands in `account`: sending once, following an order
through its replacements, telling a no from silence. A dialect does no I/O and keeps no memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from botfleet.adapters.brokers.sheets import Sheet
from botfleet.adapters.brokers.wire import Reply
from botfleet.application.ports.brokers import Holding
from botfleet.domain.orders.order import Declined, Report, Ticket


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `path` below the API's host; a url-encoded `form` or a `json` body."""

    method: str
    path: str
    form: Mapping[str, str] | None = None
    json: Any = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The broker says it has the order; `is_proven` where its answer shows our own id."""

    broker_order_id: str
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One order as shown; `row` is how the broker spelt it.

    `account` is whose it says it is, "" where it does not say. An order that `is_replaced` lives
    on as another: `replaced_by` and `replaces` are numbers, "" where none is shown.
    """

    report: Report
    account: str = ""
    is_replaced: bool = False
    replaced_by: str = ""
    replaces: str = ""
    row: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing: rows, what asks for the next ("" the last), and the count in all."""

    rows: Sequence[Any]
    next: str = ""
    total: int | None = None


class Dialect(Protocol):
    """One broker's language; `number` is its name of the account.

    What reads an answer raises `BrokerUnavailable` where it has not the shape that is expected, and
    `seen` and `held`, which are read strictly, any error of reading.
    """

    @property
    def sheet(self) -> Sheet:
        """The broker's data sheet."""
        ...

    @property
    def page_size(self) -> int:
        """How many orders a page of a listing is asked to hold."""
        ...

    def accounts(self) -> Ask:
        """Ask which accounts were granted: once, while connecting."""
        ...

    def numbers(self, reply: Reply) -> Sequence[str]:
        """Read the accounts' numbers, and nothing else."""
        ...

    def is_order_number(self, text: str) -> bool:
        """Say whether this could name an order; it becomes a part of a path."""
        ...

    def place(self, number: str, ticket: Ticket) -> Ask:
        """Ask to take an order.

        Raises:
            InvariantBroken: the ticket's price and direction disagree.
        """
        ...

    def placed(self, reply: Reply, ticket: Ticket) -> Placed | Declined:
        """Read the answer to `place`, whose status was good."""
        ...

    def declined(self, reply: Reply) -> str:
        """Read the broker's words of an answer whose status is a no."""
        ...

    def is_duplicate(self, reply: Reply) -> bool:
        """Say whether a no means that an order of this own id is there already."""
        ...

    def by_own_id(self, number: str, wire_id: str) -> Ask:
        """Ask for the order of an own id, where ids are fenced."""
        ...

    def show(self, number: str, order: str) -> Ask:
        """Ask for one order."""
        ...

    def shown(self, reply: Reply) -> Any:
        """Take the row out of the answer to `show`."""
        ...

    def listing(self, number: str, after: str, now: datetime) -> Ask:
        """Ask for the session's orders, from the page `after` names ("" the first)."""
        ...

    def page(self, reply: Reply, after: str) -> Page:
        """Read the answer to `listing`."""
        ...

    def seen(self, row: Any) -> Seen:
        """Read one order."""
        ...

    def is_ours(self, row: Any) -> bool:
        """Say whether a row that cannot be read may be one of our orders."""
        ...

    def cancel(self, number: str, order: str) -> Ask:
        """Ask to cancel."""
        ...

    def replace(self, number: str, order: str, limit: Decimal, seen: Seen | None) -> Ask:
        """Ask for another limit; `seen` is given where the sheet says that it takes a look."""
        ...

    def is_taken(self, reply: Reply, order: str) -> bool:
        """Read the answer to `cancel` or `replace`: False where the order works no more."""
        ...

    def positions(self, number: str, after: str) -> Ask:
        """Ask what the account holds."""
        ...

    def held(self, reply: Reply) -> tuple[Sequence[Holding], str]:
        """Read the answer to `positions`, and what asks for the next page."""
        ...
