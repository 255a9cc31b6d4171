"""Ways in which something dies, or is told wrongly, half way."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from botfleet.adapters.postgres.database import execute
from botfleet.application.ports.orders import Order, Word
from tests.application.house import House

D = Decimal


def orders(house: House) -> list[object]:
    return [row[0] for row in house.all("SELECT state FROM orders ORDER BY created_at, order_id")]


def expire_leases(house: House) -> None:
    """As if their holders had been dead for long."""
    with house.database.transaction() as connection:
        execute(connection, "UPDATE work SET lease_until = 'epoch', told_real = 'epoch'")
        execute(connection, "UPDATE orders SET lease_until = 'epoch'")


def told(house: House, order: Order, named: str) -> list[Word]:
    """What the broker says of an order now."""
    return [Word(order, house.clock.at, report=house.broker.order(named))]


def other_actions(house: House) -> None:
    """As if what is under way had been wanted by other actions of the bot."""
    with house.database.transaction() as connection:
        execute(connection, "UPDATE draws SET action = NULL")


class Instead:
    """Batches that commit in a way of their own."""

    def __init__(self, house: House, commit: Callable[..., Any]) -> None:
        self._batches, self.commit = house.batches, commit

    def __getattr__(self, name: str) -> object:
        return getattr(self._batches, name)


class Deaf:
    """Pools that are told how draws end, and forget it."""

    def __init__(self, pools: Any) -> None:
        self._pools = pools

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pools, name)

    def settle(self, _: object) -> None:
        return


class Killed(Exception):
    """Nothing of a worker goes on after this."""


def _killed(*_: object) -> None:
    raise Killed


def dies_at_commit(house: House) -> Instead:
    return Instead(house, _killed)


def late(house: House, filled: int, price: str) -> None:
    """The broker, asked again about an order that has ended, tells of a fill."""
    house.broker.fill("1", filled, price)
    (order,) = house.orders.listed(house.account, house.clock.at - timedelta(days=1))
    house.orders.record(told(house, order, "1"), house.clock.at)
