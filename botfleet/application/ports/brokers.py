"""What the fleet needs of brokers: submit, cancel, replace, order status, orders, positions.

Nothing else is ever called: no balances, no personal data (S43, S45).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from botfleet.domain.ids import AccountId
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    HeldBack,
    OrderClass,
    Report,
    Ticket,
    Unheard,
)

#: Asked last of all, when only the request's body is left to write: may the order leave now?
MayLeave = Callable[[], bool]


def unbarred() -> bool:
    """Let leave what nobody may bar."""
    return True


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account holds: an OCC symbol (without padding) or a ticker; < 0 is short."""

    symbol: str
    quantity: int


class BrokerAccount(Protocol):
    """One user's account at one broker. Calls block for up to 13 s (3 to connect, 10 to read)."""

    @property
    def order_class(self) -> OrderClass:
        """What this broker makes of an order's own id."""
        ...

    @property
    def is_strict(self) -> bool:
        """Whether what no list shows keeps its capital until the session's end.

        So it is where real money is and the broker does not refuse a second order of an own id.
        """
        ...

    def submit(
        self, ticket: Ticket, may_leave: MayLeave = unbarred
    ) -> Accepted | Declined | HeldBack | Unheard:
        """Send an order, once: this call never repeats itself (R30).

        What may not leave any more, once all is ready to, is held back.

        Where ids are fenced, an order that is there already is `Accepted` as what it is.
        """
        ...

    def cancel(self, broker_order_id: str) -> bool:
        """Ask to cancel; True if the broker took the request, False if there is nothing to cancel.

        Raises:
            BrokerUnavailable: no definite answer; ask for the order's status.
        """
        ...

    def replace(
        self, broker_order_id: str, *, limit: Decimal, may_leave: MayLeave = unbarred
    ) -> bool:
        """Ask for another limit price; True if taken, False if the order no longer works.

        Raises:
            BrokerUnavailable: no definite answer, or it may not leave any more.
        """
        ...

    def order(self, broker_order_id: str) -> Report:
        """Ask for one order.

        Raises:
            BrokerUnavailable: no definite answer (a failed query is not evidence, R31).
        """
        ...

    def orders(self) -> Sequence[Report]:
        """List every order of the current session, all pages.

        Raises:
            BrokerUnavailable: no definite answer, or a short page.
        """
        ...

    def positions(self) -> Sequence[Holding]:
        """List what the account holds, the user's own included.

        Raises:
            BrokerUnavailable: no definite answer.
        """
        ...


class Brokers(Protocol):
    """Gives the account a user connected."""

    def account(self, account: AccountId) -> BrokerAccount:
        """Open the connection of one account.

        Raises:
            NotFound: nobody connected it.
        """
        ...
