"""A paper account fills as a real one might: no more than is quoted, and not before it arrived."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from botfleet.domain.orders.order import OrderState
from botfleet.sandbox.book import read_book
from botfleet.sandbox.matching import PAPER
from tests.contracts.tickets import spread
from tests.sandbox.fakes import NOON
from tests.sandbox.running import HOUSE, Sandbox, sandbox

D = Decimal


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox(tmp_path / "book.sqlite", house=replace(HOUSE, realism=PAPER)) as running:
        yield running


def test_an_order_fills_by_the_size_that_is_quoted_and_after_its_way(broker: Sandbox) -> None:
    """Ten at the bid and twelve at the ask of every contract: 25 spreads take three instants."""
    account = broker.account()
    number = account.submit(spread(quantity=25)).broker_order_id  # type: ignore[union-attr]
    filled = []
    for second in range(5):
        broker.clock.at = NOON + timedelta(seconds=second)
        filled.append(account.order(number).filled)
    assert filled == [0, 10, 20, 25, 25]
    told = account.order(number)
    assert told.state is OrderState.FILLED
    assert {one.price for one in told.executions} == {D("-0.90")}
    assert [one.units for one in read_book(broker.path).executions] == [10, 10, 5]


def test_a_new_price_is_on_its_way_too(broker: Sandbox) -> None:
    account = broker.account()
    number = account.submit(spread("-1.20")).broker_order_id  # type: ignore[union-attr]
    broker.clock.at = NOON + timedelta(seconds=5)
    assert account.replace(number, limit=D("-0.90"))
    assert account.order(number).state is OrderState.WORKING
    broker.clock.at = NOON + timedelta(seconds=6)
    assert account.order(number).state is OrderState.FILLED
