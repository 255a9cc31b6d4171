"""One user's account at any broker: what every broker's adapter has in common.

An order is sent once; anything but a definite word is `Unheard`. Questions may be asked again: a
401 to one renews the token, to a submit it is a no. Where the answer to a submit does not show our
own id and the broker shows none later, the order it names is looked at and held against the ticket
before it is believed (a broker's predecessor sometimes named another order).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from botfleet.adapters.brokers.chains import merged, next_of
from botfleet.adapters.brokers.dialect import Ask, Dialect, Page, Seen
from botfleet.adapters.brokers.gate import TOO_MANY, HeldError
from botfleet.adapters.brokers.lines import Lines
from botfleet.adapters.brokers.reading import strictly
from botfleet.adapters.brokers.wire import Reply, SilenceError
from botfleet.application.ports.brokers import Holding, MayLeave, unbarred
from botfleet.domain.ids import AccountId
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    HeldBack,
    OrderClass,
    OrderState,
    Report,
    Ticket,
    Unheard,
)
from botfleet.errors import BrokerUnavailable

_TAKEN, _UNAUTHORIZED = frozenset({200, 201}), 401
#: Answers that say the order was not taken; any other but a taken one says nothing.
_REFUSALS = frozenset({400, 401, 403, 404, 405, 413, 415, 422, 429})
_PAGES_MAX, _REPLACED_MAX = 100, 32
_SKEW = timedelta(seconds=5)
_ALIVE = (OrderState.WORKING, OrderState.PARTIAL)


#: How every word of a submit without a definite answer ends.
_MAYBE = "; the order may be there."


class WireAccount:
    """Keeps `BrokerAccount`; `number` is the broker's name of the account."""

    def __init__(self, lines: Lines, account: AccountId, number: str, dialect: Dialect) -> None:
        self._lines, self._account, self._number = lines, account, number
        self._dialect = dialect

    @property
    def order_class(self) -> OrderClass:
        """See the port."""
        return self._dialect.sheet.order_class

    @property
    def is_strict(self) -> bool:
        """See the port."""
        return self._lines.is_strict and self.order_class is not OrderClass.FENCED

    # --- sending ---

    def submit(
        self, ticket: Ticket, may_leave: MayLeave = unbarred
    ) -> Accepted | Declined | HeldBack | Unheard:
        """See the port. What is held before it is sent, or answered by a 429, was not taken."""
        words = self._dialect.sheet.refusal(ticket)
        if words:
            return Declined(words)
        ask, sent_at = self._dialect.place(self._number, ticket), self._lines.clock.now()
        try:
            reply = self._lines.call(self._account, ask, may_repeat=False, may_leave=may_leave)
        except SilenceError as error:
            return Unheard(_silence(error))
        except HeldError as error:
            return HeldBack(str(error), error.wait_s, is_down=error.is_down)
        except BrokerUnavailable as error:
            return Declined(str(error))
        try:
            return self._answered(reply, ticket, sent_at)
        except BrokerUnavailable as error:
            return Unheard(str(error))

    def _answered(
        self, reply: Reply, ticket: Ticket, sent_at: datetime
    ) -> Accepted | Declined | HeldBack | Unheard:
        if reply.status == TOO_MANY:
            return HeldBack("The broker's limit of use is reached.", self._lines.wait_s(reply))
        if reply.status in _REFUSALS:
            if self._dialect.is_duplicate(reply):
                return self._there_already(ticket)
            is_token = reply.status == _UNAUTHORIZED
            return Declined("Invalid Authorization" if is_token else self._dialect.declined(reply))
        if reply.status not in _TAKEN:
            return Unheard(f"The broker answered with an error of its own ({reply.status}){_MAYBE}")
        placed = self._dialect.placed(reply, ticket)
        if isinstance(placed, Declined):
            return placed
        if not placed.is_proven and self.order_class is OrderClass.BLIND:
            seen = self._seen(placed.broker_order_id)
            if not _is_like(seen.report, ticket, sent_at):
                return Unheard(f"The broker named another order{_MAYBE}")
        return Accepted(placed.broker_order_id)

    def _there_already(self, ticket: Ticket) -> Accepted | Unheard:
        """Take the order that has this id: it is the one that was sent before."""
        reply = self._ask(self._dialect.by_own_id(self._number, ticket.wire_id))
        report = self._read(reply).report
        if report.wire_id != ticket.wire_id:
            return Unheard(f"The broker showed another order{_MAYBE}")
        return Accepted(report.broker_order_id)

    def cancel(self, broker_order_id: str) -> bool:
        """See the port."""
        seen = self._newest(broker_order_id) if self._dialect.sheet.replaces_anew else None
        if seen is not None and seen.report.state not in _ALIVE:
            return False
        number = seen.report.broker_order_id if seen else self._number_of(broker_order_id)
        return self._dialect.is_taken(self._ask(self._dialect.cancel(self._number, number)), number)

    def replace(
        self, broker_order_id: str, *, limit: Decimal, may_leave: MayLeave = unbarred
    ) -> bool:
        """See the port.

        Where replacing makes another order, one that filled in part is left as it is: what is
        left of it cannot be named without a race.
        """
        sheet, seen = self._dialect.sheet, None
        if sheet.replaces_anew or sheet.net_is_signed:
            seen = self._newest(broker_order_id)
            if seen.report.state not in (_ALIVE[:1] if sheet.replaces_anew else _ALIVE):
                return False
        number = seen.report.broker_order_id if seen else self._number_of(broker_order_id)
        ask = self._dialect.replace(self._number, number, limit, seen)
        return self._dialect.is_taken(self._ask(ask, may_leave), number)

    # --- asking ---

    def order(self, broker_order_id: str) -> Report:
        """See the port."""
        return merged(list(self._chain(broker_order_id)))

    def _newest(self, order: str) -> Seen:
        *_, last = self._chain(order)
        return last

    def _chain(self, order: str) -> Iterator[Seen]:
        """Follow an order through its replacements."""
        for _ in range(_REPLACED_MAX):
            seen = self._seen(order)
            yield seen
            if not seen.is_replaced:
                return
            if not seen.replaced_by:
                raise BrokerUnavailable("The broker does not say what replaced the order.")
            order = seen.replaced_by
        raise BrokerUnavailable("The broker replaced an order without end.")

    def _seen(self, order: str) -> Seen:
        order = self._number_of(order)
        seen = self._read(self._ask(self._dialect.show(self._number, order)))
        if seen.report.broker_order_id != order:
            raise BrokerUnavailable("The broker answered for another order.")
        return seen

    def _read(self, reply: Reply) -> Seen:
        return self._own(strictly(lambda: self._dialect.seen(self._dialect.shown(reply))))

    def _own(self, seen: Seen) -> Seen:
        if seen.account not in ("", self._number):
            raise BrokerUnavailable("The broker showed an order of another account.")
        self._number_of(seen.report.broker_order_id)
        return seen

    def orders(self) -> Sequence[Report]:
        """See the port. A user's own order of a kind not read here is passed over."""
        rows = list(self._rows())
        found: dict[str, Seen] = {}
        for row in rows:
            seen = self._seen_or_passed(row)
            if seen is not None:
                found[seen.report.broker_order_id] = seen
        after = next_of(found.values())
        roots = [seen for name, seen in found.items() if name not in set(after.values())]
        return [merged(_followed(root, found, after)) for root in roots]

    def _seen_or_passed(self, row: object) -> Seen | None:
        try:
            return self._own(strictly(lambda: self._dialect.seen(row)))
        except BrokerUnavailable:
            if self._dialect.is_ours(row):
                raise
            return None

    def _rows(self) -> Iterator[object]:
        """Give every row of every page; a short listing is none."""
        after, count = "", 0
        for _ in range(_PAGES_MAX):
            page = self._page(after)
            yield from page.rows
            count += len(page.rows)
            if not page.next:
                if page.total is not None and count < page.total:
                    raise BrokerUnavailable("The broker's listing is short.")
                return
            after = page.next
        raise BrokerUnavailable("The broker's listing does not end.")

    def _page(self, after: str) -> Page:
        reply = self._ask(self._dialect.listing(self._number, after, self._lines.clock.now()))
        return strictly(lambda: self._dialect.page(reply, after))

    def positions(self) -> Sequence[Holding]:
        """See the port."""
        held: list[Holding] = []
        after = ""
        for _ in range(_PAGES_MAX):
            reply = self._ask(self._dialect.positions(self._number, after))
            more, after = strictly(lambda reply=reply: self._dialect.held(reply))  # type: ignore[misc]
            held += more
            if not after:
                return held
        raise BrokerUnavailable("The broker's listing does not end.")

    def _ask(self, ask: Ask, may_leave: MayLeave | None = None) -> Reply:
        """Send what may be sent again."""
        try:
            return self._lines.call(self._account, ask, may_repeat=True, may_leave=may_leave)
        except SilenceError as error:
            raise BrokerUnavailable(f"The broker did not answer ({error}).") from None

    def _number_of(self, order: str) -> str:
        if not self._dialect.is_order_number(order):
            raise BrokerUnavailable("That is no order of this broker.")
        return order


def _followed(seen: Seen, found: dict[str, Seen], after: dict[str, str]) -> list[Seen]:
    chain = [seen]
    while (name := chain[-1].report.broker_order_id) in after:
        if after[name] not in found or len(chain) > _REPLACED_MAX:
            raise BrokerUnavailable("The broker's listing is short.")
        chain.append(found[after[name]])
    if chain[-1].is_replaced:
        raise BrokerUnavailable("The broker's listing is short.")
    return chain


def _is_like(report: Report, ticket: Ticket, sent_at: datetime) -> bool:
    """Hold an order against the ticket it should be: alike, and not an older one."""
    told = replace(report, legs=tuple(sorted(report.legs, key=str)))
    is_new = told.entered_at is None or told.entered_at >= sent_at - _SKEW
    wanted = tuple(sorted(ticket.legs, key=str))
    what = (told.symbol, told.legs, told.quantity, told.limit)
    return is_new and what == (ticket.symbol, wanted, ticket.quantity, ticket.limit)


def _silence(error: SilenceError) -> str:
    """Say what a person may do something with: that it took too long, or that the line broke."""
    is_late = "Timeout" in str(error)
    how = "The broker did not answer in time" if is_late else "The line to the broker broke"
    return f"{how}{_MAYBE}"
