"""A broker of one account, which answers as a test tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from threading import Lock

from botfleet.application.ports.brokers import Holding, MayLeave, unbarred
from botfleet.domain.ids import AccountId
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    Execution,
    HeldBack,
    OrderClass,
    OrderState,
    Report,
    Ticket,
    Unheard,
)
from botfleet.domain.positions.shortfalls import instrument
from botfleet.errors import BrokerUnavailable
from tests.application.market import Clock

D = Decimal


@dataclass
class Broker:
    """One account. `mood` says what the next submits come to; orders fill when `fill` is called."""

    clock: Clock
    mood: list[str] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    limits: dict[str, list[Decimal]] = field(default_factory=dict)
    is_deaf: bool = False
    fills_on_cancel: str = ""
    is_strict: bool = False
    order_class: OrderClass = OrderClass.FOUND
    elsewhere: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    desk: Lock = field(default_factory=Lock)

    def account(self, _account: AccountId) -> "Broker":
        return self

    def submit(
        self, ticket: Ticket, may_leave: MayLeave = unbarred
    ) -> Accepted | Declined | HeldBack | Unheard:
        if not may_leave():
            return HeldBack("It may not leave.", 0.0)
        with self.desk:
            return self._submit(ticket)

    def _submit(self, ticket: Ticket) -> Accepted | Declined | HeldBack | Unheard:
        mood = self.mood.pop(0) if self.mood else "accept"
        if mood.startswith("refuse"):
            return Declined(mood.partition(": ")[2] or "The broker said no.")
        if mood == "hold back":
            return HeldBack("The broker's limit is used up.", 1.0)
        if mood == "lose":
            return Unheard("timed out")
        self.tickets.append(ticket)
        named = str(len(self.tickets))
        working = OrderState.WORKING
        self.reports[named] = self._shown(named, ticket, working)
        self.limits[named] = [ticket.limit]
        if mood == "name another":
            return Accepted("1")
        return Unheard("timed out") if mood == "accept and hang" else Accepted(named)

    def fill(self, named: str, units: int, price: str, *, ends: bool = True) -> None:
        """Fill `units` more; the order ends filled, or goes on, or (`ends` short) is cancelled."""
        report = self.reports[named]
        n = len(report.executions) + 1
        executions = (*report.executions, Execution(f"{named}/{n}", units, D(price), self.clock.at))
        done = sum(one.quantity for one in executions) == report.quantity
        state = OrderState.FILLED if done else OrderState.PARTIAL
        if ends and not done:
            state = OrderState.CANCELLED
        self.reports[named] = replace(report, state=state, executions=executions)

    def cancel(self, named: str) -> bool:
        report = self.reports[named]
        if self.fills_on_cancel:
            self.fill(named, report.quantity, self.fills_on_cancel)
            return True
        self.calls.append("cancel")
        self.reports[named] = replace(report, state=OrderState.CANCELLED)
        return True

    def replace(self, named: str, *, limit: Decimal, may_leave: MayLeave = unbarred) -> bool:
        if not may_leave():
            raise BrokerUnavailable
        self.limits[named].append(limit)
        return True

    def order(self, named: str) -> Report:
        if self.is_deaf:
            raise BrokerUnavailable
        return self.reports[named]

    def orders(self) -> Sequence[Report]:
        self.calls.append("orders")
        if self.is_deaf:
            raise BrokerUnavailable
        return list(self.reports.values())

    def _shown(self, named: str, ticket: Ticket, state: OrderState) -> Report:
        is_blind = self.order_class is OrderClass.BLIND
        about = {"legs": ticket.legs, "symbol": ticket.symbol, "limit": ticket.limit}
        own = "" if is_blind else ticket.wire_id
        at = self.clock.at
        return Report(named, own, state, ticket.quantity, (), **about, entered_at=at)  # type: ignore[arg-type]

    def positions(self) -> Sequence[Holding]:
        """What filled, and what is held or missing of other causes."""
        self.calls.append("positions")
        sums = dict(self.elsewhere)
        for n, ticket in enumerate(self.tickets, 1):
            for leg in ticket.legs:
                name = instrument(ticket.symbol, leg)
                sums[name] = sums.get(name, 0) + leg.ratio * self.reports[str(n)].filled
        return [Holding(name, count) for name, count in sums.items() if count]
