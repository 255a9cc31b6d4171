"""What any adapter must do, one scenario a function: it asserts, and words what came of it.

The judge is the sandbox's own book, never the adapter's word. What stands here must hold for every
broker; where brokers differ by their nature (class, pages, replacing) the words tell, and the table
in docs/conformance.md holds them.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botfleet.domain.market.instruments import Leg, Option, occ
from botfleet.domain.orders.order import (
    Accepted,
    Declined,
    Effect,
    HeldBack,
    OrderClass,
    OrderState,
    Ticket,
    Unheard,
)
from botfleet.errors import BrokerUnavailable
from tests.conformance.bench import Bench, bench, closing, legs, likeness, single, spread, tag
from tests.sandbox.fakes import NOON, option

D = Decimal
Scenario = Callable[[Bench], str]
SCENARIOS: dict[str, Scenario] = {}
NOT_HERE = "not here"


def scenario(run: Scenario) -> Scenario:
    """Enter a scenario; its name in words is its row."""
    SCENARIOS[run.__name__] = run
    return run


# --- an ordinary day ---


@scenario
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


@scenario
def a_spread_is_bought_back(on: Bench) -> str:
    """A debit is above zero, and a closing leg closes."""
    opened = spread(quantity=2)
    on.sent(opened)
    told = on.sent(closing(opened, "1.10"))
    assert {one.price for one in told.executions} == {D("1.10")}
    assert list(on.account.positions()) == []
    return f"{told.executions[0].price:+.2f} each"


@scenario
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


@scenario
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


@scenario
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


@scenario
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


@scenario
def one_leg_is_replaced_in_either_direction(on: Bench) -> str:
    """The sign of a price is that of its leg, in a change as in an order."""
    number = on.sent(single(95, 1, "3.90")).broker_order_id
    assert on.account.replace(number, limit=D("4.05"))
    assert on.account.order(number).executions[-1].price == D("4.05")
    number = on.sent(single(95, -1, "-4.20", 6)).broker_order_id
    assert on.account.replace(number, limit=D("-3.95"))
    assert on.account.order(number).executions[-1].price == D("-3.95")
    return "both ways"


@scenario
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


@scenario
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


@scenario
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


# --- ids ---


@scenario
def the_same_id_sent_twice(on: Bench) -> str:
    """The declared class is what the broker does."""
    first = on.account.submit(spread("-1.20"))
    again = on.account.submit(spread("-1.20"))
    there = len(on.accepted())
    if on.sheet.order_class is OrderClass.FENCED:
        assert (again, there) == (first, 1)
        return "one order, accepted as itself"
    if isinstance(again, Declined):
        assert (on.sheet.order_class, there) == (OrderClass.BLIND, 1)
        return "one order, refused"
    assert (len(on.alike(spread("-1.20"))), there) == (2, 2)
    return "two orders, both found"


@scenario
def an_order_is_found_without_its_number(on: Bench) -> str:
    """By its own id, or, where none is shown, by what it is and when it was entered."""
    on.sent(spread("-1.20"))
    on.sent(spread("-1.21", number=1))
    (found,) = on.alike(spread("-1.20"))
    assert (found.wire_id == tag(0)) is (on.sheet.order_class is not OrderClass.BLIND)
    assert found.entered_at == NOON
    return "by its id" if found.wire_id else "by its likeness"


# --- refusals ---


@scenario
def closing_what_is_not_held(on: Bench) -> str:
    """A no in the broker's own manner is a no."""
    return _refused(on, closing(spread(), "1.10"))


@scenario
def an_unknown_contract(on: Bench) -> str:
    """A contract that is not listed is refused, not lost."""
    return _refused(on, single(93, 1, "4.05"))


@scenario
def reject(on: Bench) -> str:
    """The broker refuses an order at once."""
    on.misbehave("reject")
    return _refused(on, spread())


def _refused(on: Bench, ticket: Ticket) -> str:
    answer = on.account.submit(ticket)
    assert isinstance(answer, Declined), answer
    assert answer.reason
    assert not answer.reason.startswith("HTTP")
    assert on.accepted() == []
    return "refused, in words"


@scenario
def reject_later(on: Bench) -> str:
    """The broker accepts an order, and rejects it then."""
    on.misbehave("reject_later")
    answer = on.account.submit(spread())
    assert isinstance(answer, Accepted)
    told = on.account.order(answer.broker_order_id)
    assert (told.state, told.executions) == (OrderState.REJECTED, ())
    return "accepted, then rejected"


@scenario
def rate_limit(on: Bench) -> str:
    """429 to an order means it may be sent later; to a question it is nothing."""
    on.misbehave("rate_limit")
    answer = on.account.submit(spread())
    assert isinstance(answer, HeldBack)
    on.misbehave("rate_limit")
    with pytest.raises(BrokerUnavailable):
        on.account.orders()
    assert on.accepted() == []
    return "held back; no evidence"


# --- silence after and before ---


@scenario
def timeout_before(on: Bench) -> str:
    """The broker is silent, and has not taken the order."""
    return _unknown(on, "timeout_before", there=0, delay_s=0.9)


@scenario
def timeout_after(on: Bench) -> str:
    """The broker takes the order, and is silent."""
    return _unknown(on, "timeout_after", there=1, delay_s=0.9)


@scenario
def error_before(on: Bench) -> str:
    """The broker answers 500, and has not taken the order."""
    return _unknown(on, "error_before", there=0)


@scenario
def error_after(on: Bench) -> str:
    """The broker takes the order, and answers 500."""
    return _unknown(on, "error_after", there=1)


@scenario
def cut_before(on: Bench) -> str:
    """The connection breaks before the order is taken."""
    return _unknown(on, "cut_before", there=0)


@scenario
def cut_after(on: Bench) -> str:
    """The order is taken, and the connection breaks in the answer."""
    return _unknown(on, "cut", there=1)


@scenario
def slow_drip(on: Bench) -> str:
    """The order is taken, and the answer comes byte by byte."""
    return _unknown(on, "drip", there=1, delay_s=0.9)


@scenario
def html_with_200(on: Bench) -> str:
    """The order is taken, and a web page comes back."""
    return _unknown(on, "html", there=1)


@scenario
def truncated_json(on: Bench) -> str:
    """The order is taken, and half an answer comes back."""
    return _unknown(on, "truncated", there=1)


@scenario
def redirect_to_another_host(on: Bench) -> str:
    """The order is taken, and the answer points elsewhere: nobody goes there."""
    return _unknown(on, "redirect", there=1)


def _unknown(on: Bench, misdeed: str, *, there: int, delay_s: float = 0.0) -> str:
    """No definite answer is `Unheard`; nothing is sent again; the order is found if it is there."""
    ticket, before = spread("-1.20"), len(on.broker.heard)
    on.misbehave(misdeed, delay_s)
    answer = (on.hasty if delay_s else on.account).submit(ticket)
    assert isinstance(answer, Unheard), answer
    on.wait_until(lambda: len(on.broker.heard) >= before + 2 and on.is_served())
    assert [method for method, _ in on.broker.heard[before:]] == ["POST", "POST"]
    assert len(on.accepted()) == there
    found = on.alike(ticket)
    assert len(found) == there
    if on.sheet.order_class is OrderClass.FENCED:
        assert isinstance(on.account.submit(ticket), Accepted)
        assert len(on.accepted()) == 1
        return "unknown; sent again, one order"
    if not there:
        return "unknown; not there"
    return "unknown; found by its id" if found[0].wire_id else "unknown; found by its likeness"


@scenario
def a_request_that_arrives_late(on: Bench) -> str:
    """The order is taken after its sender gave up; sent again in between, there is still one."""
    ticket = spread("-1.20")
    on.misbehave("late", 0.9)
    assert isinstance(on.hasty.submit(ticket), Unheard)
    assert len(on.alike(ticket)) <= 1
    if on.sheet.order_class is OrderClass.FENCED:
        assert isinstance(on.account.submit(ticket), Accepted)
    on.wait_until(lambda: len(on.accepted()) == 1 and on.is_served())
    assert len(on.alike(ticket)) == 1
    assert len(on.accepted()) == 1
    return "unknown; one order"


@scenario
def wrong_order_number(on: Bench) -> str:
    """The order is taken, and the answer names an older one."""
    on.sent(spread("-1.30", number=1))
    on.misbehave("wrong_order")
    answer = on.account.submit(spread("-1.20"))
    assert len(on.accepted()) == 2
    if isinstance(answer, Accepted):
        told = on.account.order(answer.broker_order_id)
        assert told.wire_id == tag(1)
        return "accepted; known for another's by its id"
    assert isinstance(answer, Unheard)
    assert len(on.alike(spread("-1.20"))) == 1
    return "unknown; found"


# --- fills ---


@scenario
def a_partial_fill_then_the_rest(on: Bench) -> str:
    """What was reported once keeps its name; nothing is told twice."""
    on.misbehave("partial_fill")
    part = on.sent(spread("-0.92", quantity=5))
    assert (part.state, sum(one.quantity for one in part.executions)) == (OrderState.PARTIAL, 2)
    on.broker.clock.at += timedelta(seconds=5)
    whole = on.account.order(part.broker_order_id)
    assert whole.state is OrderState.FILLED
    names = [one.execution_id for one in whole.executions]
    assert names[:2] == [one.execution_id for one in part.executions]
    assert len(set(names)) == 5
    return {"each": "each fill's price", "last": "the last fill's price"}.get(
        on.sheet.fills, "the average price"
    )


@scenario
def a_partial_fill_then_another_price(on: Bench) -> str:
    """Where replacing makes another order, one that filled in part is left as it is."""
    on.misbehave("partial_fill")
    part = on.sent(spread("-0.92", quantity=5))
    on.broker.market.sides[option(95)] = D("3.75"), D("3.85")
    taken = on.account.replace(part.broker_order_id, limit=D("-0.70"))
    assert taken is not on.sheet.replaces_anew
    whole = on.account.order(part.broker_order_id)
    assert whole.state is (OrderState.FILLED if taken else OrderState.PARTIAL)
    if on.sheet.fills != "average":
        paid = [one.price for one in whole.executions]
        assert paid == [D("-0.92")] * 2 + [D("-0.70")] * (3 if taken else 0)
    return "replaced" if taken else "left as it is"


@scenario
def a_partial_fill_then_cancel(on: Bench) -> str:
    """What filled stays filled, the rest is gone."""
    on.misbehave("partial_fill")
    part = on.sent(spread(quantity=4))
    assert on.account.cancel(part.broker_order_id)
    told = on.account.order(part.broker_order_id)
    units = sum(one.quantity for one in told.executions)
    assert (told.state, units) == (OrderState.CANCELLED, 2)
    assert isinstance(on.account.submit(closing(spread(quantity=2), "1.10")), Accepted)
    return "cancelled with 2 of 4"


@scenario
def a_fill_after_cancel(on: Bench) -> str:
    """A fill may win over a cancel that was taken."""
    on.misbehave("fill_after_cancel")
    told = on.sent(spread("-0.98"))
    assert told.state is OrderState.WORKING
    assert on.account.cancel(told.broker_order_id)
    filled = on.account.order(told.broker_order_id)
    assert (filled.state, filled.executions[0].price) == (OrderState.FILLED, D("-0.98"))
    return "filled"


@scenario
def duplicate_execution(on: Bench) -> str:
    """A fill that is shown twice is one fill."""
    number = on.sent(spread(quantity=3)).broker_order_id
    on.misbehave("duplicate_execution")
    told = on.account.order(number)
    assert sum(one.quantity for one in told.executions) == 3
    return "told once" if on.sheet.fills == "each" else "sums, no fills"


# --- answers that are no evidence ---


@scenario
def filled_more_than_ordered(on: Bench) -> str:
    """An order that filled beyond itself is not believed."""
    return _no_evidence(on, "overfill")


@scenario
def an_unknown_status(on: Bench) -> str:
    """A state nobody knows is no state."""
    return _no_evidence(on, "unknown_status")


@scenario
def another_accounts_order(on: Bench) -> str:
    """An order under another number, or of another account, is not ours."""
    return _no_evidence(on, "foreign_order", listed=False)


def _no_evidence(on: Bench, misdeed: str, *, listed: bool = True) -> str:
    number = on.sent(single(95, 1, "3.90")).broker_order_id
    on.misbehave(misdeed)
    with pytest.raises(BrokerUnavailable):
        on.account.order(number)
    if listed:
        on.misbehave(misdeed)
        with pytest.raises(BrokerUnavailable):
            on.account.orders()
    assert on.account.order(number).state is OrderState.WORKING
    return "no evidence"


@scenario
def an_odd_answer_to_a_question(on: Bench) -> str:
    """A page, half an answer, a broken line, a redirect: the question was not answered."""
    number = on.sent(spread("-1.20")).broker_order_id
    asks: tuple[Callable[[], object], ...] = (
        lambda: on.account.order(number),
        on.account.orders,
        on.account.positions,
    )
    for misdeed in ("html", "truncated", "cut", "redirect"):
        for ask in asks:
            on.misbehave(misdeed)
            with pytest.raises(BrokerUnavailable):
                ask()
    return "no evidence"


@scenario
def stale_listing(on: Bench) -> str:
    """A listing without the newest order does not deny it."""
    number = on.sent(spread("-1.20")).broker_order_id
    on.misbehave("stale_listing")
    assert on.account.orders() == []
    assert [one.broker_order_id for one in on.account.orders()] == [number]
    return "hidden, then listed"


@scenario
def short_page(on: Bench) -> str:
    """A page that holds less than it counts is no listing; where nothing counts, it is stale."""
    on.sent(spread("-1.20"))
    on.misbehave("short_page")
    try:
        assert on.account.orders() == []
    except BrokerUnavailable:
        return "no evidence"
    return "hidden, then listed"


# --- tokens ---


@scenario
def a_token_that_dies_before_a_question(on: Bench) -> str:
    """It is renewed, and the question asked again, once; what cannot be renewed is over."""
    number = on.sent(spread("-1.20")).broker_order_id
    on.misbehave_tokens()
    if on.sheet.login.renew_path is None:
        with pytest.raises(BrokerUnavailable, match="connected again"):
            on.account.order(number)
        return "connect again"
    assert on.account.order(number).state is OrderState.WORKING
    return "renewed"


@scenario
def a_token_that_dies_in_mid_order(on: Bench) -> str:
    """The order is refused, not sent again under a new token."""
    on.misbehave_tokens()
    assert isinstance(on.account.submit(spread()), Declined)
    assert on.accepted() == []
    return "refused"


@scenario
def a_rotation_whose_answer_is_lost(on: Bench) -> str:
    """Where the refresh token rotates, it is lost: one more try, then the owner must connect."""
    login = on.sheet.login
    if login.renew_path is None:
        return NOT_HERE
    on.broker.clock.at += login.access_life
    on.broker.misbehave("rotation_lost")
    with pytest.raises(BrokerUnavailable):
        on.account.positions()
    if login.rotates:
        with pytest.raises(BrokerUnavailable, match="connected again"):
            on.account.positions()
        return "connect again"
    assert list(on.account.positions()) == []
    return "renewed"


@scenario
def a_consent_that_ends(on: Bench) -> str:
    """Where a consent lasts a week, it ends then, and nothing storms the login."""
    life = on.sheet.login.consent_life
    if life is None:
        return NOT_HERE
    on.broker.clock.at += life
    before = len(on.broker.heard)
    for _ in range(3):
        with pytest.raises(BrokerUnavailable, match="connected again"):
            on.account.positions()
    assert len(on.broker.heard) == before + 1
    return f"after {life.days} days: connect again"


@scenario
def what_the_broker_never_takes(on: Bench) -> str:
    """Beyond the sheet's bounds an order is refused before it is sent."""
    five = replace(spread(), legs=legs((90, 1), (95, -1), (100, 1), (105, -1), (110, 1)))
    before = len(on.broker.heard)
    for ticket in (five, spread("-0.905")):
        assert isinstance(on.account.submit(ticket), Declined)
    assert len(on.broker.heard) == before
    assert likeness(five)[2] == 1
    assert five.effect is Effect.OPEN
    return "refused here"
