"""Orders for the tests of the broker ports, and what the sandbox has of them."""

import sqlite3
from dataclasses import replace
from decimal import Decimal

from botfleet.application.ports.brokers import BrokerAccount
from botfleet.domain.market.instruments import Leg, Option
from botfleet.domain.orders.order import (
    Accepted,
    Effect,
    Report,
    Ticket,
)
from botfleet.sandbox.book import Book
from tests.sandbox.fakes import option
from tests.sandbox.running import Sandbox

D = Decimal


def tag(number: int = 0) -> str:
    return "abcdefghijklmnopqrstuv" + "abcdefgh"[number // 8] + "abcdefgh"[number % 8]


def spread(limit: str = "-0.90", quantity: int = 1, number: int = 0) -> Ticket:
    """Sell the 95 put, buy the 90 put: worth 1.00, 0.90 to sell at once, 1.10 to buy."""
    legs = (Leg(option(90), 1), Leg(option(95), -1))
    return Ticket(tag(number), "SPY", Effect.OPEN, legs, quantity, D(limit))


def closing(ticket: Ticket, limit: str, number: int = 1) -> Ticket:
    legs = tuple(Leg(leg.option, -leg.ratio) for leg in ticket.legs)
    return replace(ticket, wire_id=tag(number), effect=Effect.CLOSE, legs=legs, limit=D(limit))


def single(one: Option | None, ratio: int, limit: str, effect: Effect = Effect.OPEN) -> Ticket:
    return Ticket(tag(7), "SPY", effect, (Leg(one, ratio),), 3, D(limit))


def sent(account: BrokerAccount, ticket: Ticket) -> Report:
    answer = account.submit(ticket)
    assert isinstance(answer, Accepted), answer
    return account.order(answer.broker_order_id)


def refreshes(broker: Sandbox) -> int:
    book = sqlite3.connect(broker.path)
    try:
        sql = "SELECT count(*) FROM grants WHERE kind = 'refresh' AND is_spent"
        return int(book.execute(sql).fetchone()[0])
    finally:
        book.close()


def accepted(book: Book) -> int:
    return sum(row.event == "accepted" for row in book.audit)
