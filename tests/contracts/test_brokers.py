"""The contract of the broker ports, over real HTTP against the sandbox, misbehaving or not.

The checker's side is the sandbox's own book: never the adapter's word for what the broker has.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from botfleet.application.ports.brokers import Holding
from botfleet.domain.market.instruments import Leg, Right, occ
from botfleet.domain.orders.order import (
    Effect,
    OrderState,
)
from botfleet.errors import BrokerUnavailable
from botfleet.sandbox.book import read_book
from tests.contracts.tickets import D, closing, sent, single, spread, tag
from tests.sandbox.fakes import NOON, option
from tests.sandbox.running import Sandbox


def test_a_spread_at_its_natural_price_fills_and_is_held(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread(quantity=2))
    assert (report.state, report.quantity, report.wire_id) == (OrderState.FILLED, 2, tag())
    assert report.legs == (Leg(option(90), 1), Leg(option(95), -1))
    assert sum(fill.quantity for fill in report.executions) == 2
    assert {fill.price for fill in report.executions} == {D("-0.90")}
    assert sorted(account.positions(), key=str) == [
        Holding(occ(option(90)), 2),
        Holding(occ(option(95)), -2),
    ]
    book = read_book(broker.path)
    assert [(row.event, row.tag, row.at) for row in book.audit] == [
        ("accepted", tag(), NOON),
        ("filled", tag(), NOON),
    ]
    assert sum(position.cost for position in book.positions) == D(-180)


def test_a_limit_fills_at_itself_between_the_middle_and_the_natural_price(broker: Sandbox) -> None:
    """Natural -0.90, middle -1.00: half way of it is -0.95, no better price is given."""
    account = broker.account()
    assert sent(account, spread("-0.95")).executions[0].price == D("-0.95")
    assert sent(account, spread("-0.80", number=1)).executions[0].price == D("-0.90")
    assert sent(account, spread("-0.96", number=2)).state is OrderState.WORKING


def test_a_working_order_is_replaced_until_it_fills(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.00"))
    assert report.state is OrderState.WORKING
    assert account.replace(report.broker_order_id, limit=D("-0.97"))
    assert account.order(report.broker_order_id).state is OrderState.WORKING
    assert account.replace(report.broker_order_id, limit=D("-0.93"))
    filled = account.order(report.broker_order_id)
    assert (filled.state, filled.executions[0].price) == (OrderState.FILLED, D("-0.93"))
    assert not account.replace(report.broker_order_id, limit=D("-0.90"))
    assert not account.cancel(report.broker_order_id)


def test_a_working_order_fills_when_the_market_comes_to_it(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.20"))
    broker.market.sides[option(95)] = D("4.20"), D("4.30")
    broker.clock.at += timedelta(seconds=5)
    assert account.order(report.broker_order_id).state is OrderState.FILLED


def test_a_cancelled_order_stays_cancelled(broker: Sandbox) -> None:
    account = broker.account()
    report = sent(account, spread("-1.20"))
    assert account.cancel(report.broker_order_id)
    assert not account.cancel(report.broker_order_id)
    assert account.order(report.broker_order_id).state is OrderState.CANCELLED
    assert not account.cancel("999999")
    with pytest.raises(BrokerUnavailable):
        account.order("999999")


def test_closing_gives_the_account_back_empty(broker: Sandbox) -> None:
    account = broker.account()
    opened = spread(quantity=2)
    sent(account, opened)
    assert sent(account, closing(opened, "1.10")).executions[0].price == D("1.10")
    assert account.positions() == []


def test_single_legs_and_shares_have_signed_prices(broker: Sandbox) -> None:
    """The 95 put is 3.95 at 4.05; bought at the ask, sold at the bid."""
    account = broker.account()
    assert sent(account, single(option(95), 1, "4.05")).executions[-1].price == D("4.05")
    sold = sent(account, single(option(95), -1, "-3.95", Effect.CLOSE))
    assert sold.executions[-1].price == D("-3.95")
    shares = sent(account, single(None, 1, "100.05"))
    assert (shares.legs, shares.executions[0].price) == ((Leg(None, 1),), D("100.01"))
    assert account.positions() == [Holding("SPY", 3)]
    assert sent(account, single(None, -1, "-99.99", Effect.CLOSE)).state is OrderState.FILLED


def test_an_order_is_sent_once_and_found_by_its_tag(broker: Sandbox) -> None:
    """A second order of the same tag is another order there: class B."""
    account = broker.account()
    first, second = sent(account, spread()), sent(account, spread())
    found = [report for report in account.orders() if report.wire_id == tag()]
    assert [one.broker_order_id for one in found] == [first.broker_order_id, second.broker_order_id]


def test_every_page_of_a_listing_is_read(broker: Sandbox) -> None:
    account = broker.account()
    assert account.orders() == []
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: sent(account, spread("-1.20", number=n % 64)), range(210)))
    assert len({report.broker_order_id for report in account.orders()}) == 210


def test_shares_are_reported_in_grains(broker: Sandbox) -> None:
    """1,250 shares are cut into grains of 13: 97 executions whole or cancelled, never more."""
    account = broker.account()
    broker.misbehave("partial_fill")
    ticket = replace(single(None, 1, "100.05"), quantity=1250)
    part = sent(account, ticket)
    assert sum(fill.quantity for fill in part.executions) == 624
    assert account.cancel(part.broker_order_id)
    ended = account.order(part.broker_order_id)
    assert sum(fill.quantity for fill in ended.executions) == 625
    kept = {fill.execution_id for fill in part.executions}
    assert kept < {fill.execution_id for fill in ended.executions}


def test_shares_and_a_call_go_as_one_order_and_come_back_whole(broker: Sandbox) -> None:
    """100.00 less the 105 call at 4.00: bought together, closed together, nothing left."""
    account, call = broker.account(), option(105, Right.CALL)
    covered = (Leg(call, -1), Leg(None, 1))
    bought = replace(spread(quantity=2), legs=covered, limit=D("96.06"))
    report = sent(account, bought)
    assert (report.state, report.quantity) == (OrderState.FILLED, 2)
    assert set(report.legs) == set(covered)
    held = {one.symbol: one.quantity for one in account.positions()}
    assert held == {"SPY": 200, occ(call): -2}
    assert sent(account, closing(bought, "-95.90")).state is OrderState.FILLED
    assert list(account.positions()) == []
