"""A halt under load, judged by the broker's own book (I11, F17): from then on nothing new leaves.

Real Postgres, real HTTP, many threads sending at once; what is accepted later was on its way then.
"""

import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from botfleet.adapters.postgres import switches
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.shapes import write_legs
from botfleet.adapters.system.lanes import ThreadLanes
from botfleet.application.resolve import resolve
from botfleet.application.submit import submit
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import AccountId, OrderId
from botfleet.domain.market.instruments import Leg
from botfleet.sandbox.book import read_book
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.patience import PATIENCE_S
from tests.sandbox.fakes import option
from tests.sandbox.running import sandbox

BOTS, A_MESSAGE, THREADS = 120, 4, 8


class OneAccount:
    """Every account is the sandbox's one."""

    def __init__(self, account: object) -> None:
        self._account = account

    def account(self, _: AccountId) -> object:
        return self._account


def written(house: House) -> list[OrderId]:
    """Have many bots open at one mark, on what the sandbox lists, at a price that rests there."""
    for n in range(BOTS):
        house.add(bot(scanner(spread()), name=f"Bot {n}", limits="1000, 1, 1"))
    house.run(MARK)
    legs = write_legs((Leg(option(90), 1), Leg(option(95), -1)))
    with house.database.transaction() as connection:
        sql = """UPDATE orders SET legs = %(legs)s::jsonb, rungs = '[["-1.10", 600]]'::jsonb"""
        execute(connection, sql, legs=legs)
    orders, house.messages.orders = house.messages.orders, []
    assert len(orders) == BOTS
    return orders


def in_state(house: House, *states: str) -> set[str]:
    named = ", ".join(f"'{one}'" for one in states)
    return {
        str(row[0]) for row in house.all(f"SELECT wire_id FROM orders WHERE state IN ({named})")
    }


def send(house: House, brokers: OneAccount, orders: list[OrderId]) -> None:
    submit(
        orders,
        book=house.orders,
        brokers=brokers,  # type: ignore[arg-type]
        noter=house.noter,
        clock=house.clock,
        lanes=ThreadLanes(A_MESSAGE),
    )


class Senders:
    """Threads that send message after message, as the orders workers do."""

    def __init__(self, house: House, account: object, orders: list[OrderId]) -> None:
        self.house, self.brokers, self.sent = house, OneAccount(account), 0
        self.messages = [orders[n : n + A_MESSAGE] for n in range(0, BOTS, A_MESSAGE)]
        self.news, self.is_halted = threading.Condition(), threading.Event()
        self.threads = [threading.Thread(target=self._work) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def _work(self) -> None:
        while some := self._next():
            send(self.house, self.brokers, some)
            with self.news:
                self.sent += len(some)
                self.news.notify_all()

    def _next(self) -> list[OrderId]:
        with self.news:
            some = self.messages.pop(0) if self.messages else []
            is_last = not self.messages
        if is_last:  # so that there is always something that comes too late
            self.is_halted.wait()
        return some

    def until(self, count: int) -> None:
        with self.news:
            self.news.wait_for(lambda: self.sent >= count)

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_after_a_halt_no_open_is_accepted_that_was_not_on_its_way(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(switches, "_PATIENCE_MS", 1000 * PATIENCE_S)  # senders are only slow
    with sandbox(tmp_path / "book.sqlite") as broker:
        account = broker.account()
        senders = Senders(house, account, written(house))
        senders.until(int(share * BOTS))
        house.restrain.impose(
            Scope.FLEET, FLEET, Mode.HALTED, held_by="operator", reason="a test", set_by="me"
        )
        on_their_way = in_state(house, "sending", "working", "unknown")
        senders.is_halted.set()
        senders.join()
        accepted = {row.tag for row in read_book(broker.path).audit if row.event == "accepted"}
        assert 0 < len(accepted) < BOTS
        assert accepted <= on_their_way
        assert len(in_state(house, "cancelled")) == BOTS - len(on_their_way)
        _look_until_all_have_ended(house, account)
        assert [one.id for one in read_book(broker.path).orders if one.is_live] == []
        assert in_state(house, "cancelled") >= accepted
        assert house.one("SELECT sum(pending + committed)::int FROM pools") == (0,)


def _pending(house: House) -> list[OrderId]:
    found = house.all("SELECT order_id FROM orders WHERE state = 'pending'")
    return [OrderId(UUID(str(row[0]))) for row in found]


def _look_until_all_have_ended(house: House, account: object) -> None:
    """What was held back on its way, on a busy machine, is pending again until it is swept up."""
    brokers = OneAccount(account)
    for _ in range(4 * BOTS):
        house.clock.at += timedelta(seconds=1)
        send(house, brokers, _pending(house))
        resolve(house.clock.at, book=house.orders, brokers=brokers, noter=house.noter)  # type: ignore[arg-type]
        if not in_state(house, "pending", "sending", "working", "unknown"):
            return
    raise AssertionError("some orders never ended")
