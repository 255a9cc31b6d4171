"""What a scenario works with: one user's account at one broker, and the book that judges it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from botfleet.adapters.brokers.dialect import Dialect
from botfleet.adapters.brokers.sheets import Sheet
from botfleet.application.ports.brokers import BrokerAccount
from botfleet.domain.ids import AccountId
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.order import Accepted, Effect, Report, Ticket
from botfleet.sandbox.book import Book, BookOrder, read_book
from tests.conformance.brands import BRANDS
from tests.contracts.tickets import tag
from tests.patience import PATIENCE_S
from tests.sandbox.fakes import NOON, PaperMarket, option
from tests.sandbox.running import HASTY, PATIENT, Sandbox, sandbox

D = Decimal


@dataclass
class Bench:
    """One scenario's account: `number` is the sandbox's name of it; `hasty` soon gives up."""

    broker: Sandbox
    account: BrokerAccount
    hasty: BrokerAccount
    account_id: AccountId
    number: str
    dialect: Dialect

    @property
    def sheet(self) -> Sheet:
        return self.dialect.sheet

    def misbehave(self, scenario: str) -> None:
        """Do one thing wrong to this account."""
        self.broker.misbehave(scenario, account=self.number)

    def misbehave_tokens(self) -> None:
        """End this account's access tokens."""
        self.misbehave("expire_tokens")

    def sent(self, ticket: Ticket) -> Report:
        """Submit what is accepted, and look at it."""
        answer = self.account.submit(ticket)
        assert isinstance(answer, Accepted), answer
        return self.account.order(answer.broker_order_id)

    def alike(self, ticket: Ticket) -> list[Report]:
        """Find a ticket's orders as the fleet would: by its own id, or by what they are."""
        told = self.account.orders()
        named = [one for one in told if one.wire_id == ticket.wire_id]
        if named or self.sheet.order_class != "C":
            return named
        return [one for one in told if likeness(one) == likeness(ticket)]

    def book(self) -> Book:
        """Read the judge's book, of this account alone."""
        book = read_book(self.broker.path)
        return Book(
            tuple(row for row in book.orders if row.account == self.number),
            tuple(row for row in book.executions if row.account == self.number),
            tuple(row for row in book.positions if row.account == self.number),
            tuple(row for row in book.audit if row.account == self.number),
        )

    def is_served(self) -> bool:
        """Say whether every request that came was answered."""
        return self.broker.open_count() == 0

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what the sandbox does by itself; it is bound to come."""
        with self.broker.done:
            assert self.broker.done.wait_for(is_so, PATIENCE_S)

    def accepted(self) -> list[BookOrder]:
        """List the orders the judge saw accepted."""
        book = self.book()
        ids = {row.order_id for row in book.audit if row.event == "accepted"}
        return [order for order in book.orders if order.id in ids]


def likeness(one: Report | Ticket) -> tuple[object, ...]:
    """Give what tells orders without an id apart."""
    return one.symbol, frozenset(one.legs), one.quantity, one.limit


@contextmanager
def served(brand: str, path: Path) -> Iterator[Sandbox]:
    """Run one sandbox for all scenarios of a brand."""
    with sandbox(path / "book.sqlite", broker=brand) as running:
        yield running


def bench(broker: Sandbox, name: str, dialect: Dialect | None = None) -> Bench:
    """Give a scenario its own account, and the market and clock as they were."""
    broker.clock.at, broker.market.spot = NOON, D("100.00")
    broker.market.sides = PaperMarket(broker.clock).sides
    connection = broker.connected(name)
    spoken = dialect or BRANDS[broker.broker]
    account, hasty = (
        broker.brokers(spoken, timeouts=waits).account(connection.account)
        for waits in (PATIENT, HASTY)
    )
    return Bench(broker, account, hasty, connection.account, connection.number, spoken)


# --- tickets: the 95 put is 3.95 at 4.05, the 90 put 2.95 at 3.05 ---


def legs(*wanted: tuple[int, int]) -> tuple[Leg, ...]:
    """Puts by strike and ratio."""
    return tuple(Leg(option(strike), ratio) for strike, ratio in wanted)


def single(strike: int | None, ratio: int, limit: str, number: int = 7) -> Ticket:
    """Three of a put, or of SPY's shares: bought to open, or sold to close."""
    leg = Leg(option(strike) if strike else None, ratio)
    effect = Effect.OPEN if ratio > 0 else Effect.CLOSE
    return Ticket(tag(number), "SPY", effect, (leg,), 3, D(limit))
