"""An ordinary day: orders of every kind, replaced, cancelled and listed."""

import copy
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botfleet.domain.market.instruments import Leg, Option, occ
from botfleet.domain.orders.order import Accepted, Declined, OrderState
from botfleet.errors import BrokerUnavailable
from tests.conformance.bench import Bench, bench, legs, single
from tests.contracts.tickets import closing, spread
from tests.sandbox.fakes import NOON, option

D = Decimal


def a_spread_is_sold_as_ordered(on: Bench) -> str:
    """Legs, units, net price and holdings come back as they were meant."""
    told = on.sent(spread(quantity=2))
    assert (told.state, told.quantity) == (OrderState.FILLED, 2)
    assert set(told.legs) == {Leg(option(90), 1), Leg(option(95), -1)}
    assert sum(one.quantity * one.price for one in told.executions) == D("-1.80")
    held = {one.symbol: one.quantity for one in on.account.positions()}
    assert held == {occ(option(90)): 2, occ(option(95)): -2}
    assert [order.limit for order in on.accepted()] == [D("-0.90")]
    return f"{told.executions[0].price:+.2f} each"


def a_spread_is_bought_back(on: Bench) -> str:
    """A debit is above zero, and a closing leg closes."""
    opened = spread(quantity=2)
    on.sent(opened)
    told = on.sent(closing(opened, "1.10"))
    assert {one.price for one in told.executions} == {D("1.10")}
    assert list(on.account.positions()) == []
    return f"{told.executions[0].price:+.2f} each"


def four_legs_and_two_of_one_leg_are_taken(on: Bench) -> str:
    """An iron condor, and a ratio of one to two, three times."""
    puts, calls = legs((90, 1), (95, -1)), (Leg(_call(105), -1), Leg(_call(110), 1))
    condor = replace(spread(), legs=(*puts, *calls), limit=D("-1.80"))
    assert set(on.sent(condor).legs) == set(condor.legs)
    # Two of the 100 put sold at 4.95 for one of the 105 bought at 6.05.
    ratio = replace(spread(number=1, quantity=3), legs=legs((105, 1), (100, -2)), limit=D("-3.85"))
    told = on.sent(ratio)
    assert (told.state, told.quantity, set(told.legs)) == (OrderState.FILLED, 3, set(ratio.legs))
    assert {one.price for one in told.executions} == {D("-3.85")}
    return "4 legs, 1:2"


def _call(strike: int) -> Option:
    return option(strike)._replace(right=type(option(strike).right)("call"))


def a_covered_call_is_bought_with_its_shares(on: Bench) -> str:
    """100.01 for the shares less 3.95 for the call; two of it are 200 shares."""
    covered = replace(
        spread(quantity=2), legs=(Leg(None, 1), Leg(_call(105), -1)), limit=D("96.06")
    )
    if not on.sheet.takes_shares_with_options:
        assert isinstance(on.account.submit(covered), Declined)
        return "refused here"
    told = on.sent(covered)
    assert (told.state, told.quantity, set(told.legs)) == (OrderState.FILLED, 2, set(covered.legs))
    assert {one.price for one in told.executions} == {D("96.06")}
    held = {one.symbol: one.quantity for one in on.account.positions()}
    assert held == {"SPY": 200, occ(_call(105)): -2}
    return "one order"


def one_leg_and_shares_are_bought_and_sold(on: Bench) -> str:
    """A price is written unsigned, and read with the sign of its direction."""
    assert on.sent(single(95, 1, "4.05")).executions[-1].price == D("4.05")
    assert on.sent(single(95, -1, "-3.95", 6)).executions[-1].price == D("-3.95")
    shares = on.sent(single(None, 1, "100.05", 5))
    assert (shares.symbol, shares.executions[-1].price) == ("SPY", D("100.01"))
    assert [(one.symbol, one.quantity) for one in on.account.positions()] == [("SPY", 3)]
    assert on.sent(single(None, -1, "-99.99", 4)).state is OrderState.FILLED
    assert list(on.account.positions()) == []
    return "both ways"


def a_working_order_is_replaced_until_it_fills(on: Bench) -> str:
    """Under whatever number the broker puts it, it stays the order that was sent."""
    number = on.sent(spread("-1.00")).broker_order_id
    for limit in ("-0.98", "-0.97"):
        assert on.account.replace(number, limit=D(limit))
        told = on.account.order(number)
        assert (told.state, told.limit) == (OrderState.WORKING, D(limit))
        assert [one.broker_order_id for one in on.account.orders()] == [number]
    assert on.account.replace(number, limit=D("-0.93"))
    told = on.account.order(number)
    assert (told.state, told.executions[0].price) == (OrderState.FILLED, D("-0.93"))
    assert not on.account.replace(number, limit=D("-0.90"))
    assert not on.account.cancel(number)
    assert on.alike(replace(spread(), limit=D("-0.93")))[0].broker_order_id == number
    assert len(on.accepted()) == 1
    return "another order, one name" if on.sheet.replaces_anew else "in place"


def one_leg_is_replaced_in_either_direction(on: Bench) -> str:
    """The sign of a price is that of its leg, in a change as in an order."""
    number = on.sent(single(95, 1, "3.90")).broker_order_id
    assert on.account.replace(number, limit=D("4.05"))
    assert on.account.order(number).executions[-1].price == D("4.05")
    number = on.sent(single(95, -1, "-4.20", 6)).broker_order_id
    assert on.account.replace(number, limit=D("-3.95"))
    assert on.account.order(number).executions[-1].price == D("-3.95")
    return "both ways"


def a_cancelled_order_stays_cancelled(on: Bench) -> str:
    """Twice is no error, and no number of somebody else's is one of ours."""
    number = on.sent(spread("-1.20")).broker_order_id
    assert on.account.cancel(number)
    assert not on.account.cancel(number)
    assert on.account.order(number).state is OrderState.CANCELLED
    for wrong in ("1/../2", "", "x y"):
        with pytest.raises(BrokerUnavailable):
            on.account.order(wrong)
    return "once"


def every_page_of_a_listing_is_read(on: Bench) -> str:
    """Eight orders in pages of three, two of them replaced: eight are listed."""
    dialect = copy.copy(on.dialect)
    setattr(dialect, "page_size", 3)  # noqa: B010  a protocol's is read only
    on = bench(on.broker, f"{on.sheet.name}-pages", dialect)
    for number in range(8):
        on.broker.clock.at = NOON + timedelta(seconds=number)
        assert isinstance(on.account.submit(spread(f"-1.{20 + number}", number=number)), Accepted)
    first = on.broker.clock.at
    try:
        told = on.account.orders()
    except BrokerUnavailable:
        assert len(on.accepted()) == 8
        return "one page; a full one is none"
    assert len({one.broker_order_id for one in told}) == 8 == len(told)
    assert first == on.broker.clock.at
    return "all"


def a_day_calls_only_what_it_must(on: Bench) -> str:
    """Nothing but orders and positions is asked; an idle account is not called at all."""
    heard = on.broker.heard
    start = len(heard)
    number = on.sent(spread("-1.20")).broker_order_id
    on.account.replace(number, limit=D("-1.10"))
    on.account.orders()
    on.account.cancel(number)
    on.account.positions()
    asked = {
        f"{method} {re.sub(r'/(SB[0-9]+|[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)', '/{}', path)}"
        for method, path in heard[start:]
    }
    root = on.broker.root.removeprefix(on.broker.url)
    assert asked == {line.replace(" ", f" {root}") for line in ALLOWED[on.sheet.name]}
    end = len(heard)
    idle = on.broker.brokers().account(on.account_id)
    assert idle.order_class is on.sheet.order_class
    assert len(heard) == end
    return f"{len(asked)} paths"


ALLOWED = {
    "tradier": {
        "POST /v1/accounts/{}/orders",
        "GET /v1/accounts/{}/orders",
        "GET /v1/accounts/{}/orders/{}",
        "PUT /v1/accounts/{}/orders/{}",
        "DELETE /v1/accounts/{}/orders/{}",
        "GET /v1/accounts/{}/positions",
    },
    "schwab": {
        "POST /trader/v1/accounts/{}/orders",
        "GET /trader/v1/accounts/{}/orders",
        "GET /trader/v1/accounts/{}/orders/{}",
        "PUT /trader/v1/accounts/{}/orders/{}",
        "DELETE /trader/v1/accounts/{}/orders/{}",
        "GET /trader/v1/accounts/{}",
    },
    "tradestation": {
        "POST /v3/orderexecution/orders",
        "PUT /v3/orderexecution/orders/{}",
        "DELETE /v3/orderexecution/orders/{}",
        "GET /v3/brokerage/accounts/{}/orders",
        "GET /v3/brokerage/accounts/{}/orders/{}",
        "GET /v3/brokerage/accounts/{}/positions",
    },
    "tastytrade": {
        "POST /accounts/{}/orders",
        "GET /accounts/{}/orders/live",
        "GET /accounts/{}/orders/{}",
        "PATCH /accounts/{}/orders/{}",
        "DELETE /accounts/{}/orders/{}",
        "GET /accounts/{}/positions",
    },
    "alpaca": {
        "POST /v2/orders",
        "GET /v2/orders",
        "GET /v2/orders/{}",
        "PATCH /v2/orders/{}",
        "DELETE /v2/orders/{}",
        "GET /v2/positions",
    },
}
